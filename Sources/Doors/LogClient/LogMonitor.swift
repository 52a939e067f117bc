package import TransparencyLog

/// Verifies a whole log, and follows it: each entry is given once, after the checkpoint that has it is proven.
package struct LogMonitor: Sendable {
    /// What one look at the log found.
    package struct Look: Sendable {
        package var checkpoint: SignedCheckpoint
        /// Entries that were not there at the look before.
        package var newCount: UInt64
    }

    private let trust: LogTrust
    private let reader: LogReader
    private let checksTiles: Bool
    private var tree = TreeAppender()
    package private(set) var last: SignedCheckpoint?

    /// - Parameter last: The newest checkpoint of an earlier run; the log must continue it.
    package init(
        _ reader: LogReader, trust: LogTrust, last: SignedCheckpoint? = nil, checksTiles: Bool = true
    ) {
        self.reader = reader
        self.trust = trust
        self.last = last
        self.checksTiles = checksTiles
    }

    /// Reads what is new.
    ///
    /// - Parameter entry: Is given each new entry in order, as it is read: before the tree is confirmed, which is when
    ///   this returns. Whoever acts on entries keeps them until then; whoever counts need not.
    /// - Throws: `LogError`, `LogClientError`. The monitor is then where it was.
    package mutating func look(entry: (UInt64, [UInt8]) -> Void) async throws -> Look {
        let newest = try await reader.answer(CheckpointMachine(trust: trust, last: last)).newest
        guard let newest else {
            throw LogError(.checkpointMalformed, subject: trust.origin, message: "the log gave no checkpoint")
        }
        let before = tree.size
        let machine = try await reader.answer(
            try TreeMachine(from: tree, to: newest, checksTiles: checksTiles)
        ) { machine in
            for read in machine.takeUnconfirmed() { entry(read.index, read.entry) }
        }
        tree = machine.tree
        last = newest
        return Look(checkpoint: newest, newCount: tree.size - before)
    }
}
