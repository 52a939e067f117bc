import ControlClient
import ControlWire
import FleetModel
import NIOHTTP1
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Agents over TLS")
struct AgentRoutesTests {
    @Test("an endpoint enrols, gets a credential of its own, and is in the fleet")
    func enrolment() async throws {
        try await PlaneHouse.run { house in
            let agent = try await house.enrol(1)
            let shown = try await house.management.endpoint(agent.endpoint)
            #expect(shown.service == EndpointDescription.agentService)
            #expect(shown.name == agent.description.hostName)
            #expect(shown.isWell && shown.lastSeenAt != nil)
            #expect(try await house.management.status().endpointCount == 1)
        }
    }

    @Test("an enrolment whose reply was lost may be repeated until the credential was used, and no longer")
    func lostEnrolmentReply() async throws {
        try await PlaneHouse.run { house in
            var agent = TestAgent(number: 1)
            let lost = try #require(try await house.agents.checkIn(agent.hello, authorization: house.secret).credential)
            agent.credential = try #require(
                try await house.agents.checkIn(agent.hello, authorization: house.secret).credential)
            #expect(lost != agent.credential)
            let old = await refusal {
                _ = try await house.agents.checkIn(agent.hello, authorization: .credential(lost))
            }
            #expect(old?.status == 401)
            try await house.checkIn(&agent)
            let again = await refusal { _ = try await house.agents.checkIn(agent.hello, authorization: house.secret) }
            #expect(again?.serverCode == "enrolment.done")
            #expect(again?.nextStep.isEmpty == false)
            try await house.checkIn(&agent)
        }
    }

    @Test("a wrong secret, a forged credential, another endpoint's and a revoked one are refused with what to do")
    func credentials() async throws {
        try await PlaneHouse.run { house in
            var agent = try await house.enrol(1)
            let other = try await house.enrol(2)
            func code(_ message: AgentCheckIn, _ authorization: AgentAuthorization) async -> String? {
                let error = await refusal { _ = try await house.agents.checkIn(message, authorization: authorization) }
                #expect(error?.status == 401)
                return error?.serverCode
            }
            #expect(await code(TestAgent(number: 3).hello, .enrolment("guessed")) == "enrolment.secret_wrong")
            #expect(await code(agent.next(), .credential("forged")) == "credential.unknown")
            #expect(await code(agent.next(), .credential(other.credential)) == "credential.foreign")
            _ = try await house.management.revoke(agent.endpoint, reason: "stolen")
            #expect(await code(agent.next(), .credential(agent.credential)) == "credential.revoked")
            let secret = try house.secret
            #expect(await code(agent.hello, secret) == "credential.revoked")
            #expect(try await house.management.endpoint(agent.endpoint).revokedAt != nil)
        }
    }

    @Test("garbage, too much, another type and no authorization are refused, each with its status")
    func badRequests() async throws {
        try await PlaneHouse.run { house in
            let agent = try await house.enrol(1)
            let protobuf = Routes.MediaType.protobuf
            let garbage = try await house.ask(
                .POST, Routes.opamp, bearer: agent.credential, type: protobuf, body: Array(repeating: 0xFF, count: 500))
            #expect(garbage.status == 400)
            #expect(garbage.text.contains("message.malformed") && garbage.text.contains("next_step"))
            let empty = try await house.ask(.POST, Routes.opamp, bearer: agent.credential, type: protobuf, body: [])
            #expect(empty.status == 400)
            let oversized = try await house.ask(
                .POST, Routes.opamp, bearer: agent.credential, type: protobuf,
                body: Array(repeating: 0, count: ControlWireLimit.requestBytesMax + 1))
            #expect(oversized.status == 413)
            let json = try await house.ask(
                .POST, Routes.opamp, bearer: agent.credential, type: "application/json", body: Array("{}".utf8))
            #expect(json.status == 415)
            let nobody = try await house.ask(.POST, Routes.opamp, headers: [("content-type", protobuf)], body: [])
            #expect(nobody.status == 401)
            let elsewhere = try await house.ask(.GET, "/v2/opamp")
            #expect(elsewhere.status == 404)
        }
    }

    @Test("a body whose length nobody announced is cut off at the same bound")
    func chunked() async throws {
        try await PlaneHouse.run { house in
            let agent = try await house.enrol(1)
            let answer = try await house.ask(
                .POST, Routes.opamp,
                headers: [
                    ("authorization", "Bearer \(agent.credential)"), ("content-type", Routes.MediaType.protobuf),
                    ("transfer-encoding", "chunked"),
                ], body: Array(repeating: 0, count: ControlWireLimit.requestBytesMax + 1))
            #expect(answer.status == 413)
        }
    }

    @Test("a pack is given to whom it was offered, to nobody before, and to nobody after its recall")
    func packs() async throws {
        try await PlaneHouse.run { house in
            var agent = try await house.enrol(1)
            let authorization = AgentAuthorization.credential(agent.credential)
            let bytes = try PlaneHouse.pack()
            let release = try await house.management.publish(bytes)
            func fetch() async -> ClientError? {
                await refusal {
                    let pack = try await house.agents.pack(
                        release.digest, authorization: authorization, deadline: .minutes(1))
                    #expect(pack == bytes)
                }
            }
            #expect(await fetch()?.serverCode == "pack.not_offered")
            let rollout = try await house.management.startRollout(RolloutRequest(release: release.release))
            let offers = try await house.checkIn(&agent).offers
            #expect(offers?.map(\.digest) == [release.digest])
            #expect(offers?.first?.signature.count == 64)
            #expect(await fetch() == nil)
            let stranger = await refusal {
                _ = try await house.agents.pack(
                    release.digest, authorization: .credential("forged"), deadline: .minutes(1))
            }
            #expect(stranger?.status == 401)
            _ = try await house.management.command(.recall, on: rollout.id, reason: "test")
            #expect(await fetch()?.serverCode == "pack.recalled")
            let directive = try await house.checkIn(&agent).directive
            #expect(directive?.recalls.map(\.release) == [release.release])
        }
    }

    @Test("a client of another make, with a credential that an operator minted, is understood and listed")
    func minted() async throws {
        try await PlaneHouse.run { house in
            let minted = try await house.management.addEndpoint(name: "collector")
            let instance = TestAgent(number: 77).endpoint
            for sequence in UInt64(1)...3 {
                let message = AgentCheckIn(
                    endpoint: instance, sequence: sequence, capabilities: .reportsStatus,
                    description: sequence == 1
                        ? EndpointDescription(
                            service: "otelcol", hostName: "h", cohort: TestAgent(number: 1).description.cohort)
                        : nil)
                let reply = try await house.agents.checkIn(message, authorization: .credential(minted.credential))
                #expect(reply.endpoint == instance && reply.failure == nil)
            }
            let listed = try await house.management.endpoints()
            #expect(listed.map(\.name) == ["collector"])
            #expect(listed.first?.service == "otelcol" && listed.first?.lastSeenAt != nil)
        }
    }
}
