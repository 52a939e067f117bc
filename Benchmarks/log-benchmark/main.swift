import DurableFiles
import FleetModel
import Foundation
import LogStore
import TransparencyLog

/// What a log costs: appends for each second by the size of a batch, and the checking of an inclusion proof, beside Go's
/// golang.org/x/mod/sumdb/tlog on the same proofs in the same run where Go is there.
///
///     log-benchmark FOLDER [PEER]
///
/// FOLDER is on the disk that is to be measured, and is made; PEER is the built log_peer.
guard CommandLine.arguments.count >= 2 else {
    FileHandle.standardError.write(Data("usage: log-benchmark FOLDER [PEER]\n".utf8))
    exit(2)
}
let folder = CommandLine.arguments[1]
let peer = CommandLine.arguments.dropFirst(2).first
let signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 7, count: 32))
let entryBytes = 600
let secondsOfBatchSize = 3.0

func entry(_ number: Int) -> [UInt8] {
    var bytes = Array("{\"kind\":\"verdict\",\"number\":\(number),\"pad\":\"".utf8)
    bytes += [UInt8](repeating: UInt8(ascii: "x"), count: entryBytes - bytes.count - 2)
    return bytes + Array("\"}".utf8)
}

func now() -> Double { ProcessInfo.processInfo.systemUptime }

print("Appends, \(entryBytes) bytes each, durable and under a published checkpoint")
for size in [1, 16, 256] {
    let path = "\(folder)/batch-\(size)"
    try? FileManager.default.removeItem(atPath: path)
    var log = try LogFolder(path, signer: signer, at: Moment(milliseconds: 0))
    var (count, rounds) = (0, 0)
    let begin = now()
    while now() - begin < secondsOfBatchSize {
        _ = try log.append((count..<count + size).map(entry), at: Moment(milliseconds: 0))
        count += size
        rounds += 1
    }
    let seconds = now() - begin
    print(
        "  batch of \(size): \(Int(Double(count) / seconds)) entries/s, "
            + "\((seconds * 100_000 / Double(rounds)).rounded() / 100) ms a round")
}

let treeSize = 1_000_000
var tree = TreeAppender()
var files: [String: [UInt8]] = [:]
let growBegin = now()
for number in 0..<treeSize {
    tree.append(.leaf(entry(number))) { files[LogResource.tile($0).path] = $1.flatMap(\.bytes) }
}
for (tile, bytes) in tree.edgeTiles { files[LogResource.tile(tile).path] = bytes }
print("Tree of \(treeSize) entries hashed in \(((now() - growBegin) * 100).rounded() / 100) s")
let text = Checkpoint(origin: "example.com/log", size: tree.size, root: tree.root).text
let checkpoint = try LogTrust(keys: [signer.verifier]).accept(
    SignedNote(text: text, signatures: [try signer.sign(text, at: Moment(milliseconds: 0))]))

struct Sample {
    var index: UInt64
    var leaf: TreeHash
    var proof: [TreeHash]
}
var samples: [Sample] = []
for number in stride(from: 17, to: treeSize, by: treeSize / 1000) {
    var machine = try InclusionMachine(checkpoint: checkpoint, index: UInt64(number), entry: entry(number))
    try machine.run { files[$0.path] }
    samples.append(Sample(index: UInt64(number), leaf: .leaf(entry(number)), proof: machine.proof ?? []))
}
let rounds = 200
let begin = now()
var held = 0
for _ in 0..<rounds {
    for sample in samples
    where TreeProof.includes(
        leaf: sample.leaf, index: sample.index, size: tree.size, root: tree.root, proof: sample.proof)
    {
        held += 1
    }
}
let microseconds = (now() - begin) * 1_000_000 / Double(rounds * samples.count)
precondition(held == rounds * samples.count, "a proof did not hold")
print("Inclusion proof of \(samples[0].proof.count) hashes checked in \((microseconds * 1000).rounded() / 1000) us")
let machineBegin = now()
for sample in samples {
    var machine = try InclusionMachine(checkpoint: checkpoint, index: sample.index, entry: entry(Int(sample.index)))
    try machine.run { files[$0.path] }
}
print(
    "  and made of tiles first, as an agent does: "
        + "\(((now() - machineBegin) * 1_000_000 / Double(samples.count)).rounded()) us")

if let peer {
    let lines = samples.map {
        (["inclusion", "\($0.index)", $0.leaf.base64] + $0.proof.map(\.base64)).joined(separator: " ")
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: "\(folder)/proofs"))
    let process = Process()
    process.executableURL = URL(filePath: peer)
    process.arguments = ["time", "\(tree.size)", tree.root.base64, "\(folder)/proofs"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    print("  Go's x/mod/sumdb/tlog: \(words.trimmingCharacters(in: .whitespacesAndNewlines)) us")
} else {
    print("  Go is not here: nothing to compare with")
}
