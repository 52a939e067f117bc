import FleetModel
import Testing
import TransparencyLog

/// A log in memory: its files by path, and the entries they are made of.
struct SampleLog {
    let signer: NoteSigner
    var entries: [[UInt8]] = []
    var tree = TreeAppender()
    var files: [String: [UInt8]] = [:]
    private var tail: [UInt8] = []

    init(key: UInt8 = 7) throws {
        signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: key, count: 32))
        try append([])
    }

    var trust: LogTrust { get throws { try LogTrust(keys: [signer.verifier]) } }

    mutating func append(_ more: [[UInt8]]) throws {
        let growth = try LogGrowth(of: tree, tail: tail, appending: more)
        (tree, tail) = (growth.tree, growth.tail)
        entries += more
        for file in growth.files { files[file.resource.path] = file.bytes }
        files["checkpoint"] = try note.bytes
    }

    mutating func append(count: Int, of word: String = "entry") throws {
        try append((entries.count..<entries.count + count).map { Array("\(word) \($0)".utf8) })
    }

    var note: SignedNote {
        get throws {
            let text = Checkpoint(origin: signer.verifier.name, size: tree.size, root: tree.root).text
            return SignedNote(text: text, signatures: [try signer.sign(text, at: Moment(milliseconds: 0))])
        }
    }

    var checkpoint: SignedCheckpoint { get throws { try trust.accept(try note) } }

    /// Merkle tree hash straight from RFC 6962 clause 2.1.
    static func root(_ entries: ArraySlice<[UInt8]>) -> TreeHash {
        if entries.isEmpty { return .empty }
        if entries.count == 1 { return .leaf(entries[entries.startIndex]) }
        var half = 1
        while half * 2 < entries.count { half *= 2 }
        return .node(root(entries.prefix(half)), root(entries.dropFirst(half)))
    }
}
