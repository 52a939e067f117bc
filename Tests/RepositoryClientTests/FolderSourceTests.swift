import Foundation
import RepositoryClient
import Testing
import UpdateTrust

@Suite("Folder source")
struct FolderSourceTests {
    private let folder = NSTemporaryDirectory() + "folder-source-\(UUID().uuidString)"

    private func fetch(_ address: String, bytesMax: Int = 4) async throws(TufError) -> TufReply {
        try await FolderSource(folder: folder).fetch(address, bytesMax: bytesMax, subject: "file")
    }

    @Test("an address is read as a web server reads it, and never out of the folder")
    func addresses() async throws {
        try FileManager.default.createDirectory(atPath: folder + "/tuf", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("file".utf8).write(to: URL(filePath: folder + "/tuf/1.a b.json"))
        try Data("out".utf8).write(to: URL(filePath: folder + "/out"))

        #expect(try await fetch("tuf/1.a%20b.json") == .bytes(Array("file".utf8)))
        #expect(try await fetch("tuf/2.json") == .absent)
        await #expect(throws: TufError.self) { try await fetch("tuf/1.a%20b.json", bytesMax: 3) }
        for address in ["tuf/../out", "tuf/%2e%2e/out", "tuf%2F..%2Fout", "%", "%4", "%zz", "", "/", "a%00b"] {
            await #expect(throws: TufError.self, "\(address)") { try await fetch(address) }
        }
    }
}
