/// What happens to the broker.
package enum BrokerInput: Sendable {
    /// The kernel holds a process.
    case event(PermissionEvent)
    /// The engine's word on an ask. `pack` names the content that it follows, for the report of an overspent budget.
    case verdict(id: UInt64, Verdict, pack: UInt64)
    /// The ask could not be sent: the engine does not read. It counts as a miss.
    case askFailed(id: UInt64)
    /// An engine took the place of the one before, if there was one.
    case engineConnected
    /// The engine's connection is over.
    case engineLost
    /// Time has passed.
    case tick
}

/// What the broker does, in this order.
package enum BrokerAction: Sendable, Equatable {
    /// Answers the kernel. Exactly one for each event.
    case answer(id: UInt64, Verdict)
    /// Asks the engine.
    case ask(ExecutionAsk)
    /// Tells the engine how the broker stands.
    case tell
    /// Wakes the machine with a tick at this time of its clock. Replaces what was armed before.
    case arm(atMicroseconds: Int64)
    /// Nothing has to be waited for.
    case disarm
}

/// A question to the engine.
package struct ExecutionAsk: Sendable, Equatable {
    package var id: UInt64
    package var kind: PermissionKind
    package var processId: Int32
    /// At most `BrokerLimit.pathBytesMax` bytes.
    package var path: [UInt8]

    package init(id: UInt64, kind: PermissionKind, processId: Int32, path: [UInt8]) {
        self.id = id
        self.kind = kind
        self.processId = processId
        self.path = path
    }
}
