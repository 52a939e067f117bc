import CanonicalCoding
import FleetModel
import Foundation
import Testing

@testable import ControlWire

/// The management API's bodies, byte for byte. A change of a file under Golden is a change of the interface.
@Suite("Management API")
struct ManagementGoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    /// UPDATE_GOLDEN=1 writes the files anew.
    static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

    static let rollout = RolloutSummary(
        id: RolloutID(accepted: "r-000012"), release: Samples.release, phase: "ramping",
        policy: RolloutTerms(
            preset: "demo", lossBudget: 4, confidence: 0.99, bake: .seconds(6), silenceDeadline: .seconds(6),
            settleDeadline: .seconds(60), pollInterval: .seconds(2), noiseCeiling: 0.01, alpha: 0.001,
            refusalCountMax: 3, labResult: "not_failed"),
        endpointCount: 40,
        counts: RolloutCounts(
            offered: 9, proven: 4, failed: 1, silent: 1, withdrawn: 1, exposed: 4, refused: 1, late: 0),
        cap: 5, maxExposed: 5, capAtMaxExposed: 5, startedAt: Samples.now, finishedAt: nil,
        verdict: VerdictSummary(verdict: "hold", reasons: ["5 endpoints are exposed and 5 may be."], at: Samples.now))

    static let endpoint = EndpointSummary(
        id: Samples.endpoint, name: "build-7", service: "firebreak-agent", cohort: Samples.cohort,
        health: Samples.health, enrolledAt: Samples.now, lastSeenAt: Samples.now, revokedAt: nil,
        releases: Samples.reports, hasLiveSensor: true, eventsLost: 2, eventsEvaluated: 12_348,
        stateStanding: .verified(by: .tpm))

    @Test("each body has the JSON that is written down, and reads back from it")
    func bodies() throws {
        try check(
            ControlStatus(
                version: "0.1.0", startedAt: Samples.now, now: Samples.now + .seconds(90), endpointCount: 40,
                endpointsReporting: 39, endpointsHealthy: 38, releaseCount: 2, rolloutsActive: 1, alertCount: 7,
                lastAlertSequence: 9, recallRevision: 1, storageFault: "No space left on device"), "status")
        try check(
            ErrorBody(
                code: "pack.signature_invalid", message: "the signature does not hold", nextStep: "Fetch it again."),
            "error")
        try check(
            ReleaseList(releases: [
                ReleaseSummary(
                    release: Samples.release, digest: Samples.digest, byteCount: 81_920, ruleCount: 26,
                    schemaVersion: 1, notes: "Two rules more.", chaos: "crash-on-load", publishedAt: Samples.now,
                    recalledAt: Samples.now + .seconds(60), recallReason: "kills the worker that loads it",
                    lab: LabSummary(
                        verdict: .failed, failedStages: ["hostile"], statement: Samples.digest,
                        receivedAt: Samples.now, allowedBy: "emergency"))
            ]), "releases")
        try check(RolloutRequest(release: Samples.release, policy: RolloutTerms(lossBudget: 4)), "rollout-request")
        try check(RolloutList(rollouts: [Self.rollout]), "rollouts")
        try check(ReasonRequest(reason: "the payroll server is down"), "reason-request")
        try check(
            LedgerPage(
                rows: [
                    LedgerRow(
                        sequence: 7, at: Samples.now, kind: "debit", endpoint: Samples.endpoint, detail: "cap 4"),
                    LedgerRow(sequence: 8, at: Samples.now, kind: "phase", endpoint: nil, detail: "halted"),
                ], next: 8), "ledger")
        try check(EndpointPage(endpoints: [Self.endpoint], next: Samples.endpoint), "endpoints")
        try check(EndpointRequest(name: "build-server-7"), "endpoint-request")
        try check(MintedCredential(endpoint: Samples.endpoint, credential: "c0ffee"), "minted-credential")
        try check(
            AlertPage(
                alerts: [
                    AlertRow(
                        sequence: 3, endpoint: Samples.endpoint, endpointName: "build-7", rule: "0b6a0a38",
                        title: "Reverse shell", severity: "High", occurredAt: Samples.now,
                        receivedAt: Samples.now + .milliseconds(800),
                        finding: String(decoding: Samples.finding, as: UTF8.self))
                ], next: 3), "alerts")
        try check(
            OperatorActionPage(
                actions: [
                    OperatorAction(
                        sequence: 1, at: Samples.now, action: "rollout.hold", subject: "r-000012", detail: "a freeze")
                ], next: 1), "operator-actions")
    }

    @Test("bodies of policies, explanations and customers have the JSON that is written down")
    func policies() throws {
        try check(
            RolloutRequest(
                release: Samples.release, document: ["name": "mine", "loss_budget": 4], urgent: true),
            "rollout-request-document")
        var rollout = Self.rollout
        rollout.lane = "urgent"
        rollout.haltedCohorts = ["kernel=6.6"]
        rollout.document = ["name": "mine"]
        try check(rollout, "rollout-full")
        try check(
            GateExplanation(
                id: RolloutID(accepted: "r-000012"), release: Samples.release, phase: "ramping", lane: "normal",
                headline: "Waits for proof.", counts: Self.rollout.counts, waiting: 31, keptOut: 4,
                cap: .init(
                    value: 5, weighed: 5, lossBudget: 4, rateUpperBound: 0.75, confidence: 0.99, limit: "evidence"),
                evidence: .init(value: 2, toHalt: 1000, ln: 0.5, lnToHalt: 6.5, harmed: 2, expected: 0.25),
                waitsFor: ["needs 1 more proven in all"],
                cohorts: [
                    .init(
                        cohort: "kernel=6.1", waiting: 31, exposed: 4, cap: 5, needed: 1, bakes: 3, isSuspected: true)
                ], haltedCohorts: ["kernel=6.6"],
                shutRings: [.init(customer: "acme", ring: "prod", reasons: ["ring canary soaks for 5 min more"])],
                holds: ["held"], now: Samples.now), "explanation")
        try check(
            CustomerList(customers: [
                CustomerSummary(
                    name: "acme", policy: ["customer": "acme", "rings": [["name": "all"]]], changedAt: Samples.now)
            ]), "customers")
    }

    @Test("a member that a reader does not know is passed over, one that is missing is named")
    func tolerance() throws {
        let newer = Array("{\"reason\":\"x\",\"colour\":\"red\"}".utf8)
        #expect(try ManagementJSON.decode(ReasonRequest.self, from: newer).reason == "x")
        #expect(refusalCode { try ManagementJSON.decode(ReasonRequest.self, from: Array("{}".utf8)) } == .missing)
        #expect(
            refusalCode { try ManagementJSON.decode(ReasonRequest.self, from: Array("nonsense".utf8)) } == .malformed)
        let long = Array(repeating: UInt8(ascii: " "), count: ControlWireLimit.managementRequestBytesMax + 1)
        #expect(refusalCode { try ManagementJSON.decode(ReasonRequest.self, from: long) } == .oversized)
        let bad = Array("{\"release\":\"linux-core\",\"policy\":{}}".utf8)
        #expect(refusalCode { try ManagementJSON.decode(RolloutRequest.self, from: bad) } == .invalidValue)
    }

    @Test("paths are made of their parts")
    func routes() {
        let id = RolloutID(accepted: "r-000012")
        #expect(Routes.command(.recall, on: id) == "/api/v1/rollouts/r-000012/recall")
        #expect(Routes.ledger(id) == "/api/v1/rollouts/r-000012/ledger")
        #expect(Routes.revocation(of: Samples.endpoint) == "/api/v1/endpoints/\(Samples.endpoint)/revoke")
        #expect(Routes.customer("a/b c%é*-._~9Z") == "/api/v1/customers/a%2Fb%20c%25%C3%A9%2A-._~9Z")
        #expect(Routes.pack(Samples.digest) == "/v1/packs/\(Samples.digest)")
    }

    private func check<Body: Codable & Equatable>(_ body: Body, _ name: String) throws {
        let file = Self.folder.appending(path: "\(name).json")
        let bytes = try ManagementJSON.encode(body)
        if Self.isUpdating { try Data(bytes + [10]).write(to: file) }
        let golden = [UInt8](try Data(contentsOf: file))
        #expect(String(decoding: bytes + [10], as: UTF8.self) == String(decoding: golden, as: UTF8.self), "\(name)")
        #expect(try ManagementJSON.decode(Body.self, from: golden) == body, "\(name)")
    }
}
