import CExecBroker

/// Finds out what the machine needs to know of an event. Opens nothing: an opening could wait for this very broker.
struct BrokerFacts {
    let own: OwnFolders
    /// The engine at the socket; 0 when there is none.
    var engineProcess: Int32 = 0
    private var buffer = [CChar](repeating: 0, count: BrokerLimit.pathBytesMax + 1)

    init(own: OwnFolders) { self.own = own }

    /// - Parameter isAsking: While nobody is asked, the path of an execution does not matter and is not read.
    mutating func event(id: UInt64, _ permission: firebreak_permission, isAsking: Bool) -> PermissionEvent {
        guard permission.kind == Int32(FIREBREAK_PERMIT_EXEC.rawValue) else {
            return PermissionEvent(
                id: id, kind: .open, processId: permission.pid, isOwnProcess: runsOwnProgram(permission.pid))
        }
        var event = PermissionEvent(id: id, kind: .execute, processId: permission.pid)
        guard isAsking else { return event }
        let count = firebreak_broker_path(permission.file, &buffer, buffer.count)
        event.path = bytes(count)
        let isBelowOwn = own.contains(event.path)
        if isBelowOwn || ProtectedProgram.reason(path: event.path) != nil {
            event.standing = standing(of: permission.file)
        }
        // By its engine's process, by what is executed, or by who executes; what our programs start is not exempt.
        event.isOwnProcess =
            permission.pid == engineProcess || isBelowOwn && event.standing == .same || runsOwnProgram(permission.pid)
        return event
    }

    /// Compares the file with what the broker finds under the path that is in the buffer.
    private func standing(of file: Int32) -> FileStanding {
        switch firebreak_broker_same_file(file, buffer) {
        case 1: .same
        case 0: .other
        default: .unknown
        }
    }

    private mutating func runsOwnProgram(_ process: Int32) -> Bool {
        guard !own.isEmpty else { return false }
        let count = firebreak_broker_program(process, &buffer, buffer.count)
        return own.contains(bytes(count)) && firebreak_broker_same_program(process, buffer) == 1
    }

    /// What was written to the buffer, and a zero after it; nothing when it could not be read.
    private mutating func bytes(_ count: Int32) -> [UInt8] {
        guard count > 0, Int(count) < buffer.count else {
            buffer[0] = 0
            return []
        }
        buffer[Int(count)] = 0
        return buffer[..<Int(count)].map { UInt8(bitPattern: $0) }
    }
}
