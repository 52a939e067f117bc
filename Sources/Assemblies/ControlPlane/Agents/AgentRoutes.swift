import ControlWire
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// What agents ask: check-ins and packs.
struct AgentRoutes: Sendable {
    let driver: FleetDriver
    let credentials: CredentialTable
    let packs: PackShelf
    let log: RefusalLog

    func add(to router: Router<ControlContext>) {
        router.post(RouterPath(Routes.opamp)) { request, context in try await checkIn(request, context) }
        router.get(RouterPath("\(Routes.packs)/:digest")) { request, context in try await pack(request, context) }
        router.get(RouterPath("\(Routes.packs)/:digest/log-index")) { request, context in
            let digest = try await fetchable(request, context)
            guard let index = try await driver.logIndex(of: digest) else {
                throw ControlRefusal.notFound("log entry of \(digest)", list: "the public log")
            }
            return HTTPExchange.answer(Array("\(index)\n".utf8), "text/plain; charset=utf-8")
        }
    }

    private func checkIn(_ request: Request, _ context: ControlContext) async throws -> Response {
        try HTTPExchange.require(Routes.MediaType.protobuf, of: request)
        guard let authorization = request.headers[.authorization].flatMap({ AgentAuthorization(header: $0) }) else {
            throw ControlRefusal.authorizationMissing
        }
        let reply: ServerReply
        switch authorization {
        case .enrolment(let secret):
            // Before its body is read: whoever does not know the secret makes the server hold nothing.
            guard driver.enrolmentSecret.matches(secret) else { throw ControlRefusal.badSecret }
            reply = try await driver.enrol(try await Self.read(request), secret: secret)
        case .credential(let credential):
            let bearer = try bearer(of: credential)
            let message = try await Self.read(request)
            guard bearer.origin == .minted || bearer.endpoint == message.endpoint else {
                throw ControlRefusal(
                    .credentialForeign, "this credential is not that of endpoint \(message.endpoint)",
                    next: "Let the endpoint use the credential that it got when it enrolled.")
            }
            let prepared = PreparedCheckIn(message, from: bearer.endpoint) { error in
                log.note(ControlRefusal(error), path: Routes.opamp, who: bearer.endpoint.text, at: driver.clock.now)
            }
            reply = try await driver.checkIn(prepared, of: bearer.endpoint)
        }
        return HTTPExchange.answer(try reply.encoded(), Routes.MediaType.protobuf)
    }

    private static func read(_ request: Request) async throws -> AgentCheckIn {
        try AgentCheckIn(
            decoding: try await HTTPExchange.body(of: request, bytesMax: ControlWireLimit.requestBytesMax))
    }

    private func bearer(of credential: String) throws(ControlRefusal) -> CredentialTable.Bearer {
        guard let bearer = credentials.bearer(of: CredentialKey(Secret.digest(of: credential))) else {
            throw ControlRefusal.badCredential
        }
        guard !bearer.isRevoked else { throw ControlRefusal.revoked }
        return bearer
    }

    private func pack(_ request: Request, _ context: ControlContext) async throws -> Response {
        HTTPExchange.answer(try await packs.pack(try await fetchable(request, context)), Routes.MediaType.pack)
    }

    /// The pack that the path names, when the endpoint that asks may have it.
    private func fetchable(_ request: Request, _ context: ControlContext) async throws -> Digest {
        guard
            case .credential(let credential)? = request.headers[.authorization].flatMap({
                AgentAuthorization(header: $0)
            })
        else { throw ControlRefusal.authorizationMissing }
        let bearer = try bearer(of: credential)
        let digest: Digest = try HTTPExchange.identifier(try context.parameters.require("digest"))
        try await driver.mayFetch(digest, bearer.endpoint)
        return digest
    }
}
