import ContentPack
import FleetModel
import Testing

@testable import ReleaseLab

@Suite("Workers with one fault each")
struct FragileWorkerTests {
    private static func run(
        _ fault: String, _ stage: LabStageName, budget: (inout LabBudget) -> Void = { _ in }
    ) async throws -> LabResult {
        await LabFixture.run(
            try LabFixture.plan(
                try LabFixture.pack(), LabFixture.fragile(fault), only: [stage],
                previous: [try LabFixture.pack(version: "0.9.0") { $0.releaseNotes = "Earlier." }], budget: budget))
    }

    @Test("an event that kills the worker is found and named, and the stage goes on behind it")
    func deathIsNamed() async throws {
        let result = try await Self.run("dies-of-invalid-text", .hostile)
        let deaths = try result.stage(.hostile).findings.filter { $0.code == .workerDied }
        #expect(deaths.count == LabLimit.deathsPerStageMax)
        for death in deaths {
            #expect(death.subject.contains("invalid text"))
            #expect(death.message.contains("this event alone"))
            #expect(death.event?.contains([0xFF, 0xFE, 0x80]) == true)
        }
        #expect(Set(deaths.map(\.subject)).count == deaths.count)
    }

    @Test("a death that needs what came before is found by sending it all once more")
    func deathWithHistory() async throws {
        let plan = try LabFixture.plan(try LabFixture.pack(), LabFixture.fragile("dies-of-the-300th"))
        let event = HostileEvents.ordinary(.fileDelete)
        let battery = LabBattery(count: 600) { number in
            var event = event
            event.at = Moment(milliseconds: 0)
            return LabEvent(event, name: "event \(number)")
        }
        var bench = LabBench(plan) { _ in }
        let report = await bench.run(battery)
        bench.close()
        // Two more lives of 299 events each: every death is one event later, since the guilty one is left out.
        #expect(report.findings.map(\.subject) == ["event 299", "event 556"])
        #expect(report.findings.allSatisfy { $0.message.contains("before it") })
        #expect(report.isComplete)
    }

    @Test("an event that the worker never comes back from is a hang, and is named")
    func hangIsNamed() async throws {
        let result = try await Self.run("hangs-on-huge-text", .hostile) { $0.answerDeadline = .seconds(2) }
        let hang = try #require(try result.stage(.hostile).findings.first { $0.code == .workerHung })
        #expect(hang.subject.contains("huge") || hang.subject.contains("cut"))
        #expect((hang.event?.count ?? 0) > EventCoding.textBytesMax)
    }

    @Test(
        "each other fault is found by the stage that looks for it",
        arguments: [
            ("dies-before-1970", LabStageName.clocks, LabFinding.Code.workerDied),
            ("blind-after-2038", .clocks, .clockDependent), ("loses-events", .hostile, .eventsLost),
            ("loses-events", .changeover, .eventsLost), ("matches-twice", .examples, .eventsLost),
            ("matches-twice", .changeover, .eventsLost), ("takes-everything", .hostile, .malformedTaken),
            ("refuses-some", .hostile, .eventRefused), ("keeps-the-first", .changeover, .changeoverWrong),
            ("loads-anything", .changeover, .changeoverWrong), ("dies-at-the-end", .changeover, .unloadWrong),
            ("invents", .examples, .workerLied),
        ])
    func faultIsFound(fault: String, stage: LabStageName, code: LabFinding.Code) async throws {
        let result = try await Self.run(fault, stage)
        let findings = try result.stage(stage).findings
        #expect(try result.failures(stage).contains(code), "\(findings)")
    }

    @Test(
        "a worker that floods, lies about a length or writes garbage is a finding, and the lab lives",
        arguments: [
            "flood", "lying-length", "garbage", "trap", "open",
        ])
    func hostileWorkers(deed: String) async throws {
        let result = await LabFixture.run(
            try LabFixture.plan(try LabFixture.pack(), LabFixture.fragile(deed)) {
                $0.loadDeadline = .seconds(2)
            })
        #expect(result.verdict == .failed)
        #expect(try result.failures(.load) == [.loadDied])
    }
}
