import CanonicalCoding
import ContentPack
import ControlClient
import ControlWire
import ExposureChecker
import FleetModel
import Foundation
import TestSupport
import Testing

/// The four commands on one machine, in bad weather. Serial: each fleet is a dozen processes.
@Suite("The whole system in bad weather", .serialized)
struct WeatherTests {
    /// The second outage is longer than two silence deadlines: endpoints that could not be heard are not silent.
    @Test(
        "a control plane killed in the middle of a ramp goes on where its ledger stands: nobody is offered twice",
        arguments: [0, 12])
    func controlKilledMidRamp(outageSeconds: Int) async throws {
        let fleet = try await TestFleet("control-kill", endpoints: 6)
        _ = try await fleet.waitForWell(6)
        let rollout = try await fleet.start(try await fleet.publish("1.0.0"))
        let before = try await eventually("the first debits") {
            let debits = try await fleet.debits(of: rollout)
            return debits.isEmpty ? nil : debits
        }

        fleet.control.killNow()
        try await Task.sleep(for: .seconds(outageSeconds))
        try fleet.control.start()

        let summary = try await eventually("complete after the restart", within: 90) {
            let summary = try await fleet.management.rollout(rollout)
            return summary.phase == "complete" ? summary : nil
        }
        let debits = try await fleet.management.ledger(of: rollout, limit: ControlWireLimit.pageCountMax).rows
            .filter { $0.kind == "debit" }.compactMap(\.endpoint)
        #expect(summary.counts.proven == 6, "\(summary.counts), \(fleet.reverts())")
        #expect(summary.counts.silent == 0, "what was not heard was called silent")
        #expect(Set(debits).count == debits.count, "an endpoint was offered twice")
        #expect(Array(debits.prefix(before.count)) == before, "the ledger lost debits")
        #expect(try fleet.audit(rollout).violations.isEmpty)
        await fleet.end()
    }

    @Test("an agent killed while a release is on trial comes back on the generation before")
    func agentKilledOnTrial() async throws {
        let fleet = try await TestFleet("agent-kill", endpoints: 2)
        _ = try await fleet.waitForWell(2)
        let good = try await fleet.publish("1.0.0")
        _ = try await fleet.wait(for: ["complete"], of: try await fleet.start(good))

        let next = try await fleet.publish("1.1.0")
        let rollout = try await fleet.start(next)
        try await eventually("agent 0 tries \(next)") { try fleet.agentLog(0).contains(stage: "trial", of: next) }
        fleet.agents[0].killNow()
        try fleet.agents[0].start()

        try await eventually("agent 0 reverts") { try fleet.agentLog(0).contains(stage: "reverted", of: next) }
        try await eventually("the killed endpoint is well on \(good)") {
            try await fleet.management.endpoints().contains {
                $0.cohort.tags["n"] == "0" && $0.isWell && $0.activeReleases == [good]
            } ? true : nil
        }
        try await eventually("the gate has counted it") {
            try await fleet.management.rollout(rollout).counts.failed >= 1 ? true : nil
        }
        await fleet.end()
    }

    @Test("a worker killed at any moment is replaced, and the endpoint is well again")
    func workerKilled() async throws {
        let fleet = try await TestFleet("worker-kill", endpoints: 1)
        _ = try await fleet.waitForWell(1)
        let good = try await fleet.publish("1.0.0")
        _ = try await fleet.wait(for: ["complete"], of: try await fleet.start(good))
        let worker = try #require(Children.of(fleet.agents[0].pid).first)

        kill(worker, SIGKILL)

        try await eventually("another worker") {
            let next = Children.of(fleet.agents[0].pid)
            return next.contains { $0 != worker } ? true : nil
        }
        try await eventually("well on \(good)") {
            try await fleet.management.endpoints().contains { $0.isWell && $0.activeReleases == [good] } ? true : nil
        }
        await fleet.end()
    }

    @Test("with its protections on, an endpoint that is struck reverts by itself, and the gate halts")
    func brokenReleaseWithProtections() async throws {
        let fleet = try await TestFleet("bad", endpoints: 5)
        _ = try await fleet.waitForWell(5)
        let good = try await fleet.publish("1.0.0")
        _ = try await fleet.wait(for: ["complete"], of: try await fleet.start(good))

        let rollout = try await fleet.start(try await fleet.publish("1.1.0", chaos: .crashOnLoad))
        let summary = try await fleet.wait(for: ["halted", "complete"], of: rollout)

        #expect(summary.phase == "halted")
        #expect(summary.counts.offered <= 2, "more than the loss budget was offered it")
        #expect(summary.counts.proven == 0)
        #expect(try fleet.audit(rollout).violations.isEmpty)
        let well = try await fleet.waitForWell(5)
        #expect(well.allSatisfy { $0.activeReleases == [good] })
        await fleet.end()
    }
}

extension WeatherTests {
    /// The brittle ones are in the last ring: were they the first to ask on a busy machine, most of the exposed would be
    /// theirs, and the gate would rightly blame the release.
    @Test("a release that breaks one cohort is taken back from that cohort alone, and the others go on to the end")
    func brokenCohort() async throws {
        let fleet = try await TestFleet("cohort", endpoints: 10, brittle: 0..<3)
        _ = try await fleet.waitForWell(10)
        let rings: JSONValue = ["customer": "*", "rings": [["name": "first"], ["name": "last"]]]
        _ = try await fleet.management.setCustomer("*", policy: rings)
        let good = try await fleet.publish("1.0.0")
        _ = try await fleet.wait(for: ["complete"], of: try await fleet.start(good))

        let broken = try await fleet.publish("1.1.0")
        try fleet.breakNewWorkers()
        var policy: JSONValue = [
            "name": "zones", "loss_budget": 8, "confidence": 0.99, "bake_ms": 2000, "silence_deadline_ms": 20_000,
            "settle_deadline_ms": 60_000, "poll_interval_ms": 1000, "noise_ceiling": 0.001, "alpha": 0.001,
            "refusal_count_max": 3, "cohort_by": ["tag.zone"],
        ]
        if case .object(var members) = policy {
            members["alpha_shares"] = ["concurrent": 0.1, "ceiling": 0.8, "cohorts": 0.05, "watch": 0.05]
            policy = .object(members)
        }
        let rollout = try await fleet.management.startRollout(RolloutRequest(release: broken, document: policy)).id
        let summary = try await fleet.wait(for: ["halted", "complete"], of: rollout)

        #expect(summary.phase == "complete", "\(String(describing: summary.verdict)), \(fleet.reverts())")
        #expect(summary.haltedCohorts == ["tag.zone=bad"])
        #expect(summary.counts.proven == 7, "\(summary.counts)")
        #expect(try fleet.audit(rollout).violations.isEmpty)
        for endpoint in try await fleet.waitForWell(10) {
            #expect(endpoint.activeReleases == [endpoint.cohort.tags["zone"] == "bad" ? good : broken])
        }
        #expect(try await fleet.management.status().recallRevision == 0)
        await fleet.end()
    }
}

/// Child processes, as /proc tells.
enum Children {
    static func of(_ pid: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.flatMap { task in
            ((try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { Int32($0) }
        }
    }
}

extension TestFleet {
    func agentLog(_ number: Int) throws -> String {
        try String(contentsOfFile: folder.file("agent-\(number)/agent.log"), encoding: .utf8)
    }

    /// The lines in which an endpoint took a release back, with its reason: what a failed test must tell.
    func reverts() -> String {
        agents.indices.flatMap { number in
            ((try? agentLog(number)) ?? "no log").split(separator: "\n").filter { $0.contains("\"reverted\"") }
                .map { "endpoint \(number): \($0)" }
        }.joined(separator: "\n")
    }
}

extension String {
    /// Whether a log has a line of kind `stage` for a release; nil, so that it can be waited for, when it has none.
    func contains(stage: String, of release: ReleaseID) -> Bool? {
        split(separator: "\n").contains { line in
            line.contains("\"\(stage)\"") && line.contains("\"\(release)\"")
        } ? true : nil
    }
}
