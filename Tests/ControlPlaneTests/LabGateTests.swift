import CanonicalCoding
import ControlClient
import ControlWire
import FleetModel
import Foundation
import NIOHTTP1
import TestSupport
import Testing
import UpdateTrust

@testable import ControlPlane

@Suite("The lab's word at the door")
struct LabGateTests {
    private static func statement(_ verdict: LabVerdict, on pack: [UInt8], run: Int64 = 1) throws -> [UInt8] {
        let failed = verdict == .failed ? ["hostile"] : []
        return try LabStatement(
            subjectName: "linux-core.fbpack", subjectDigest: ContentDigest.sha256(pack), verdict: verdict,
            configuration: [], passedTests: ["seal"], warnedTests: [], failedTests: failed,
            details: ["run": .integer(run)]
        ).encoded()
    }

    private static func code(_ body: () async throws -> Void) async -> String? { await refusal(body)?.serverCode }

    @Test("a release that the lab failed is neither published nor rolled out, unless a policy says so, and that shows")
    func failed() async throws {
        try await PlaneHouse.run { house in
            let pack = try PlaneHouse.pack()
            let client = house.management
            let word = try await client.giveLabResult(try Self.statement(.failed, on: pack))
            #expect(word.verdict == .failed)
            #expect(word.failedStages == ["hostile"])
            #expect(await Self.code { _ = try await client.publish(pack) } == "release.lab_failed")
            #expect(try await client.releases().isEmpty)
            let published = try await client.publish(pack, policy: "emergency", labResult: "any")
            #expect(published.lab?.verdict == .failed)
            #expect(published.lab?.allowedBy == "emergency")
            #expect(try await client.releases().first?.lab?.allowedBy == "emergency")
            let release = published.release
            #expect(
                await Self.code { _ = try await client.startRollout(RolloutRequest(release: release)) }
                    == "release.lab_failed")
            let terms = RolloutTerms(preset: "demo", labResult: "any")
            let rollout = try await client.startRollout(RolloutRequest(release: release, policy: terms))
            #expect(rollout.policy.labResult == "any")
            #expect(rollout.lab?.allowedBy == "demo")
            #expect(try await client.rollouts().first?.lab?.verdict == .failed)
            let page = try await house.ask(.GET, Routes.page)
            #expect(page.text.contains("lab: failed at hostile, let through by the policy demo"))
            let token = try String(contentsOfFile: house.folder.file("control/operator.token"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let actions = try await house.ask(.GET, Routes.operatorActions, bearer: token).text
            #expect(actions.contains("failed by the lab and let through by the policy emergency"))
            #expect(actions.contains("failed by the lab and let through by the policy demo"))
        }
    }

    @Test("a release that the lab did not run may go, is shown so, and is refused by a policy that asks for its word")
    func absent() async throws {
        try await PlaneHouse.run { house in
            let pack = try PlaneHouse.pack()
            let client = house.management
            #expect(
                await Self.code { _ = try await client.publish(pack, labResult: "passed") } == "release.lab_missing")
            let published = try await client.publish(pack)
            #expect(published.lab == nil)
            let terms = RolloutTerms(labResult: "passed")
            #expect(
                await Self.code {
                    _ = try await client.startRollout(RolloutRequest(release: published.release, policy: terms))
                } == "release.lab_missing")
            let rollout = try await client.startRollout(RolloutRequest(release: published.release))
            #expect(rollout.lab == nil)
            #expect(rollout.policy.labResult == "not_failed")
            #expect(try await house.ask(.GET, Routes.page).text.contains("lab: not run"))
        }
    }

    @Test("a program that may take more steps than the policy allows is neither published nor rolled out")
    func programCost() async throws {
        try await PlaneHouse.run(in: try TemporaryFolder("plane")) { house in
            let client = house.management
            let published = try await client.publish(try PlaneHouse.pack())
            let dear = RolloutTerms(programStepsMax: 1)
            #expect(
                await Self.code {
                    _ = try await client.startRollout(RolloutRequest(release: published.release, policy: dear))
                } == "release.too_dear")
            let wrong = RolloutTerms(programStepsMax: 0)
            #expect(
                await Self.code {
                    _ = try await client.startRollout(RolloutRequest(release: published.release, policy: wrong))
                } == "policy.invalid")
            let rollout = try await client.startRollout(RolloutRequest(release: published.release))
            #expect(rollout.policy.programStepsMax == 100_000_000)
        }
    }

    @Test("the newest word counts, also after a restart, and the statement comes back byte for byte")
    func newestCounts() async throws {
        let folder = try TemporaryFolder("plane")
        let pack = try PlaneHouse.pack()
        let passed = try Self.statement(.passed, on: pack, run: 2)
        try await PlaneHouse.run(in: folder) { house in
            let client = house.management
            _ = try await client.giveLabResult(try Self.statement(.failed, on: pack))
            let first = try await client.giveLabResult(passed)
            // The same statement again is no newer word.
            #expect(try await client.giveLabResult(passed) == first)
            #expect(try await client.publish(pack, labResult: "passed").lab?.verdict == .passed)
        }
        try await PlaneHouse.run(in: folder) { house in
            let release = try #require(try await house.management.releases().first)
            #expect(release.lab?.verdict == .passed)
            #expect(release.lab?.statement == ContentDigest.sha256(passed))
            let token = try String(contentsOfFile: house.folder.file("control/operator.token"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let answer = try await house.ask(.GET, Routes.labResult(of: release.digest), bearer: token)
            #expect(Array(answer.text.utf8) == passed)
            // A word that comes after the publication counts for the rollout.
            let later = try Self.statement(.failed, on: pack, run: 3)
            _ = try await house.management.giveLabResult(later)
            #expect(
                await Self.code {
                    _ = try await house.management.startRollout(RolloutRequest(release: release.release))
                } == "release.lab_failed")
        }
    }

    @Test("a word on other bytes says nothing of a pack, and what is no statement is refused")
    func otherBytes() async throws {
        try await PlaneHouse.run { house in
            let (pack, other) = (try PlaneHouse.pack(), try PlaneHouse.pack(notes: "other"))
            let client = house.management
            _ = try await client.giveLabResult(try Self.statement(.passed, on: other))
            #expect(
                await Self.code { _ = try await client.publish(pack, labResult: "passed") } == "release.lab_missing")
            for bytes in [Array("{}".utf8), [], Array("no JSON".utf8)] {
                #expect(await Self.code { _ = try await client.giveLabResult(bytes) } == "lab.statement_invalid")
            }
            #expect(await Self.code { _ = try await client.publish(pack, labResult: "maybe") } == "policy.invalid")
            #expect(await Self.code { _ = try await client.publish(pack, policy: "nobodys") } == "policy.unknown")
            #expect(try await house.ask(.GET, Routes.labResult(of: ContentDigest.sha256(pack))).status == 401)
        }
    }
}
