import EndpointAgent
import Foundation
import TestSupport
import Testing

/// The command itself: what it refuses, and how it ends.
@Suite("firebreak-agent", .timeLimit(.minutes(2)))
struct AgentProcessTests {
    private func run(_ arguments: [String]) throws -> (code: Int32, words: String) {
        let process = Process()
        process.executableURL = URL(filePath: try BuiltCommand.path("firebreak-agent"))
        process.arguments = arguments
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, words)
    }

    /// Flags that are right, but that nobody listens at the address.
    private func flags(_ folder: TemporaryFolder) throws -> [String: String] {
        let keys = folder.file("keys")
        try "ed25519 \(Data(repeating: 9, count: 32).base64EncodedString()) test\n".write(
            toFile: keys, atomically: true, encoding: .utf8)
        try "secret\n".write(toFile: folder.file("secret"), atomically: true, encoding: .utf8)
        try Self.certificate.write(toFile: folder.file("ca.pem"), atomically: true, encoding: .utf8)
        try #"{"kind":"process_creation","at_ms":1,"fields":{"Image":"/bin/true"},"lineage":[]}"#.write(
            toFile: folder.file("events.jsonl"), atomically: true, encoding: .utf8)
        return [
            "--control": "https://127.0.0.1:\(try freePort())", "--ca": folder.file("ca.pem"), "--trust": keys,
            "--enrolment-secret-file": folder.file("secret"), "--state": folder.file("state"),
            "--worker": try BuiltCommand.path("firebreak-worker"), "--sensor": "replay:\(folder.file("events.jsonl"))",
        ]
    }

    private func arguments(_ flags: [String: String]) -> [String] {
        ["run"] + flags.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    }

    @Test("a flag that cannot be used is named, with what to do, and the agent does not start")
    func badFlags() throws {
        let folder = try TemporaryFolder("agent")
        let good = try flags(folder)
        try Data("nonsense".utf8).write(to: URL(filePath: folder.file("bad")))
        let cases = [
            ("--control", "http://127.0.0.1"), ("--ca", folder.file("bad")), ("--trust", folder.file("bad")),
            ("--trust", folder.file("none")), ("--worker", folder.file("none")), ("--sensor", "sometimes"),
            ("--sensor", "replay:\(folder.file("bad"))"), ("--enrolment-secret-file", folder.file("none")),
            ("--tag", "x"),
        ]
        for (flag, value) in cases {
            var bad = good
            bad[flag] = value
            let (code, words) = try run(arguments(bad))
            #expect(code == 64, "\(flag) \(value): \(words)")
            #expect(words.contains("agent.bad_input"), "\(flag) \(value): \(words)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("state/journal.json")))
    }

    @Test("with --once and nobody at the address the agent says so and ends with 69")
    func onceWithoutServer() throws {
        let folder = try TemporaryFolder("agent")
        let (code, words) = try run(arguments(flags(folder)) + ["--once"])
        #expect(code == 69 && words.contains("agent.not_checked_in"), "\(words)")
    }

    @Test("told to end it ends in good order, and a killed one leaves nothing that hinders the next")
    func ends() async throws {
        let folder = try TemporaryFolder("agent")
        let arguments = try arguments(flags(folder))
        let program = try RunningProgram("firebreak-agent", arguments, log: folder.file("out"))
        let log = folder.file("state/agent.log")
        func count(_ kind: String) -> Int {
            ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").components(separatedBy: "\"kind\":\"\(kind)\"")
                .count - 1
        }
        _ = try await eventually("it runs") { count("trouble") > 0 ? true : nil }
        let second = try run(arguments)
        #expect(second.code == 75 && second.words.contains("agent.already_running"))
        program.killNow()
        try program.start()
        _ = try await eventually("it runs again") { count("start") == 2 ? true : nil }
        program.terminate()
        #expect(count("stop") == 1)
    }

    /// Any certificate: nobody listens.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBeDCCAR+gAwIBAgIUWamwHcjUmuIYuWxhllct+38WXpswCgYIKoZIzj0EAwIw
        ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNDAzMjkzMloYDzIxMjYxMDMxMDMy
        OTMyWjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AAR4pcHYrpqBBVaYUaqvDPPdVwWyFA95xpLVNAmeI0goKrTi71zk3u0sG9tq/rbW
        hYXli2g/Y7mze++4SEVchKeTo1MwUTAdBgNVHQ4EFgQUAerD0aTW906cGFapJ+N/
        lJF8GQYwHwYDVR0jBBgwFoAUAerD0aTW906cGFapJ+N/lJF8GQYwDwYDVR0TAQH/
        BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBp9hY+MzZFrmjc+uSJFLQoZcsc/ruI
        4Uahn2O1xtVQZgIgIN0lx2okMvuQ8QY9O4tlfC6v8ww3xO59tR4kx59MCLo=
        -----END CERTIFICATE-----

        """
}
