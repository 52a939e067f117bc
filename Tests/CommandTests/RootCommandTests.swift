import ArgumentParser
import Foundation
import Testing

@testable import firebreak

@Suite("Roots and their drafts")
struct RootCommandTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    private var place: [String] { ["--drafts", path("drafts"), "--repository", path("repository"), "--json"] }

    private func makeKeys(_ names: String...) async throws {
        for name in names {
            try await run(KeysCommand.Make.self, ["--out", path("\(name).key"), "--role", name, "--json"])
        }
    }

    private func run<Command: AsyncParsableCommand>(_ type: Command.Type, _ words: [String]) async throws {
        guard var command = try type.parseAsRoot(words) as? Command else { throw CancellationError() }
        try await command.run()
    }

    private func sign(_ role: String, by key: String) async throws {
        try await run(
            RootCommand.Sign.self, [path("drafts/\(role).json"), "--key", path("\(key).key"), "--yes"] + place)
    }

    private func publish() async throws { try await run(RootCommand.Publish.self, ["--keys", folder] + place) }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CommandFailure)?.code
        }
    }

    /// Two of two sign the root; one publishes.
    private func ceremony() async throws {
        try await makeKeys("a", "b", "targets", "snapshot", "timestamp", "recalls")
        try await run(
            RootCommand.Begin.self,
            [
                "--root-key", path("a.key.pub"), "--root-key", path("b.key.pub"), "--root-threshold", "2",
                "--targets-key", path("targets.key.pub"), "--snapshot-key", path("snapshot.key.pub"),
                "--timestamp-key", path("timestamp.key.pub"), "--recalls-key", path("recalls.key.pub"),
            ] + place)
        try await sign("root", by: "a")
        try await sign("targets", by: "targets")
    }

    @Test("a repository begins when enough people have signed, and not before")
    func begins() async throws {
        try await ceremony()
        #expect(await code(publish) == "tuf.signatures_missing")
        #expect(!FileManager.default.fileExists(atPath: path("repository/tuf/timestamp.json")))
        try await sign("root", by: "b")
        try await publish()
        let names = try FileManager.default.contentsOfDirectory(atPath: path("repository/tuf")).sorted()
        #expect(
            names == ["1.recalls.json", "1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("drafts")).isEmpty)
    }

    @Test("a draft that is changed has lost its signatures, and a stranger's key signs none")
    func changed() async throws {
        try await ceremony()
        try await sign("root", by: "b")
        try await publish()
        try await makeKeys("c")
        try await run(RootCommand.AddKey.self, ["--role", "root", "--key", path("c.key.pub")] + place)
        try await sign("root", by: "a")
        try await sign("root", by: "b")
        #expect(await code { try await sign("root", by: "targets") } == "tuf.key_unknown")
        try await run(RootCommand.Threshold.self, ["3", "--role", "root"] + place)
        #expect(await code(publish) == "tuf.signatures_missing")
        for name in ["a", "b", "c"] { try await sign("root", by: name) }
        try await publish()
        #expect(FileManager.default.fileExists(atPath: path("repository/tuf/2.root.json")))
    }

    @Test("without a terminal and without --yes nothing is signed")
    func unasked() async throws {
        try await ceremony()
        let draft = path("drafts/root.json")
        let before = FileManager.default.contents(atPath: draft)
        let words = [draft, "--key", path("b.key")] + place
        #expect(await code { try await run(RootCommand.Sign.self, words) } == "command.failed")
        #expect(FileManager.default.contents(atPath: draft) == before)
    }

    @Test("a vendor's key is rotated by the targets, and two vendors never have one pack")
    func vendors() async throws {
        try await ceremony()
        try await sign("root", by: "b")
        try await makeKeys("acme", "acme-2")
        let key = ["--pack", "linux-core", "--key", path("acme.key.pub")] + place
        try await run(RootCommand.DelegateVendor.self, ["acme"] + key)
        #expect(await code { try await run(RootCommand.DelegateVendor.self, ["other"] + key) } == "tuf.paths_taken")
        try await sign("targets", by: "targets")
        try await publish()
        try await run(
            KeysCommand.Rotate.self,
            ["--role", "acme", "--old", path("acme.key.pub"), "--new", path("acme-2.key.pub")] + place)
        try await sign("targets", by: "targets")
        try await publish()
        #expect(FileManager.default.fileExists(atPath: path("repository/tuf/2.targets.json")))
    }
}
