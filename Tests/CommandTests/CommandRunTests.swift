import ControlWire
import Foundation
import TestSupport
import Testing

@testable import firebreak

/// The built command, run as a person runs it.
@Suite("Running firebreak")
struct CommandRunTests {
    private let folder: URL

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "firebreak-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func run(_ arguments: String...) throws -> CommandRun { try CommandRun(arguments, in: folder) }

    @Test("help is asked for: exit 0 and standard output; a wrong word is not: exit 2 and standard error")
    func helpAndUsage() throws {
        let help = try run("--help")
        #expect(help.exit == .ok && help.output.contains("SUBCOMMANDS") && help.errors.isEmpty)
        #expect(try run("--generate-completion-script", "bash").exit == .ok)
        let wrong = try run("rollout", "start", "nonsense")
        #expect(wrong.exit == .badInput && wrong.output.isEmpty)
        #expect(wrong.errors.contains("as in linux-core@1.0.0"))
    }

    @Test("without a token, with a bad address or a file that is not there, nothing is sent: exit 2")
    func badInput() throws {
        let noToken = try run("status")
        #expect(noToken.exit == .badInput && noToken.errors.contains("var/control/operator.token"))
        try "t0ken\n".write(to: folder.appending(path: "token"), atomically: true, encoding: .utf8)
        let plain = try run("status", "--control", "http://127.0.0.1:1", "--operator-token-file", "token")
        #expect(plain.exit == .badInput && plain.errors.contains("https://HOST:PORT"))
        #expect(try run("release", "publish", "nothing.fbpack").exit == .badInput)
        #expect(try run("pack", "show", "nothing.fbpack").exit == .badInput)
    }

    @Test("with --json an error is JSON on standard error, and standard output stays empty")
    func jsonErrors() throws {
        let outcome = try run("status", "--json")
        #expect(outcome.exit == .badInput && outcome.output.isEmpty)
        let body = try ManagementJSON.decode(ErrorBody.self, from: Array(outcome.errors.utf8))
        #expect(body.error.code == "client.bad_input" && !body.error.nextStep.isEmpty)
    }

    @Test("from rules to a signed pack that a sceptic accepts; one changed byte and he does not")
    func packs() throws {
        try writeSources(marker: "firebreak-test-detection")
        #expect(try run("keys", "make", "--out", "k").exit == .ok)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "k").path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try run("keys", "make", "--out", "k").exit == .badInput, "a key is never overwritten")
        #expect(try run("keys", "make").exit == .ok, "the default folder is made where it is missing")
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "var/keys/release.key.pub").path))

        let built = try build()
        #expect(built.exit == .ok && built.errors.contains("ran 2 example events"), "\(built.errors)")
        let pack = folder.appending(path: "linux-core-1.0.0.fbpack")
        let first = try Data(contentsOf: pack)
        #expect(try build().exit == .ok)
        // Ed25519 as swift-crypto makes it is not deterministic; what it signs is.
        #expect(try Data(contentsOf: pack).dropFirst(1024) == first.dropFirst(1024))

        let shown = try run("pack", "show", pack.path)
        #expect(shown.exit == .ok && shown.output.contains("not checked") && shown.output.contains("Test detection"))
        let json = try run("pack", "show", pack.path, "--trust", "k.pub", "--json")
        #expect(
            json.output.contains("\"signature\":\"verified\"")
                && json.output.contains("\"release\":\"linux-core@1.0.0\""))
        #expect(try run("pack", "check", pack.path, "--trust", "k.pub").exit == .ok)
        #expect(try run("pack", "check", pack.path).exit == .badInput, "our own key did not sign it")
        try FileManager.default.removeItem(at: folder.appending(path: "var"))
        let keyless = try run("pack", "check", pack.path)
        #expect(keyless.exit == .badInput && keyless.errors.contains("command.no_trusted_keys"))

        var changed = first
        changed[changed.count / 2] ^= 1
        try changed.write(to: pack)
        let refused = try run("pack", "check", pack.path, "--trust", "k.pub")
        #expect(refused.exit == .badInput && refused.errors.contains("pack.signature_invalid"), "\(refused.errors)")
    }

    @Test("a rule that misses its example is not signed, and the place is named")
    func failingExample() throws {
        try writeSources(marker: "another-marker")
        #expect(try run("keys", "make", "--out", "k").exit == .ok)
        let outcome = try build()
        #expect(outcome.exit == .badInput && outcome.errors.contains("publish.example_failed"), "\(outcome.errors)")
        #expect(outcome.errors.contains("examples/\(Self.ruleID).json"))
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "linux-core-1.0.0.fbpack").path))
    }

    private static let ruleID = "0b6a0a38-3b25-4e0c-a36f-6b1f2f2a1f11"

    private func build() throws -> CommandRun {
        try run(
            "pack", "build", "--name", "linux-core", "--version", "1.0.0", "--rules", "rules", "--examples",
            "examples", "--key", "k")
    }

    private func writeSources(marker: String) throws {
        let rule = """
            title: Test detection
            id: \(Self.ruleID)
            status: test
            level: low
            description: Looks for the marker of this test.
            author: Firebreak
            logsource:
              category: process_creation
              product: linux
            detection:
              selection:
                CommandLine|contains: \(marker)
              condition: selection

            """
        let examples = """
            {"true":[{"kind":"process_creation","at_ms":1,"fields":{"CommandLine":"echo firebreak-test-detection"}}],
             "false":[{"kind":"process_creation","at_ms":1,"fields":{"CommandLine":"echo"}}]}
            """
        for (path, text) in [("rules/a.yml", rule), ("examples/\(Self.ruleID).json", examples)] {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }
}
