/// Gets the newest checkpoint and proves that it continues the last one seen.
package struct CheckpointMachine: LogMachine {
    private enum Stage: Sendable {
        case checkpoint
        case tiles(SignedCheckpoint, TileSet)
        case done(SignedCheckpoint)
    }

    private let trust: LogTrust
    private let last: SignedCheckpoint?
    private var stage = Stage.checkpoint

    /// - Parameter last: The newest checkpoint seen of this log; nil before the first, which is believed as it comes.
    package init(trust: LogTrust, last: SignedCheckpoint?) {
        self.trust = trust
        self.last = last
    }

    /// For a checkpoint that came by another way, as with an offer.
    package init(trust: LogTrust, last: SignedCheckpoint?, newest: [UInt8]) throws(LogError) {
        self.init(trust: trust, last: last)
        try take(newest, of: .checkpoint)
    }

    package var wanted: [LogResource] {
        switch stage {
        case .checkpoint: [.checkpoint]
        case .tiles(_, let tiles): tiles.wanted
        case .done: []
        }
    }

    /// The newest checkpoint, to be kept before anything is done on its account; nil until it is proven.
    package var newest: SignedCheckpoint? {
        if case .done(let checkpoint) = stage { checkpoint } else { nil }
    }

    package mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError) {
        switch stage {
        case .checkpoint where resource == .checkpoint:
            guard let bytes else {
                throw LogError(.resourceMissing, subject: resource.path, message: "the log has no checkpoint")
            }
            try compare(try trust.accept(bytes))
        case .tiles(let checkpoint, var tiles):
            do throws(LogError) {
                try tiles.take(bytes, of: resource)
            } catch {
                // An old mirror may lack the tiles of the newer tree that we know.
                guard let last, checkpoint.size < last.size else { throw error }
                throw Self.older(checkpoint, last)
            }
            stage = .tiles(checkpoint, tiles)
            if tiles.wanted.isEmpty { try conclude(checkpoint, tiles) }
        default: return
        }
    }

    private mutating func compare(_ checkpoint: SignedCheckpoint) throws(LogError) {
        guard let last, min(last.size, checkpoint.size) > 0 else {
            guard last.map({ $0.size <= checkpoint.size }) ?? true else { throw Self.older(checkpoint, last) }
            stage = .done(checkpoint)
            return
        }
        guard last.size != checkpoint.size else {
            guard last.root == checkpoint.root else {
                throw Self.split(smaller: last, larger: checkpoint, prefixRoot: checkpoint.root, proof: [])
            }
            stage = .done(checkpoint)
            return
        }
        let (old, new) = (min(last.size, checkpoint.size), max(last.size, checkpoint.size))
        stage = .tiles(
            checkpoint, TileSet(for: [0..<old] + TreeProof.consistencyRanges(from: old, to: new), size: new))
    }

    /// All tiles are here: do they lead to the larger root, and is the smaller tree in it?
    private mutating func conclude(_ checkpoint: SignedCheckpoint, _ tiles: TileSet) throws(LogError) {
        guard let last else { return }
        let isNewer = checkpoint.size > last.size
        let (smaller, larger) = isNewer ? (last, checkpoint) : (checkpoint, last)
        guard let prefixRoot = tiles.hash(of: 0..<smaller.size),
            let proof = tiles.hashes(of: TreeProof.consistencyRanges(from: smaller.size, to: larger.size)),
            TreeProof.isConsistent(
                old: smaller.size, oldRoot: prefixRoot, new: larger.size, newRoot: larger.root, proof: proof)
        else {
            throw LogError(
                .tilesFalse, subject: "tree of \(larger.size)",
                message: "the tiles do not lead to the root that the log signed")
        }
        guard prefixRoot == smaller.root else {
            throw Self.split(smaller: smaller, larger: larger, prefixRoot: prefixRoot, proof: proof)
        }
        guard isNewer else { throw Self.older(checkpoint, last) }
        stage = .done(checkpoint)
    }

    private static func split(
        smaller: SignedCheckpoint, larger: SignedCheckpoint, prefixRoot: TreeHash, proof: [TreeHash]
    ) -> LogError {
        LogError(
            .splitView, subject: smaller.checkpoint.origin,
            message:
                "the log signed two trees, of \(smaller.size) and \(larger.size) entries, that contradict each other",
            evidence: SplitView(smaller: smaller.note, larger: larger.note, prefixRoot: prefixRoot, proof: proof))
    }

    private static func older(_ checkpoint: SignedCheckpoint, _ last: SignedCheckpoint?) -> LogError {
        LogError(
            .checkpointOlder, subject: checkpoint.checkpoint.origin,
            message: "the checkpoint is of \(checkpoint.size) entries, and one of \(last?.size ?? 0) was seen before")
    }
}
