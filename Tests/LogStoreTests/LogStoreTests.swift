import DurableFiles
import FleetModel
import Foundation
import LogStore
import Testing
import TransparencyLog

@Suite("LogStore")
struct LogStoreTests {
    private let folder = NSTemporaryDirectory() + "log-store-\(UUID().uuidString)"
    private let signer: NoteSigner

    init() throws {
        signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 7, count: 32))
    }

    private func store() throws -> LogStore {
        try LogStore(
            folder: folder, lockPath: folder + ".lock", signer: signer, now: { Moment(milliseconds: 0) })
    }

    private func read(_ resource: LogResource) -> [UInt8]? {
        try? DurableFiles().read("\(folder)/\(resource.path)", bytesMax: resource.bytesMax)
    }

    @Test("a thousand appends at once get a thousand indices, each proven against the published checkpoint")
    func manyAtOnce() async throws {
        let store = try store()
        let indices = try await withThrowingTaskGroup(of: (Int, UInt64).self) { tasks in
            for number in 0..<1000 {
                tasks.addTask { (number, try await store.append([Array("entry \(number)".utf8)]).lowerBound) }
            }
            return try await tasks.reduce(into: [:]) { $0[$1.1] = $1.0 }
        }
        #expect(indices.count == 1000)
        let trust = try LogTrust(keys: [signer.verifier])
        let checkpoint = try trust.accept(try #require(read(.checkpoint)))
        #expect(checkpoint == store.checkpoint && checkpoint.size == 1000)
        for (index, number) in indices {
            var machine = try InclusionMachine(
                checkpoint: checkpoint, index: index, entry: Array("entry \(number)".utf8))
            try machine.run(fetching: read)
            #expect(machine.proof != nil)
        }
        var whole = try TreeMachine(to: checkpoint, checksTiles: true)
        try whole.run(fetching: read)
        #expect(whole.isDone)
        #expect(!FileManager.default.fileExists(atPath: folder + "/tile/0/000.p/1"), "the whole tile is there")
    }

    @Test("a log goes on where it was, one process at a time, and never under another key")
    func reopened() async throws {
        var first: LogStore? = try store()
        #expect(try await first?.append([[1], [2]]) == 0..<2)
        let locked = #expect(throws: LogStoreError.self) { _ = try self.store() }
        #expect(locked?.code == .fileFailed)
        first = nil
        let second = try store()
        #expect(try await second.append([[3]]) == 2..<3)
        let other = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 8, count: 32))
        let refused = #expect(throws: LogStoreError.self) {
            _ = try LogFolder(folder, signer: other, at: Moment(milliseconds: 0))
        }
        #expect(refused?.code == .keyUnfit)
    }

    @Test("what is too large is refused alone, and an empty append waits for nothing")
    func bounds() async throws {
        let store = try store()
        let large = await #expect(throws: LogStoreError.self) {
            try await store.append([[UInt8](repeating: 0, count: 65_536)])
        }
        #expect(large?.code == .entryOversized)
        let many = await #expect(throws: LogStoreError.self) {
            try await store.append(Array(repeating: [], count: LogFolder.batchCountMax + 1))
        }
        #expect(many?.code == .batchOversized)
        #expect(try await store.append([]).isEmpty)
        #expect(try await store.append([[UInt8](repeating: 0, count: 65_535), []]) == 0..<2)
    }

    @Test("a log that lost its checkpoint, or whose tiles were changed, is not opened and does not begin again")
    func damage() async throws {
        var first: LogStore? = try store()
        _ = try await first?.append((0..<300).map { [UInt8($0 & 255)] })
        first = nil
        for path in ["checkpoint", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
            let whole = try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))
            try Data(whole.map { $0 ^ 1 }).write(to: URL(filePath: "\(folder)/\(path)"))
            #expect(throws: LogStoreError.self, "\(path)") { _ = try self.store() }
            try FileManager.default.removeItem(atPath: "\(folder)/\(path)")
            #expect(throws: LogStoreError.self, "\(path)") { _ = try self.store() }
            try whole.write(to: URL(filePath: "\(folder)/\(path)"))
        }
        _ = try store()
    }

    @Test("witnesses' signatures are added to the checkpoint that they are of, and to no other")
    func signatures() async throws {
        let store = try store()
        _ = try await store.append([[1]])
        let witness = try NoteSigner(
            name: "witness.example", kind: .cosignature, seed: [UInt8](repeating: 9, count: 32))
        let text = store.checkpoint.note.text
        let signature = try witness.sign(text, at: Moment(milliseconds: 5000))
        try await store.addSignatures([signature], to: text)
        let trust = try LogTrust(
            keys: [signer.verifier], witnesses: try WitnessPolicy(threshold: 1, of: [witness.verifier]))
        #expect(try trust.accept(try #require(read(.checkpoint))).witnesses == ["witness.example"])
        _ = try await store.append([[2]])
        try await store.addSignatures([signature], to: text)
        let error = #expect(throws: LogError.self) { try trust.accept(try #require(read(.checkpoint))) }
        #expect(error?.code == .witnessesTooFew)
    }

    @Test("a key's files are read as they were written, and none is overwritten")
    func keyFiles() throws {
        let path = folder + ".key"
        let made = try NoteKeyFile.create(path, name: "example.com/log", kind: .ed25519)
        #expect(try NoteKeyFile.read(path).text == made.text)
        #expect(throws: LogStoreError.self) { try NoteKeyFile.create(path, name: "example.com/log", kind: .ed25519) }
        let text = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        #expect(try NoteVerifier(String(text.dropLast())) == made.verifier)
    }
}
