import AsyncHTTPClient
import ContentPack
import ControlClient
import ControlWire
import FleetModel
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import TestSupport
import Testing
import UpdateTrust

@testable import ControlPlane

/// A control plane that listens on loopback with TLS, and clients for it.
struct PlaneHouse: Sendable {
    let folder: TemporaryFolder
    let plane: ControlPlane
    let address: ControlAddress
    let management: ManagementClient
    let agents: OpAMPClient

    static let signingKey = PackSigningKey(seed: Array(repeating: 7, count: 32))
    static let otherKey = PackSigningKey(seed: Array(repeating: 8, count: 32))

    /// Runs a control plane for as long as `body` runs.
    static func run<Value: Sendable>(
        in folder: TemporaryFolder? = nil, _ body: @Sendable (PlaneHouse) async throws -> Value
    ) async throws -> Value {
        let folder = try folder ?? TemporaryFolder("plane")
        let key = try #require(signingKey)
        let trusted = try #require(TrustedKey(publicKey: key.publicKey, comment: "test"))
        var configuration = ControlPlane.Configuration(
            dataFolder: folder.file("control"), trustedKeys: TrustedKeys(trusted))
        configuration.port = 0
        configuration.preset = .demo
        configuration.keepsLog = false
        configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let plane = try await ControlPlane(configuration)
        let group = ServiceGroup(
            services: [plane], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let house = try await PlaneHouse(folder: folder, plane: plane)
            let result: Result<Value, any Error>
            do { result = .success(try await body(house)) } catch { result = .failure(error) }
            await house.management.close()
            await house.agents.close()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    private init(folder: TemporaryFolder, plane: ControlPlane) async throws {
        self.folder = folder
        self.plane = plane
        let places = try await plane.places()
        address = try ControlAddress("https://\(try await plane.address())")
        management = try ManagementClient(
            address: address, caFile: places.caCertificate,
            token: String(decoding: try Data(contentsOf: URL(filePath: places.operatorToken)), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines))
        agents = try OpAMPClient(address: address, caFile: places.caCertificate)
    }

    var secret: AgentAuthorization {
        get throws {
            let text = try String(contentsOfFile: folder.file("control/enrolment.secret"), encoding: .utf8)
            return .enrolment(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    /// Enrols an agent and lets it check in once.
    func enrol(_ number: Int) async throws -> TestAgent {
        var agent = TestAgent(number: number)
        agent.credential = try #require(try await agents.checkIn(agent.hello, authorization: secret).credential)
        try await checkIn(&agent)
        return agent
    }

    @discardableResult
    func checkIn(_ agent: inout TestAgent) async throws -> ServerReply {
        let reply = try await agents.checkIn(agent.next(), authorization: .credential(agent.credential))
        agent.take(reply)
        return reply
    }

    /// A pack's file, signed by the key that the control plane trusts unless another is given.
    static func pack(_ release: String = "linux-core@1.0.0", notes: String = "", key: PackSigningKey? = nil) throws
        -> [UInt8]
    {
        let source = PackFile(name: "rules/a.yml", bytes: Array("title: A\n".utf8))
        let unsigned = try UnsignedPack(
            UnsignedPack.Draft(
                release: ReleaseID(accepted: release), schemaVersion: TelemetrySchema.version, releaseNotes: notes,
                rules: [
                    PackManifest.Rule(id: "a", title: "A", level: "low", status: "test", file: source.name, tags: [])
                ], program: Array("PROGRAM".utf8), costBound: 7, chaos: nil, files: [source]),
            digest: ContentDigest.sha256)
        return try #require(key ?? signingKey).sign(unsigned).bytes
    }

    /// One HTTP request as a stranger sends it: no client of ours with its good manners.
    func ask(
        _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> (status: Int, text: String, headers: HTTPHeaders) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(folder.file("control/ca.pem"))
        let client = HTTPClient(configuration: HTTPClient.Configuration(tlsConfiguration: tls))
        do {
            var request = HTTPClientRequest(url: "https://\(address.host):\(address.port)\(path)")
            request.method = method
            request.headers = HTTPHeaders(headers)
            if let body { request.body = .bytes(body) }
            let response = try await client.execute(request, timeout: .minutes(1))
            let answer = try await response.body.collect(upTo: 4 << 20)
            try await client.shutdown()
            return (Int(response.status.code), String(buffer: answer), response.headers)
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    func ask(_ method: HTTPMethod, _ path: String, bearer: String, type: String? = nil, body: [UInt8]? = nil)
        async throws -> (status: Int, text: String, headers: HTTPHeaders)
    {
        let types = type.map { [("content-type", $0)] } ?? []
        return try await ask(method, path, headers: [("authorization", "Bearer \(bearer)")] + types, body: body)
    }
}

/// The error that a call to the control plane ends in.
func refusal(_ body: () async throws -> Void) async -> ClientError? {
    do {
        try await body()
        return nil
    } catch { return error as? ClientError }
}
