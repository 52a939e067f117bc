import CanonicalCoding
import ControlClient
import ControlWire
import FleetModel
import Foundation
import NIOHTTP1
import RolloutEngine
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Management over TLS")
struct ManagementRoutesTests {
    @Test("without the operator's token nothing is told and nothing is done")
    func token() async throws {
        try await PlaneHouse.run { house in
            for path in [
                Routes.status, Routes.releases, Routes.rollouts, Routes.endpoints, Routes.alerts,
                Routes.operatorActions, Routes.customers, Routes.explanation(RolloutID(accepted: "r-000001")),
            ] {
                let answer = try await house.ask(.GET, path)
                #expect(answer.status == 401, "\(path)")
                #expect(answer.text.contains("next_step"))
            }
            let agent = try await house.enrol(1)
            #expect(try await house.ask(.GET, Routes.status, bearer: agent.credential).status == 401)
        }
    }

    @Test("packs that are truncated, oversized, altered or signed by a stranger are refused before they are kept")
    func badPacks() async throws {
        try await PlaneHouse.run { house in
            let pack = try PlaneHouse.pack()
            func code(_ bytes: [UInt8]) async -> String? {
                await refusal { _ = try await house.management.publish(bytes) }?.serverCode
            }
            #expect(await code([]) == "pack.truncated")
            #expect(await code(Array(pack.prefix(700))) == "pack.truncated")
            var altered = pack
            altered[altered.count - 1100] ^= 1
            #expect(await code(altered) == "pack.signature_invalid")
            let strangers = try PlaneHouse.pack(key: PlaneHouse.otherKey)
            #expect(await code(strangers) == "pack.unknown_key")
            #expect(await code(Array(repeating: 0, count: ControlWireLimit.packBytesMax + 1)) == "message.oversized")
            let token = try String(contentsOfFile: house.folder.file("control/operator.token"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let wrongType = try await house.ask(.POST, Routes.releases, bearer: token, type: "text/plain", body: pack)
            #expect(wrongType.status == 415)
            #expect(try await house.management.releases().isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: house.folder.file("control/packs")).isEmpty)
        }
    }

    @Test("a version has one content: the same bytes again are fine, others are refused, and so is an older version")
    func versions() async throws {
        try await PlaneHouse.run { house in
            let first = try await house.management.publish(try PlaneHouse.pack("linux-core@1.1.0"))
            #expect(try await house.management.publish(try PlaneHouse.pack("linux-core@1.1.0")) == first)
            func code(_ bytes: [UInt8]) async -> String? {
                await refusal { _ = try await house.management.publish(bytes) }?.serverCode
            }
            let (other, older) = (
                try PlaneHouse.pack("linux-core@1.1.0", notes: "other"), try PlaneHouse.pack("linux-core@1.0.9")
            )
            #expect(await code(other) == "release.conflict")
            #expect(await code(older) == "release.older")
            let another = try PlaneHouse.pack("other-pack@0.0.1")
            #expect(await code(another) == nil)
            #expect(
                try await house.management.releases().map(\.release.text) == ["other-pack@0.0.1", "linux-core@1.1.0"])
        }
    }

    @Test("a rollout is started, held, resumed and recalled; each act is on the record of operators' actions")
    func rollout() async throws {
        try await PlaneHouse.run { house in
            let release = try await house.management.publish(try PlaneHouse.pack())
            let terms = RolloutTerms(preset: "demo", lossBudget: 2)
            let started = try await house.management.startRollout(
                RolloutRequest(release: release.release, policy: terms))
            #expect(started.phase == "ramping" && started.cap == 2 && started.policy.lossBudget == 2)
            #expect(try await house.management.command(.hold, on: started.id, reason: "lunch").phase == "held")
            #expect(try await house.management.command(.resume, on: started.id, reason: "").phase == "ramping")
            let recalled = try await house.management.command(.recall, on: started.id, reason: "hole")
            #expect(recalled.phase == "recalled" && recalled.finishedAt != nil)
            let actions = try await house.management.operatorActions().actions.map(\.action)
            #expect(
                actions == ["release.publish", "rollout.start", "rollout.hold", "rollout.resume", "rollout.recall"])
            #expect(try await house.management.rollouts().map(\.id) == [started.id])
            #expect(try await house.management.ledger(of: started.id).rows.contains { $0.kind == "phase" })
            let missing = await refusal { _ = try await house.management.rollout(RolloutID(accepted: "r-9")) }
            #expect(missing?.status == 404)
        }
    }

    @Test("a customer's policy is set, shown, listed and removed, under any name, and each change is on the record")
    func customers() async throws {
        try await PlaneHouse.run { house in
            for name in ["acme", "*", "Zürich & 50% / Söhne"] {
                let policy: JSONValue = ["customer": .string(name), "rings": [["name": "all"]]]
                let set = try await house.management.setCustomer(name, policy: policy)
                #expect(try await house.management.customer(name) == set)
            }
            #expect(try await house.management.customers().map(\.name) == ["*", "Zürich & 50% / Söhne", "acme"])
            let invalid = await refusal {
                _ = try await house.management.setCustomer("x", policy: ["customer": "y", "rings": []])
            }
            #expect(invalid?.serverCode == "customer.invalid" && invalid?.status == 400)
            _ = try await house.management.removeCustomer("acme", reason: "left")
            let missing = await refusal { _ = try await house.management.removeCustomer("acme", reason: "left") }
            #expect(missing?.status == 404)
            let actions = try await house.management.operatorActions().actions
            #expect(actions.map(\.action) == ["customer.set", "customer.set", "customer.set", "customer.remove"])
            #expect(actions.last?.detail == "left")
            #expect(actions.first?.detail.contains("proven_share") == true)
        }
    }

    @Test("a rollout is started with a whole policy, tells it where asked, and explains itself")
    func policyDocument() async throws {
        try await PlaneHouse.run { house in
            let release = try await house.management.publish(try PlaneHouse.pack())
            var policy = RolloutPolicy.demo
            policy.name = "mine"
            policy.cohortBy = ["kernel"]
            let document = try CodableJSON.value(of: policy)
            let started = try await house.management.startRollout(
                RolloutRequest(release: release.release, document: document))
            #expect(started.policy.preset == "mine" && started.document == nil && started.lane == "normal")
            let shown = try #require(try await house.management.rollout(started.id, withPolicy: true).document)
            #expect(try CodableJSON.decode(RolloutPolicy.self, from: shown) == policy)
            let gate = try await house.management.explanation(of: started.id)
            #expect(gate.cap.value == 4 && gate.cap.limit == "evidence" && gate.evidence.toHalt == 1000)
            #expect(
                gate.headline
                    == "Nobody waits: 0 exposures are open, and no endpoint that was heard of waits for an offer.")
        }
    }

    @Test("parameters and bodies out of their bounds are refused with what would be taken")
    func parameters() async throws {
        try await PlaneHouse.run { house in
            let token = try String(contentsOfFile: house.folder.file("control/operator.token"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            for path in [
                "\(Routes.endpoints)?limit=0", "\(Routes.alerts)?wait_ms=999999", "\(Routes.alerts)?after=x",
                "\(Routes.endpoints)/zz", "\(Routes.rollouts)/../x",
            ] {
                let answer = try await house.ask(.GET, path, bearer: token)
                #expect((400..<500).contains(answer.status), "\(path) \(answer.status)")
                #expect(answer.text.contains("next_step"), "\(path)")
            }
            let json = try await house.ask(
                .POST, Routes.rollouts, bearer: token, type: Routes.MediaType.json, body: Array("{".utf8))
            #expect(json.status == 400)
            let long = try await house.ask(
                .POST, Routes.endpoints, bearer: token, type: Routes.MediaType.json,
                body: Array("{\"name\":\"\(String(repeating: "n", count: 600))\"}".utf8))
            #expect(long.status == 400)
        }
    }

    @Test("an alert ends the long poll that waits for it")
    func longPoll() async throws {
        try await PlaneHouse.run { house in
            var agent = try await house.enrol(1)
            let management = house.management
            let poll = Task { try await management.alerts(after: 0, wait: .seconds(30)) }
            _ = try await eventually("the poll waits") { house.plane.driver.alertBell.waiterCount == 1 ? true : nil }
            agent.alerts = [AlertReport(sequence: 1, finding: FleetDriverAlertTests.finding("one"))]
            let reply = try await house.checkIn(&agent)
            #expect(reply.directive?.alertsAcknowledged == 1)
            #expect(try await poll.value.alerts.map(\.title) == ["one"])
        }
    }

    @Test("a shutdown in good order does not wait for long polls")
    func shutdownEndsPolls() async throws {
        // One that waits takes the poll's half a minute each time; a machine may be that busy once.
        for _ in 0..<3 {
            let (poll, began) = try await PlaneHouse.run { house in
                let management = house.management
                let driver = house.plane.driver
                let poll = Task { try? await management.alerts(after: 0, wait: .seconds(30)) }
                _ = try await eventually("the poll waits") { driver.alertBell.waiterCount == 1 ? true : nil }
                return (poll, ContinuousClock.now)
            }
            _ = await poll.value
            if ContinuousClock.now - began < .seconds(25) { return }
        }
        Issue.record("no shutdown of three ended before its poll")
    }
}

@Suite("Status page over TLS")
struct PageRoutesTests {
    @Test("the page needs no token on this machine, loads nothing, and escapes what endpoints say")
    func page() async throws {
        try await PlaneHouse.run { house in
            _ = try await house.management.addEndpoint(name: "<script>alert(1)</script>")
            let page = try await house.ask(.GET, Routes.page)
            #expect(page.status == 200)
            #expect(page.headers.first(name: "content-security-policy")?.contains("default-src 'none'") == true)
            #expect(!page.text.contains("<script>alert(1)"))
            #expect(page.text.contains("&lt;script&gt;alert(1)"))
        }
    }

    @Test("the probe is well while the store can be written")
    func health() async throws {
        try await PlaneHouse.run { house in
            let answer = try await house.ask(.GET, Routes.health)
            #expect(answer.status == 200)
        }
    }
}
