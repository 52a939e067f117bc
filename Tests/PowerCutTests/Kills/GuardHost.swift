import Foundation
import TestSupport

/// A host with a guard, two slots of played builds, and packs that are only names to a guard.
final class GuardHost: Sendable {
    /// A build: a played agent, made another one by a few bytes at its end.
    enum Build: String, CaseIterable {
        case one
        case two
        case three
    }

    /// Packs by their digests: two proven ones, and one that is bad.
    static let proven = [String(repeating: "1", count: 64), String(repeating: "2", count: 64)]
    static let bad = String(repeating: "b", count: 64)

    let folder: TemporaryFolder
    let cutter: Cutter
    private let program: String

    var state: String { folder.file("state") }
    var install: String { folder.file("install") }
    var builds: String { folder.file("build-three") }
    private var bootFile: String { folder.file("boot_id") }

    /// Builds one and two lie in slots a and b.
    init() throws {
        folder = try TemporaryFolder("guard")
        program = try BuiltCommand.path("firebreak-guard")
        cutter = Cutter(
            executable: try BuiltCommand.path("syscall-cutter"),
            folders: [folder.file("state"), folder.file("install")], bootFile: folder.file("boot_id"))
        try reboot(1)
        try put(.one, in: slot("a"))
        try put(.two, in: slot("b"))
        try put(.three, in: builds)
        for (slot, part) in [("a", "well"), ("b", "well")] { try play(part, in: slot) }
        try FileManager.default.createDirectory(atPath: folder.file("marks"), withIntermediateDirectories: true)
    }

    func slot(_ name: String) -> String { "\(install)/slots/\(name)" }

    private static func agent(_ build: Build) throws -> Data {
        try Data(contentsOf: URL(filePath: try BuiltCommand.path("played-agent"))) + Data(build.rawValue.utf8)
    }

    private static func worker(_ build: Build) -> Data { Data("#!/bin/true \(build)\n".utf8) }

    private func put(_ build: Build, in path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, bytes) in [("firebreak-agent", try Self.agent(build)), ("firebreak-worker", Self.worker(build))] {
            _ = FileManager.default.createFile(
                atPath: "\(path)/\(name)", contents: bytes, attributes: [.posixPermissions: 0o755])
        }
    }

    func play(_ part: String, in slot: String) throws {
        try write(part, to: "\(self.slot(slot))/part")
        try write(folder.file("marks"), to: "\(self.slot(slot))/marks")
    }

    /// Another boot of the kernel.
    func reboot(_ number: Int) throws {
        try write("0000000\(number)-0000-4000-8000-000000000000\n", to: bootFile)
    }

    func write(_ text: String, to path: String) throws {
        let parent = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func guardCommand(_ words: [String]) -> [String] {
        let agent = words.first == "watch" ? ["--restart-ms", "1", "--", "run"] : []
        return [program, words[0], "--state", state, "--install", install] + words.dropFirst() + agent
    }

    @discardableResult
    func run(_ words: [String], cut: Cutter.Cut? = nil) throws -> Cutter.Run {
        try cutter.run(guardCommand(words), cut: cut)
    }

    /// What `status --json` says; nil when it cannot say anything.
    func status() throws -> [String: Any]? {
        let run = try run(["status", "--json"])
        guard run.code == 0 else { return nil }
        return try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    }

    /// Puts packs, marks and a journal there, as an agent would have.
    func leaveContent(provenToo isBadProven: Bool, journal: String?) throws {
        for digest in Self.proven + [Self.bad] {
            try write("pack \(digest)", to: "\(state)/generations/\(digest).fbpack")
            if digest != Self.bad || isBadProven { try write("{}", to: "\(state)/generations/\(digest).proven") }
        }
        if let journal { try write(journal, to: "\(state)/journal.json") }
    }

    /// A journal that says that the bad pack is on trial.
    static var trialJournal: String {
        let rest = "boot=00000001-0000-4000-8000-000000000000 stage=trial digest=\(bad) stopped=0 mode=normal\n{}"
        return "firebreak-journal 2 crc=\(checksum(Array(rest.utf8))) \(rest)"
    }

    /// CRC-32/ISO-HDLC, bit by bit: another way than the guard's.
    private static func checksum(_ bytes: [UInt8]) -> String {
        var sum: UInt32 = ~0
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return String(repeating: "0", count: 8 - String(~sum, radix: 16).count) + String(~sum, radix: 16)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(state)/\(name)") }

    /// An agent was started from this slot, at any time.
    func hasRun(_ slot: String) -> Bool { FileManager.default.fileExists(atPath: folder.file("marks/\(slot)")) }

    /// The build whose two programs lie whole in this slot; nil when none does.
    func build(in slot: String) throws -> Build? {
        let agent = try? Data(contentsOf: URL(filePath: "\(self.slot(slot))/firebreak-agent"))
        let worker = try? Data(contentsOf: URL(filePath: "\(self.slot(slot))/firebreak-worker"))
        return try Build.allCases.first { try agent == Self.agent($0) && worker == Self.worker($0) }
    }
}
