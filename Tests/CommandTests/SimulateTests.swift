import ArgumentParser
import CanonicalCoding
import FleetSimulator
import Foundation
import TestSupport
import Testing

@testable import firebreak

@Suite("Simulating")
struct SimulateTests {
    @Test(
        "numbers that cannot be are refused before anything is simulated",
        arguments: [
            ["--fleet", "0"], ["--fleet", "20000001"], ["--fault-rate", "1.5"], ["--fault-rate", "-1"],
            ["--noise", "0.5"], ["--noise-swing", "2"], ["--affected-share", "7"], ["--silent-share", "x"],
            ["--seeds", "0"], ["--seed", "-1"], ["--seed", "18446744073709551615", "--seeds", "2"],
            ["--policy", "bogus"], ["--onset", "soon"], ["--policy", "phased", "--pooled"],
            ["--incidents", "mine.json"], ["--success-at", "never"], ["--after", "5"],
        ])
    func refused(options: [String]) {
        let error = #expect(throws: (any Error).self) { try Firebreak.parseAsRoot(["simulate"] + options) }
        if let error { #expect(Firebreak.exitCode(for: error) == .validationFailure) }
    }

    @Test("without options it is a clean release to a million endpoints, under the gate")
    func defaults() throws {
        let command = try #require(try Firebreak.parseAsRoot(["simulate"]) as? SimulateCommand)
        #expect(command.fleet == 1_000_000 && command.policy == .firebreak && command.seed == 1)
        #expect(try command.fault.resolved().fault == .none)
    }

    @Test("onsets are read strictly")
    func onsets() {
        let good: [(String, FaultOnset)] = [
            ("after:20m", .after(meanSeconds: 1_200)), ("delay:90s", .delay(seconds: 90)),
            ("clock:2h", .clock(seconds: 7_200)), ("flapping:5m", .flapping(periodSeconds: 300)),
            ("window:6h-7h", .window(openSeconds: 21_600, closeSeconds: 25_200)), ("reboot", .reboot),
            ("scan", .scan), ("scan-then-reboot", .scanThenReboot),
        ]
        for (text, onset) in good { #expect(OnsetArgument(argument: text)?.onset == onset, "\(text)") }
        for text in [
            "", "after", "after:", "after:5", "reboot:1m", "window:7h-6h", "window:6h", "window:1h-2h-3h",
            "window:1h-25h", "flapping:0s", "after:1m-2m", "later:1m",
        ] {
            #expect(OnsetArgument(argument: text) == nil, "\(text)")
        }
    }

    @Test("an unknown incident is refused with the list of those that there are")
    func unknownIncident() throws {
        let failure = #expect(throws: CommandFailure.self) { try IncidentShelf(file: nil).find("cs-cf292") }
        #expect(failure?.code == "command.no_incident" && failure?.exit == .badInput)
        for incident in IncidentCatalogue.all { #expect(failure?.nextStep.contains(incident.id) == true) }
    }

    @Test("a file of incidents that is not as it must be is refused with the place")
    func badFile() throws {
        let file = URL.temporaryDirectory.appending(path: "incidents-\(UUID().uuidString).json").path
        try #"[{"id":"a","pFailGivenAffected":2}]"#.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let failure = #expect(throws: CommandFailure.self) { try IncidentShelf(file: file) }
        #expect(failure?.code == "command.bad_incidents" && failure?.subject.hasPrefix("\(file), [0].") == true)
        let missing = #expect(throws: CommandFailure.self) { try IncidentShelf(file: "/nonexistent") }
        #expect(missing?.code == "command.file_unreadable")
    }

    @Test("--json prints one object with the contract's members, and nothing else on either stream")
    func json() throws {
        let outcome = try run("simulate", "--fleet", "5000", "--fault-rate", "1", "--json")
        #expect(outcome.exit == .ok && outcome.errors.isEmpty)
        #expect(outcome.output.count { $0 == "\n" } == 1)
        let value = JSONReader(try JSONParser.parse(Array(outcome.output.utf8), limits: .init(bytesMax: 10_000)))
        for name in [
            "fleet", "policy", "seed", "offered", "broken", "hands", "halted", "rounds", "minutes_to_halt",
            "minutes_to_p99_coverage", "max_exposed", "cap_violations", "wall_seconds", "peak_memory_bytes",
        ] {
            #expect(throws: Never.self, "\(name)") { _ = try value.member(name) }
        }
        #expect(try value.member("halted").bool() && value.member("broken").integer() <= 50)
    }

    @Test("weather is replayed by its seed; an incident that is unknown ends with exit 2")
    func weather() throws {
        let first = try run("simulate", "--weather", "7")
        #expect(first.exit == .ok && first.output.contains("held") && first.output.contains("partitions"))
        #expect(try run("simulate", "--weather", "7").output == first.output)
        let unknown = try run("simulate", "--incident", "nothing")
        #expect(unknown.exit == .badInput && unknown.output.isEmpty && unknown.errors.contains("cs-cf291"))
    }

    private func run(_ arguments: String...) throws -> CommandRun { try CommandRun(arguments) }
}
