import BrokerEngine
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Guarded folders", .enabled(if: BrokerStage.isAvailable, BrokerStage.skipReason), .serialized)
struct GuardedFolderTests {
    @Test("a stranger can neither read nor write a guarded file; our own program can; no engine is needed")
    func guarded() async throws {
        let stage = try BrokerStage()
        try await stage.broker(["--guard", "\(stage.disk)/state", "--own", "\(stage.disk)/own"], mounts: false)
        let journal = stage.seen("\(stage.disk)/state/journal")
        for flags in [O_RDONLY, O_WRONLY, O_RDWR | O_TRUNC] {
            let file = open(journal, flags)
            #expect(file == -1 && errno == EPERM)
            if file >= 0 { close(file) }
        }
        // The same words, by a program of ours and by its copy elsewhere.
        #expect(try Self.shell(stage, "own/shell", "read word < \(journal); test $word = secret") == 0)
        #expect(try Self.shell(stage, "shell", "echo changed > \(journal)") != 0)
        #expect(try Self.shell(stage, "own/shell", "read word < \(journal); test $word = secret") == 0)
        #expect(try Self.shell(stage, "own/shell", "echo changed > \(journal)") == 0)
        #expect(try stage.count(.guardDenied) >= 4)
        #expect(try stage.count(.guardAllowed) == 3)
    }

    @Test("the guard ends with the broker: the file can be opened again")
    func ends() async throws {
        let stage = try BrokerStage()
        let broker = try await stage.broker(["--guard", "\(stage.disk)/state", "--own", "\(stage.disk)/own"])
        kill(broker.pid, SIGKILL)
        _ = try await broker.ended()
        let file = open(stage.seen("\(stage.disk)/state/journal"), O_RDONLY)
        #expect(file >= 0)
        close(file)
    }

    private static func shell(_ stage: BrokerStage, _ shell: String, _ script: String) throws -> Int32 {
        try BrokerStage.run(stage.seen("\(stage.disk)/\(shell)"), ["-c", script]).code
    }
}

@Suite("firebreak-broker's command line")
struct BrokerCommandTests {
    private static func run(_ arguments: String...) throws -> (code: Int32, output: String) {
        try BrokerStage.run(try BuiltCommand.path("firebreak-broker"), arguments)
    }

    @Test("the page names every option")
    func help() throws {
        let page = try Self.run("--help")
        #expect(page.code == 0)
        for option in ["--socket", "--mount", "--guard", "--own", "--deadline-ms", "--denials-per-minute", "--json"] {
            #expect(page.output.contains(option))
        }
    }

    @Test("a fault for tests is refused outside of tests")
    func faults() throws {
        for fault in ["--stall-after", "--hang-after"] {
            let refused = try Self.run("run", "--socket", "/tmp/none", "--mount", "/tmp", fault, "1")
            #expect(refused.code == 64, "\(refused)")
        }
    }

    @Test(
        "a guard that would shut a folder that others need is refused, and one without programs of ours",
        arguments: [
            ["--guard", "/etc", "--own", "/var/cache"], ["--guard", "/", "--own", "/var/cache"],
            ["--guard", "/var/cache", "--own", "/var/cache"], ["--guard", "/var/cache/apt", "--own", "/var/cache"],
            ["--guard", "/var/cache"],
        ])
    func guardRefused(arguments: [String]) throws {
        let refused = try BrokerStage.run(
            try BuiltCommand.path("firebreak-broker"), ["run", "--socket", "/tmp/none"] + arguments)
        #expect(refused.code == 64, "\(refused)")
    }

    @Test(
        "what cannot be followed is refused with the word and a way to go on",
        arguments: [
            ["run"], ["run", "--socket", "/tmp/none"], ["run", "--deadline-ms", "201"], ["run", "--deadline-ms"],
            ["run", "--denials-per-minute", "x"], ["march"], ["status"],
        ])
    func usage(arguments: [String]) throws {
        let refused = try BrokerStage.run(try BuiltCommand.path("firebreak-broker"), arguments)
        #expect(refused.code == 64 && refused.output.contains("--help"), "\(refused)")
    }

    @Test("a status without a broker says so")
    func noBroker() throws {
        let none = try Self.run("status", "--socket", "/tmp/firebreak-no-broker")
        #expect(none.code == 69 && none.output.contains("executions go on"))
    }
}
