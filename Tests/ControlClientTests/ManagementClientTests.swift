import ControlWire
import FleetModel
import Foundation
import NIOHTTP1
import Testing

@testable import ControlClient

@Suite("Operator's client", .timeLimit(.minutes(5)))
struct ManagementClientTests {
    private static let endpoint = EndpointID(accepted: "000102030405060708090a0b0c0d0e0f")
    private static let rollout = RolloutID(accepted: "r-000001")
    private static let now = Moment(milliseconds: 1_795_000_000_123)

    private static let status = ControlStatus(
        version: "0.1.0", startedAt: now, now: now, endpointCount: 1, endpointsReporting: 1, endpointsHealthy: 1,
        releaseCount: 0, rolloutsActive: 0, alertCount: 0, lastAlertSequence: 0, recallRevision: 0)

    private func withClient(
        answering answer: @escaping @Sendable (TestServer.Request) -> TestServer.Answer,
        _ body: (ManagementClient, TestServer) async throws -> Void
    ) async throws {
        let fixture = try CertificateFixture()
        let server = try await TestServer(fixture, answer: answer)
        let client = try ManagementClient(
            address: ControlAddress("https://127.0.0.1:\(server.port)"), caFile: fixture.authorityFile(),
            token: "t0ken")
        try await body(client, server)
        await client.close()
        try await server.stop()
    }

    private static func json(_ value: some Encodable, status: Int = 200) -> TestServer.Answer {
        guard let body = try? ManagementJSON.encode(value) else { return .whole(status: 500) }
        return .whole(status: status, headers: [("content-type", "application/json")], body: body)
    }

    @Test("every call goes to its route with the operator's token")
    func routes() async throws {
        try await withClient(answering: { _ in .whole(status: 404) }) { client, server in
            _ = try? await client.status()
            _ = try? await client.publish([1, 2, 3])
            _ = try? await client.releases()
            _ = try? await client.startRollout(RolloutRequest(release: ReleaseID(accepted: "a@1.0.0")))
            _ = try? await client.rollouts()
            _ = try? await client.rollout(Self.rollout)
            _ = try? await client.command(.recall, on: Self.rollout, reason: "why")
            _ = try? await client.ledger(of: Self.rollout, after: 5, limit: 10)
            _ = try? await client.endpointPage()
            _ = try? await client.endpoint(Self.endpoint)
            _ = try? await client.addEndpoint(name: "x")
            _ = try? await client.revoke(Self.endpoint, reason: "why")
            _ = try? await client.alerts(after: 3, limit: 4, wait: .seconds(1))
            _ = try? await client.operatorActions()
            #expect(
                server.requests.map { "\($0.method) \($0.target)" } == [
                    "GET /api/v1/status", "POST /api/v1/releases", "GET /api/v1/releases", "POST /api/v1/rollouts",
                    "GET /api/v1/rollouts", "GET /api/v1/rollouts/r-000001", "POST /api/v1/rollouts/r-000001/recall",
                    "GET /api/v1/rollouts/r-000001/ledger?limit=10&after=5", "GET /api/v1/endpoints?limit=200",
                    "GET /api/v1/endpoints/\(Self.endpoint)", "POST /api/v1/endpoints",
                    "POST /api/v1/endpoints/\(Self.endpoint)/revoke", "GET /api/v1/alerts?limit=4&after=3&wait_ms=1000",
                    "GET /api/v1/operator-actions?limit=200&after=0",
                ])
            #expect(server.requests.allSatisfy { $0.headers["authorization"] == ["Bearer t0ken"] })
            #expect(server.requests[1].body == [1, 2, 3])
            #expect(server.requests[6].body == Array("{\"reason\":\"why\"}".utf8))
        }
    }

    @Test("an answer is read, and what is no answer is malformed")
    func answers() async throws {
        try await withClient(answering: { request in
            request.target == Routes.status ? Self.json(Self.status) : .whole(status: 200, body: Array("<html>".utf8))
        }) { client, _ in
            let status = try await client.status()
            #expect(status == Self.status)
            let error = await #expect(throws: ClientError.self) { try await client.releases() }
            #expect(error?.code == .malformed)
        }
    }

    @Test("a refusal carries code, message and next step; a status says which kind it is")
    func refusals() async throws {
        let kinds: [(Int, ClientError.Code)] = [
            (400, .refused), (401, .unauthorized), (403, .unauthorized), (404, .refused), (409, .refused),
            (413, .refused), (500, .failed), (503, .failed),
        ]
        for (status, code) in kinds {
            let body = ErrorBody(
                code: "rollout.already_running", message: "one is on its way", nextStep: "Wait for it.")
            try await withClient(answering: { _ in Self.json(body, status: status) }) { client, _ in
                let error = await #expect(throws: ClientError.self) { try await client.rollouts() }
                #expect(error?.code == code, "\(status)")
                #expect(error?.serverCode == "rollout.already_running" && error?.nextStep == "Wait for it.")
            }
        }
    }

    @Test("all endpoints are read page by page, each once")
    func pages() async throws {
        let ids = (1...3).map { EndpointID(accepted: String(repeating: "\($0)", count: 32)) }
        let rows = ids.map { id in
            EndpointSummary(
                id: id, name: "n", service: "s", cohort: CohortAttributes(attributes: [:]), health: nil,
                enrolledAt: Self.now)
        }
        try await withClient(answering: { request in
            let index = ids.firstIndex { request.target.hasSuffix("after=\($0)") }.map { $0 + 1 } ?? 0
            return Self.json(EndpointPage(endpoints: [rows[index]], next: index < 2 ? ids[index] : nil))
        }) { client, server in
            let endpoints = try await client.endpoints()
            #expect(endpoints == rows)
            #expect(server.requests.count == 3)
        }
    }

    @Test("a long poll may take its wait on top of the deadline")
    func longPoll() async throws {
        try await withClient(answering: { _ in Self.json(AlertPage(alerts: [], next: 7)) }) { client, _ in
            let page = try await client.alerts(after: 7, wait: .seconds(20))
            #expect(page.next == 7)
        }
    }

    @Test("a client that nobody closed closes itself")
    func forgotten() async throws {
        let fixture = try CertificateFixture()
        let server = try await TestServer(fixture) { _ in Self.json(Self.status) }
        do {
            let client = try ManagementClient(
                address: ControlAddress("https://127.0.0.1:\(server.port)"), caFile: fixture.authorityFile(),
                token: "t0ken")
            _ = try await client.status()
        }
        try await server.stop()
    }

    @Test("the token comes from its file; without one, or with one that is none, nothing is sent")
    func tokens() throws {
        let caFile = try CertificateFixture().authorityFile()
        func client(_ token: String?) throws(ClientError) -> ManagementClient {
            let file = caFile + ".token"
            if let token { try? token.write(toFile: file, atomically: true, encoding: .utf8) }
            return try ManagementClient(
                control: "https://127.0.0.1:1", certificateAuthorityFile: caFile,
                operatorTokenFile: token == nil ? "/nonexistent" : file)
        }
        _ = try client(" t0ken\n")
        for bad in [nil, "", "two words", "line\nbreak"] {
            let error = #expect(throws: ClientError.self) { try client(bad) }
            #expect(error?.code == .badInput)
        }
    }
}
