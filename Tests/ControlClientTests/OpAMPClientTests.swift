import ControlWire
import FleetModel
import Foundation
import NIOHTTP1
import Testing

@testable import ControlClient

@Suite("Agent's client", .timeLimit(.minutes(5)))
struct OpAMPClientTests {
    static let endpoint = EndpointID(accepted: "000102030405060708090a0b0c0d0e0f")
    static let digest = Digest(accepted: String(repeating: "ab", count: 32))
    static let checkIn = AgentCheckIn(endpoint: endpoint, sequence: 1)

    /// A server, a client that trusts it, and the end of both.
    private func withClient(
        answering answer: @escaping @Sendable (TestServer.Request) -> TestServer.Answer,
        _ body: (OpAMPClient, TestServer) async throws -> Void
    ) async throws {
        let fixture = try CertificateFixture()
        let server = try await TestServer(fixture, answer: answer)
        let client = try OpAMPClient(
            address: ControlAddress("https://127.0.0.1:\(server.port)"), caFile: fixture.authorityFile())
        try await body(client, server)
        await client.close()
        try await server.stop()
    }

    private func failure(_ body: () async throws -> some Sendable) async -> ClientError? {
        await #expect(throws: ClientError.self) { _ = try await body() }
    }

    private func code(_ body: () async throws -> some Sendable) async -> ClientError.Code? {
        await failure(body)?.code
    }

    private static func reply(to request: TestServer.Request) -> TestServer.Answer {
        guard let checkIn = try? AgentCheckIn(decoding: request.body),
            let bytes = try? ServerReply(endpoint: checkIn.endpoint, wantsFullState: true).encoded()
        else { return .whole(status: 400) }
        return .whole(status: 200, body: bytes)
    }

    @Test("a check-in is a POST of protobuf with the agent's authorization, and its reply comes back read")
    func checkIn() async throws {
        try await withClient(answering: Self.reply) { client, server in
            let reply = try await client.checkIn(Self.checkIn, authorization: .enrolment("s3cret"))
            #expect(reply == ServerReply(endpoint: Self.endpoint, wantsFullState: true))
            let request = try #require(server.requests.first)
            #expect(request.method == "POST" && request.target == "/v1/opamp")
            #expect(request.headers.first(name: "authorization") == "Enrolment s3cret")
            #expect(request.headers.first(name: "content-type") == "application/x-protobuf")
            #expect(try AgentCheckIn(decoding: request.body) == Self.checkIn)
        }
    }

    @Test("check-ins share one connection")
    func keepAlive() async throws {
        try await withClient(answering: Self.reply) { client, server in
            for _ in 0..<5 { _ = try await client.checkIn(Self.checkIn, authorization: .credential("c")) }
            #expect(server.requests.count == 5)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("a server whose certificate is from another CA is refused, and hears no secret")
    func wrongAuthority() async throws {
        let server = try await TestServer(CertificateFixture(), answer: Self.reply)
        let client = try OpAMPClient(
            address: ControlAddress("https://127.0.0.1:\(server.port)"), caFile: CertificateFixture().authorityFile())
        #expect(
            await code {
                try await client.checkIn(Self.checkIn, authorization: .enrolment("s3cret"))
            } == .untrusted)
        #expect(server.requests.isEmpty)
        await client.close()
        try await server.stop()
    }

    @Test("a certificate of the right CA for another address is refused")
    func wrongAddress() async throws {
        let fixture = try CertificateFixture(address: [192, 0, 2, 1])
        let server = try await TestServer(fixture, answer: Self.reply)
        let client = try OpAMPClient(
            address: ControlAddress("https://127.0.0.1:\(server.port)"), caFile: fixture.authorityFile())
        #expect(
            await code {
                try await client.checkIn(Self.checkIn, authorization: .credential("c"))
            } == .untrusted)
        #expect(server.requests.isEmpty)
        await client.close()
        try await server.stop()
    }

    @Test("a CA file that is no certificate is refused before anything is sent")
    func badAuthorityFile() throws {
        let address = try ControlAddress("https://127.0.0.1:1")
        for path in ["/nonexistent/ca.pem", #filePath] {
            let error = #expect(throws: ClientError.self) { try OpAMPClient(address: address, caFile: path) }
            #expect(error?.code == .badInput)
        }
    }

    @Test("silence, and an answer that never ends, are given up at the deadline")
    func deadlines() async throws {
        for answer in [TestServer.Answer.silence, .unfinished] {
            try await withClient(answering: { _ in answer }) { client, _ in
                // Without the deadline it lasts until the suite's time limit.
                let code = await code {
                    try await client.checkIn(
                        Self.checkIn, authorization: .credential("c"), deadline: .milliseconds(200))
                }
                #expect(code == .timedOut)
            }
        }
    }

    @Test("an answer beyond its bound is given up, stated or not")
    func oversized() async throws {
        let long = [UInt8](repeating: 0, count: ControlWireLimit.replyBytesMax + 1)
        for answer in [TestServer.Answer.whole(status: 200, body: long), .endless] {
            try await withClient(answering: { _ in answer }) { client, _ in
                #expect(
                    await code {
                        try await client.checkIn(Self.checkIn, authorization: .credential("c"))
                    } == .oversized)
            }
        }
    }

    @Test("a pack comes as it is, and one beyond 32 MiB is given up")
    func packs() async throws {
        let pack = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try await withClient(answering: { request in
            request.target == Routes.pack(Self.digest) ? .whole(status: 200, body: pack) : .endless
        }) { client, server in
            let bytes = try await client.pack(
                Self.digest, authorization: .credential("c0ffee"), deadline: .minutes(4))
            #expect(bytes == pack)
            #expect(server.requests.first?.headers.first(name: "authorization") == "Bearer c0ffee")
            let other = Digest(accepted: String(repeating: "cd", count: 32))
            #expect(
                await code {
                    try await client.pack(other, authorization: .credential("c"), deadline: .minutes(4))
                } == .oversized)
        }
    }

    @Test("a reply that cannot be read, or is for another endpoint, is malformed")
    func malformed() async throws {
        let other = try ServerReply(endpoint: EndpointID(accepted: String(repeating: "f", count: 32))).encoded()
        for body in [[0xFF, 0xFF], other] {
            try await withClient(answering: { _ in .whole(status: 200, body: body) }) { client, _ in
                #expect(
                    await code {
                        try await client.checkIn(Self.checkIn, authorization: .credential("c"))
                    } == .malformed)
            }
        }
    }

    @Test("a refusal carries the server's code, words and patience")
    func refusals() async throws {
        let body = try ManagementJSON.encode(
            ErrorBody(code: "agent.revoked", message: "this endpoint was revoked", nextStep: "Enrol it anew."))
        try await withClient(answering: { _ in
            .whole(status: 401, headers: [("retry-after", "7")], body: body)
        }) { client, _ in
            let error = await failure { try await client.checkIn(Self.checkIn, authorization: .credential("c")) }
            #expect(error?.code == .unauthorized && error?.status == 401)
            #expect(error?.serverCode == "agent.revoked" && error?.nextStep == "Enrol it anew.")
            #expect(error?.retryAfter == .seconds(7))
        }
    }

    @Test("a redirect is not followed: a credential goes to one place only")
    func redirects() async throws {
        try await withClient(answering: { _ in
            .whole(status: 307, headers: [("location", "https://127.0.0.1:1/v1/opamp")])
        }) { client, server in
            #expect(
                await code {
                    try await client.checkIn(Self.checkIn, authorization: .credential("c"))
                } == .malformed)
            #expect(server.requests.count == 1)
        }
    }

    @Test("where nobody listens, or the server hangs up, the control plane is unreachable")
    func unreachable() async throws {
        try await withClient(answering: { _ in .hangUp }) { client, server in
            #expect(
                await code {
                    try await client.checkIn(Self.checkIn, authorization: .credential("c"))
                } == .unreachable)
            // A check-in is never sent twice by itself: the server may have acted on the first.
            #expect(server.requests.count == 1)
        }
        let fixture = try CertificateFixture()
        let server = try await TestServer(fixture, answer: Self.reply)
        let address = try ControlAddress("https://127.0.0.1:\(server.port)")
        try await server.stop()
        let client = try OpAMPClient(address: address, caFile: fixture.authorityFile())
        let error = await failure { try await client.checkIn(Self.checkIn, authorization: .credential("c")) }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("Connection refused") == true)
        #expect(error?.nextStep.contains("make run") == true)
        await client.close()
    }

    @Test("a check-in that breaks a bound is refused before it is sent")
    func ownBounds() async throws {
        try await withClient(answering: Self.reply) { client, server in
            var checkIn = Self.checkIn
            checkIn.report = CheckInReport(alerts: (1...65).map { AlertReport(sequence: $0, finding: []) })
            let large = checkIn
            #expect(
                await code {
                    try await client.checkIn(large, authorization: .credential("c"))
                } == .badInput)
            #expect(server.requests.isEmpty)
        }
    }
}

@Suite("Control address")
struct ControlAddressTests {
    @Test(
        "https with a host and a port is an address",
        arguments: [
            ("https://127.0.0.1:8443", "127.0.0.1", 8443), ("https://control.example", "control.example", 8443),
            ("https://control.example:443/", "control.example", 443), ("https://[::1]:9000", "[::1]", 9000),
        ])
    func good(text: String, host: String, port: Int) throws {
        let address = try ControlAddress(text)
        #expect(address.host == host && address.port == port)
        #expect(try ControlAddress(address.description) == address)
    }

    @Test(
        "anything else is none: credentials go to an https host and nowhere else",
        arguments: [
            "", "http://127.0.0.1:8443", "127.0.0.1:8443", "https://", "https://host:0", "https://host:99999",
            "https://host:x", "https://user@host", "https://host/path", "https://ho st", "https://a:b:1",
            "https://[::1", "https://" + String(repeating: "a", count: 256),
        ])
    func bad(text: String) {
        #expect(throws: ClientError.self) { try ControlAddress(text) }
    }
}
