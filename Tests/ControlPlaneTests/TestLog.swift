import DecisionRecord
import Synchronization
import Testing

@testable import ControlPlane

/// A log in memory, whose disk a test can take away before or after it has written.
final class TestLog: DecisionLog {
    enum Fault: Sendable {
        case none
        /// Nothing is appended.
        case fails
        /// It is appended, and the writer is told that it is not.
        case appendsAndFails
    }

    struct Failure: Error {}

    private let state = Mutex((entries: [[UInt8]](), fault: Fault.none, appendsUntilFault: Int.max))

    var entries: [[UInt8]] { state.withLock { $0.entries } }

    func set(_ fault: Fault) { state.withLock { $0.fault = fault } }

    /// The append after so many others ends in `fault`, and so does every later one.
    func set(_ fault: Fault, after appends: Int) {
        state.withLock { $0 = ($0.entries, fault, appends) }
    }

    func writer() throws -> RecordWriter {
        let key = try #require(AttestationKey(seed: [UInt8](repeating: 1, count: 32)))
        return RecordWriter(log: self, key: key)
    }

    func append(_ entries: [[UInt8]]) async throws -> Int64 {
        try state.withLock { state in
            let first = Int64(state.entries.count)
            let isFaulty = state.fault != .none && (state.appendsUntilFault == .max || state.appendsUntilFault <= 0)
            if !isFaulty || state.fault == .appendsAndFails { state.entries += entries }
            if state.appendsUntilFault != .max { state.appendsUntilFault -= 1 }
            if isFaulty { throw Failure() }
            return first
        }
    }

    func tail() async throws -> (count: Int64, last: [UInt8]?) {
        try state.withLock { state in
            if state.fault == .fails, state.appendsUntilFault == .max { throw Failure() }
            return (Int64(state.entries.count), state.entries.last)
        }
    }

    /// What an outsider says of it.
    var audit: AuditMachine {
        var machine = AuditMachine()
        for entry in entries { machine.take(entry) }
        return machine
    }

    var kinds: [RecordKind] { entries.compactMap { try? RecordEntry(decoding: $0).body.kind } }
}
