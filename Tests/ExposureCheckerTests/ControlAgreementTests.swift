import ExposureChecker
import FleetModel
import FleetStore
import Foundation
import RolloutEngine
import Testing

/// The gate and the checker where machines fail without any release, and where one cohort is worse than the others.
@Suite("Gate and checker agree where there is a control")
struct ControlAgreementTests {
    /// How a fleet fares under a release.
    struct Weather: Sendable {
        /// Probability that an endpoint fails from one check-in to the next, with or without the release.
        var hazard = 0.01
        /// How many times as often it fails with the release, by kernel.
        var ratios: [String: Double] = [:]
        /// The control plane is restarted every so many seconds; 0: never.
        var restartEvery = 0
    }

    static let policy: RolloutPolicy = {
        var policy = RolloutPolicy.demo
        policy.lossBudget = 20
        policy.cohortBy = ["kernel"]
        policy.cohortFirstStep = 8
        policy.noiseCeiling = 0.4
        policy.alphaShares = .init()
        return policy
    }()

    private struct Endpoint {
        let id: EndpointID
        let attributes: CohortAttributes
        var isOffered = false
        var hasFailed = false
    }

    /// A rollout to 600 endpoints of three kernels, for 200 seconds.
    private static func rollOut(_ weather: Weather, seed: UInt64) throws -> ([LedgerRecord], RolloutStatus) {
        var random = Generator(state: seed)
        func begin() -> RolloutMachine {
            RolloutMachine(
                rollout: AgreementTests.rollout, release: AgreementTests.release, policy: policy, seed: seed,
                startedAt: AgreementTests.start)
        }
        var machine = begin()
        var endpoints = try (0..<600).map { number in
            Endpoint(
                id: try EndpointID(checking: ForgedLedger.endpoint(number)),
                attributes: CohortAttributes(
                    os: "linux", osVersion: "debian-12", kernel: "k\(number % 3)", agentVersion: "1", model: "vm"))
        }
        var rows: [LedgerRecord] = []
        var now = AgreementTests.start
        func write(_ actions: [RolloutAction]) throws {
            for action in actions {
                let entry = machine.ledgerEntry(for: action, sequence: Int64(rows.count + 1), at: now)
                rows.append(try LedgerRecord(entry, of: AgreementTests.rollout))
            }
        }
        for second in 1...200 where !machine.status.phase.isFinal {
            now = now + .seconds(1)
            if weather.restartEvery > 0, second.isMultiple(of: weather.restartEvery) {
                let entry = LedgerEntry(sequence: Int64(rows.count + 1), at: now, kind: .outage(until: now))
                rows.append(try LedgerRecord(entry, of: AgreementTests.rollout))
                machine = begin()
                for row in rows { machine.restore(try row.entry()) }
            }
            try write(machine.handle(.tick, at: now))
            for index in endpoints.indices {
                let endpoint = endpoints[index]
                guard !(endpoint.isOffered && endpoint.hasFailed) else { continue }
                let ratio = endpoint.isOffered ? weather.ratios[endpoint.attributes.kernel] ?? 1 : 1
                let fails = random.unit() < weather.hazard * ratio
                var report = EndpointReport(endpoint: endpoint.id, attributes: endpoint.attributes)
                report.failure = fails ? .crash : nil
                if endpoint.isOffered { report.stage = fails ? .reverted : .committed }
                let actions = machine.handle(.checkIn(report), at: now)
                try write(actions)
                endpoints[index].hasFailed = endpoint.isOffered && fails
                if actions.contains(.offer(endpoint.id)) { endpoints[index].isOffered = true }
            }
        }
        return (rows, machine.status)
    }

    private static func inFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agreement-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    @Test(
        "with natural failures, with a bad kernel and with restarts, the checker finds nothing wrong and counts alike",
        arguments: [
            Weather(), Weather(hazard: 0.03), Weather(hazard: 0.02, ratios: ["k1": 1.5]),
            Weather(ratios: ["k1": 60]), Weather(ratios: ["k0": 20, "k1": 20, "k2": 20]),
            Weather(hazard: 0.03, restartEvery: 45), Weather(ratios: ["k1": 60], restartEvery: 45),
        ], [1, 2, 3] as [UInt64])
    func agree(weather: Weather, seed: UInt64) async throws {
        let (rows, status) = try Self.rollOut(weather, seed: seed)
        let report = try await Self.inFolder { try await AgreementTests.check(rows, policy: Self.policy, in: $0) }
        #expect(report.violations == [])
        #expect(report.debitCount == status.counts.offered)
        #expect(report.provenCount == status.counts.proven)
        #expect(report.failedCount == status.counts.failed)
        if weather.restartEvery == 0 { #expect(report.exposureMax == status.maxExposed) }
    }

    @Test("the ledger of a gate that took the control off, without what it says of the control, is found too generous")
    func controlIsUsed() async throws {
        var (rows, _) = try Self.rollOut(Weather(hazard: 0.03), seed: 1)
        for index in rows.indices where rows[index].kind == "verdict" {
            rows[index].detail = rows[index].detail.replacing(#""tests":"#, with: #""forgotten":"#)
        }
        let report = try await Self.inFolder { try await AgreementTests.check(rows, policy: Self.policy, in: $0) }
        #expect(report.violations.contains { $0.kind == .capExceeded })
    }

    @Test("the ledger of a gate that halted a cohort, without that verdict, is found too generous")
    func haltIsUsed() async throws {
        var (rows, status) = try Self.rollOut(Weather(ratios: ["k1": 60]), seed: 1)
        #expect(status.haltedCohorts == ["kernel=k1"])
        for index in rows.indices where rows[index].kind == "verdict" {
            rows[index].detail = rows[index].detail.replacing(#""cohort":"kernel=k1","decision""#, with: #""decision""#)
        }
        let report = try await Self.inFolder { try await AgreementTests.check(rows, policy: Self.policy, in: $0) }
        #expect(report.violations.contains { $0.kind == .capExceeded })
    }
}
