import DurableFiles
import FleetModel
import Foundation
import LogStore
import Testing
import TransparencyLog

/// golang.org/x/mod/sumdb, as Debian packages it: another implementation of notes, tiles and proofs.
enum GoPeer {
    static let program = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peer/log_peer.go")
    static let libraries = "/usr/share/gocode"
    static let isThere =
        ["/usr/bin/go", "\(libraries)/src/golang.org/x/mod/sumdb/tlog/tlog.go"]
        .allSatisfy(FileManager.default.fileExists)

    /// Runs the peer; its output, and whether it found everything right.
    static func run(_ arguments: [String]) throws -> (words: String, isRight: Bool) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/go")
        process.arguments = ["run", program.path] + arguments
        process.environment = [
            "GO111MODULE": "off", "GOPATH": libraries, "GOCACHE": NSTemporaryDirectory() + "go-cache",
            "PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory(),
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus == 0)
    }
}

@Suite("Go's x/mod/sumdb as a peer")
struct GoPeerTests {
    @Test(
        "Go verifies our checkpoint, tiles, entries and proofs, makes the same proofs, and finds a changed tile",
        .enabled(if: GoPeer.isThere, "needs golang-go and golang-golang-x-mod-dev"),
        arguments: [1, 255, 256, 257, 700])
    func verifies(size: Int) throws {
        let folder = NSTemporaryDirectory() + "go-peer-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 7, count: 32))
        var log = try LogFolder(folder, signer: signer, at: Moment(milliseconds: 0))
        var roots: [UInt64: TreeHash] = [:]
        let entries = (0..<size).map { Array("entry \($0)".utf8) }
        for start in stride(from: 0, to: size, by: 90) {
            _ = try log.append(Array(entries[start..<min(size, start + 90)]), at: Moment(milliseconds: 0))
            roots[log.tree.size] = log.tree.root
        }
        let read = { (resource: LogResource) -> [UInt8]? in
            try? DurableFiles().read("\(folder)/\(resource.path)", bytesMax: resource.bytesMax)
        }
        var lines: [String] = []
        for index in 0..<size {
            var machine = try InclusionMachine(
                checkpoint: log.checkpoint, index: UInt64(index), entry: entries[index])
            try machine.run(fetching: read)
            let proof = try #require(machine.proof).map(\.base64)
            lines.append(
                (["inclusion", "\(index)", TreeHash.leaf(entries[index]).base64] + proof).joined(separator: " "))
        }
        for (old, root) in roots {
            var machine = try ConsistencyMachine(from: old, to: log.tree.size)
            try machine.run(fetching: read)
            let proof = try #require(machine.proof).map(\.base64)
            lines.append((["consistency", "\(old)", root.base64] + proof).joined(separator: " "))
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: folder + "/proofs"))
        let arguments = ["check", folder, signer.verifier.text, folder + "/proofs"]
        let found = try GoPeer.run(arguments)
        #expect(found.isRight, "\(found.words)")
        #expect(found.words.hasPrefix("entries \(size) inclusion \(size) consistency \(roots.count)"), "\(found.words)")
        let edge = try #require(TileCoordinate.edge(of: UInt64(size)).first)
        let tile = folder + "/" + LogResource.tile(edge).path
        try Data(try Data(contentsOf: URL(filePath: tile)).map { $0 ^ 1 }).write(to: URL(filePath: tile))
        #expect(!(try GoPeer.run(arguments)).isRight, "the peer bites")
    }
}
