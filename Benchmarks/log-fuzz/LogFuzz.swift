import FleetModel
import Foundation
import TransparencyLog

enum FuzzTarget: String, CaseIterable {
    case note, checkpoint, key, path, bundle, tile, proof, request
}

/// One target and what it came to.
struct LogFuzz {
    /// KiB that the process may grow while one target runs: the largest input and what is made of it, many times over.
    private static let growthKiBMax = 64 * 1024
    /// One in so many notes is verified too: a signature takes a hundred times as long as the parser.
    private static let verifiedShare = 64

    private let target: FuzzTarget
    private var random: SplitMix64
    private let seeds: [[UInt8]]
    private let trust: LogTrust
    private let log: [String: [UInt8]]
    private let checkpoint: SignedCheckpoint
    private var accepted: UInt64 = 0
    private var executions: UInt64 = 0
    private var refusals: [String: UInt64] = [:]
    private var broken: UInt64 = 0
    private var resident: (first: Int, most: Int) = (0, 0)
    private let start = Date()

    init(_ target: FuzzTarget, seed: UInt64) throws {
        self.target = target
        random = SplitMix64(seed: seed)
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
            switch target {
            case .note: [note.bytes, Array("a\n\nb\n\n— x AAAAAAA=\n".utf8)]
            case .checkpoint: [text, text + Array("more\n".utf8)]
            case .key: [Array(signer.text.utf8), Array(witness.verifier.text.utf8)]
            case .path: ["tile/0/x001/x234/067", "tile/entries/000.p/1", "tile/7/999.p/255"].map { Array($0.utf8) }
            case .bundle: [try EntryBundle.encode(Array(entries[..<8])), try EntryBundle.encode([[], [1]])]
            case .tile, .proof: [Array(log["tile/0/001.p/44"] ?? [])]
            case .request: [WitnessRequest(oldSize: 5, proof: hashes, note: note).bytes]
            }
    }

    var hasFailed: Bool { broken > 0 || resident.most - resident.first > Self.growthKiBMax }

    mutating func run(_ count: UInt64) {
        resident.first = Self.residentKiB()
        while executions < count {
            let bytes = random.mutated(seeds[random.number(0..<seeds.count)])
            do {
                try execute(bytes)
                accepted += 1
            } catch {
                refusals[(error as? LogError)?.code.rawValue ?? "other", default: 0] += 1
            }
            executions += 1
            if executions.isMultiple(of: 1 << 16) { resident.most = max(resident.most, Self.residentKiB()) }
        }
        resident.most = max(resident.most, Self.residentKiB())
    }

    private mutating func execute(_ bytes: [UInt8]) throws {
        switch target {
        case .note:
            let note = try SignedNote(bytes)
            check(note.bytes == bytes)
            if random.number(0..<Self.verifiedShare) == 0 {
                let accepted = try trust.accept(note)
                check(accepted.note.text == checkpoint.note.text)
            }
        case .checkpoint:
            let read = try Checkpoint(text: bytes)
            check(read.text == bytes)
        case .key:
            let text = String(decoding: bytes, as: UTF8.self)
            if text.hasPrefix("PRIVATE") {
                let back = try NoteSigner(text).text
                check(back == text)
            } else {
                let back = try NoteVerifier(text).text
                check(back == text)
            }
        case .path:
            let text = String(decoding: bytes, as: UTF8.self)
            let back = try LogResource(path: text).path
            check(back == text)
        case .bundle:
            let count = random.number(1..<10)
            let entries = try EntryBundle.decode(bytes, count: count)
            let back = try EntryBundle.encode(entries)
            check(back == bytes)
        case .tile: try executeTile(bytes)
        case .proof: executeProof(bytes)
        case .request:
            let request = try WitnessRequest(bytes)
            check(request.bytes == bytes)
        }
    }

    /// A changed tile in a log: nothing may be proven by it but what is true.
    private mutating func executeTile(_ bytes: [UInt8]) throws {
        let index = UInt64(random.number(0..<300))
        let entry = Array("entry \(random.number(0..<4) == 0 ? 300 : index)".utf8)
        var machine = try InclusionMachine(checkpoint: checkpoint, index: index, entry: entry)
        while let next = machine.wanted.first {
            try machine.take(next.path == "tile/0/001.p/44" ? bytes : log[next.path], of: next)
        }
        check(entry == Array("entry \(index)".utf8))
    }

    /// Any numbers and hashes: no trap, and no proof of what is not so.
    private mutating func executeProof(_ bytes: [UInt8]) {
        let proof = (0..<random.number(0..<70)).map { place in
            TreeHash(bytes.dropFirst(place * 7 % 900).prefix(32)) ?? .empty
        }
        let (one, other) = (number(), number())
        check(
            !TreeProof.includes(
                leaf: .leaf(bytes), index: one, size: other, root: checkpoint.root, proof: proof))
        let isSame = one == other || one == 0
        check(
            isSame
                || !TreeProof.isConsistent(
                    old: one, oldRoot: .leaf(bytes), new: other, newRoot: checkpoint.root, proof: proof)
        )
        check(TreeProof.inclusionRanges(of: one, in: other).count <= 63)
        check(TreeProof.consistencyRanges(from: one, to: other).count <= 64)
    }

    /// A size: small, at an edge, or any.
    private mutating func number() -> UInt64 {
        switch random.number(0..<4) {
        case 0: UInt64(random.number(0..<600))
        case 1: (1 << UInt64(random.number(0..<64))) &+ UInt64(random.number(0..<3)) &- 1
        case 2: random.next() >> UInt64(random.number(0..<64))
        default: random.next()
        }
    }

    private mutating func check(_ isRight: Bool) {
        if !isRight { broken += 1 }
    }

    func json(seed: UInt64) -> String {
        let counts = refusals.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
        return "{\"target\":\"\(target.rawValue)\",\"seed\":\(seed),\"seconds\":\(seconds),"
            + "\"executions\":\(executions),\"accepted\":\(accepted),\"refused\":{\(counts)},\"broken\":\(broken),"
            + "\"resident_kib\":[\(resident.first),\(resident.most)]}"
    }

    private static func residentKiB() -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split { !$0.isNumber }.first ?? "") } ?? 0
    }
}
