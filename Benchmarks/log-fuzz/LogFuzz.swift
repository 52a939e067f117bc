import FleetModel
import FuzzSupport
import TransparencyLog

/// Hostile notes, checkpoints, keys, paths, bundles, tiles, proofs and requests: a value that does not read back to the
/// bytes it was read from, and a proof of what is not so, are what must not be.
struct LogFuzz: FuzzTarget {
    private enum Kind: String, CaseIterable {
        case note, checkpoint, key, path, bundle, tile, proof, request
    }

    /// One in so many notes is verified too: a signature takes a hundred times as long as the parser.
    private static let verifiedShare = 64

    private let kind: Kind
    private let seeds: [[UInt8]]
    private let trust: LogTrust
    private let log: [String: [UInt8]]
    private let checkpoint: SignedCheckpoint

    static func all() throws -> [LogFuzz] { try Kind.allCases.map(LogFuzz.init) }
    static func code(of error: any Error) -> String { (error as? LogError)?.code.rawValue ?? "other" }
    var name: String { kind.rawValue }

    private init(_ kind: Kind) throws {
        self.kind = kind
        let signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 7, count: 32))
        let witness = try NoteSigner(name: "w.example", kind: .cosignature, seed: [UInt8](repeating: 8, count: 32))
        trust = try LogTrust(
            keys: [signer.verifier], witnesses: try WitnessPolicy(threshold: 0, of: [witness.verifier]))
        let entries = (0..<300).map { Array("entry \($0)".utf8) }
        let growth = try LogGrowth(of: TreeAppender(), tail: [], appending: entries)
        log = Dictionary(uniqueKeysWithValues: growth.files.map { ($0.resource.path, $0.bytes) })
        let text = Checkpoint(origin: "example.com/log", size: 300, root: growth.tree.root).text
        let now = Moment(milliseconds: 1000)
        let note = SignedNote(
            text: text, signatures: [try signer.sign(text, at: now), try witness.sign(text, at: now)])
        checkpoint = try trust.accept(note)
        let hashes = (0..<8).map { TreeHash.leaf([UInt8($0)]) }
        seeds =
            switch kind {
            case .note: [note.bytes, Array("a\n\nb\n\n— x AAAAAAA=\n".utf8)]
            case .checkpoint: [text, text + Array("more\n".utf8)]
            case .key: [Array(signer.text.utf8), Array(witness.verifier.text.utf8)]
            case .path: ["tile/0/x001/x234/067", "tile/entries/000.p/1", "tile/7/999.p/255"].map { Array($0.utf8) }
            case .bundle: [try EntryBundle.encode(Array(entries[..<8])), try EntryBundle.encode([[], [1]])]
            case .tile, .proof: [Array(log["tile/0/001.p/44"] ?? [])]
            case .request: [WitnessRequest(oldSize: 5, proof: hashes, note: note).bytes]
            }
    }

    func execute(_ random: inout SplitMix64) throws -> Bool {
        let bytes = random.mutated(random.element(of: seeds))
        switch kind {
        case .note:
            let note = try SignedNote(bytes)
            guard note.bytes == bytes else { return false }
            return try random.number(0..<Self.verifiedShare) > 0
                || trust.accept(note).note.text == checkpoint.note.text
        case .checkpoint: return try Checkpoint(text: bytes).text == bytes
        case .key:
            let text = String(decoding: bytes, as: UTF8.self)
            return try text.hasPrefix("PRIVATE") ? NoteSigner(text).text == text : NoteVerifier(text).text == text
        case .path:
            let text = String(decoding: bytes, as: UTF8.self)
            return try LogResource(path: text).path == text
        case .bundle:
            let entries = try EntryBundle.decode(bytes, count: random.number(1..<10))
            return try EntryBundle.encode(entries) == bytes
        case .tile: return try executeTile(bytes, &random)
        case .proof: return executeProof(bytes, &random)
        case .request: return try WitnessRequest(bytes).bytes == bytes
        }
    }

    /// A changed tile in a log: nothing may be proven by it but what is true.
    private func executeTile(_ bytes: [UInt8], _ random: inout SplitMix64) throws -> Bool {
        let index = UInt64(random.number(0..<300))
        let entry = Array("entry \(random.number(0..<4) == 0 ? 300 : index)".utf8)
        var machine = try InclusionMachine(checkpoint: checkpoint, index: index, entry: entry)
        try machine.run { $0.path == "tile/0/001.p/44" ? bytes : log[$0.path] }
        return entry == Array("entry \(index)".utf8)
    }

    /// Any numbers and hashes: no trap, and no proof of what is not so.
    private func executeProof(_ bytes: [UInt8], _ random: inout SplitMix64) -> Bool {
        let proof = (0..<random.number(0..<70)).map { place in
            TreeHash(bytes.dropFirst(place * 7 % 900).prefix(32)) ?? .empty
        }
        let (one, other) = (Self.number(&random), Self.number(&random))
        let isIncluded = TreeProof.includes(
            leaf: .leaf(bytes), index: one, size: other, root: checkpoint.root, proof: proof)
        let isSame = one == other || one == 0
        let isConsistent = TreeProof.isConsistent(
            old: one, oldRoot: .leaf(bytes), new: other, newRoot: checkpoint.root, proof: proof)
        return !isIncluded && (isSame || !isConsistent)
            && TreeProof.inclusionRanges(of: one, in: other).count <= 63
            && TreeProof.consistencyRanges(from: one, to: other).count <= 64
    }

    /// A size: small, at an edge, or any.
    private static func number(_ random: inout SplitMix64) -> UInt64 {
        switch random.number(0..<4) {
        case 0: UInt64(random.number(0..<600))
        case 1: (1 << UInt64(random.number(0..<64))) &+ UInt64(random.number(0..<3)) &- 1
        case 2: random.next() >> UInt64(random.number(0..<64))
        default: random.next()
        }
    }
}
