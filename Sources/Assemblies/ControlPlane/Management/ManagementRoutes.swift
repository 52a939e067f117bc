import CanonicalCoding
import ControlWire
import FleetModel
import Foundation
import HTTPTypes
import Hummingbird
import RolloutEngine

/// The JSON API for operators and their tools: decode, call, encode.
struct ManagementRoutes: Sendable {
    let driver: FleetDriver
    let publisher: ReleasePublisher
    let token: Secret

    func add(to router: Router<ControlContext>) {
        let api = router.group().add(middleware: OperatorMiddleware(token: token))
        api.get(RouterPath(Routes.status)) { _, _ in
            try HTTPExchange.json(try await driver.status(version: ControlPlane.version))
        }
        addReleases(to: api)
        addRollouts(to: api)
        addEndpoints(to: api)
        addCustomers(to: api)
        api.get(RouterPath(Routes.alerts)) { request, _ in
            let after = try Self.after(request)
            let limit = try Self.limit(request, most: ControlWireLimit.alertPageCountMax)
            let wait = try HTTPExchange.number(
                Routes.Parameter.wait, of: request, standard: 0, in: 0...ControlWireLimit.waitMillisecondsMax)
            return try HTTPExchange.json(
                try await driver.alertPage(after: after, limit: limit, wait: .milliseconds(wait)))
        }
        api.get(RouterPath(Routes.operatorActions)) { request, _ in
            try HTTPExchange.json(
                try await driver.actionPage(after: try Self.after(request), limit: try Self.limit(request)))
        }
    }

    private func addReleases(to api: RouterGroup<ControlContext>) {
        api.get(RouterPath(Routes.releases)) { _, _ in try HTTPExchange.json(await driver.releaseList()) }
        api.post(RouterPath(Routes.releases)) { request, _ in
            try HTTPExchange.require(Routes.MediaType.pack, of: request)
            let bytes = try await HTTPExchange.body(of: request, bytesMax: ControlWireLimit.packBytesMax)
            let policy = try Self.publishingPolicy(request, standard: driver.preset.rollouts)
            return try HTTPExchange.json(try await publisher.publish(bytes, under: policy), status: .created)
        }
        api.post(RouterPath(Routes.labResults)) { request, _ in
            try HTTPExchange.require(Routes.MediaType.json, of: request)
            let bytes = try await HTTPExchange.body(of: request, bytesMax: ControlWireLimit.labResultBytesMax)
            return try HTTPExchange.json(try await publisher.keepLabResult(bytes), status: .created)
        }
        api.get(RouterPath("\(Routes.labResults)/:digest")) { _, context in
            let digest: Digest = try HTTPExchange.identifier(try context.parameters.require("digest"))
            return HTTPExchange.answer(try await driver.labStatement(of: digest), Routes.MediaType.json)
        }
    }

    private func addRollouts(to api: RouterGroup<ControlContext>) {
        api.get(RouterPath(Routes.rollouts)) { _, _ in try HTTPExchange.json(await driver.rolloutList()) }
        api.post(RouterPath(Routes.rollouts)) { request, _ in
            let wanted: RolloutRequest = try await Self.read(request)
            return try HTTPExchange.json(try await driver.start(wanted), status: .created)
        }
        api.get(RouterPath("\(Routes.rollouts)/:id")) { request, context in
            let isFull = request.uri.queryParameters[Substring(Routes.Parameter.policy)] == "full"
            return try HTTPExchange.json(try await driver.rollout(try Self.id(context), withPolicy: isFull))
        }
        api.get(RouterPath("\(Routes.rollouts)/:id/ledger")) { request, context in
            try HTTPExchange.json(
                try await driver.ledger(
                    of: try Self.id(context), after: try Self.after(request), limit: try Self.limit(request)))
        }
        api.get(RouterPath("\(Routes.rollouts)/:id/explain")) { _, context in
            try HTTPExchange.json(try await driver.explanation(of: try Self.id(context)))
        }
        for command in Routes.RolloutCommand.allCases {
            api.post(RouterPath("\(Routes.rollouts)/:id/\(command.rawValue)")) { request, context in
                let id: RolloutID = try Self.id(context)
                let reason = try await Self.reason(request)
                return try HTTPExchange.json(try await driver.command(command, on: id, reason: reason))
            }
        }
    }

    private func addEndpoints(to api: RouterGroup<ControlContext>) {
        api.get(RouterPath(Routes.endpoints)) { request, _ in
            let after: EndpointID? = try request.uri.queryParameters[Substring(Routes.Parameter.after)].map {
                try HTTPExchange.identifier(String($0))
            }
            return try HTTPExchange.json(await driver.endpointPage(after: after, limit: try Self.limit(request)))
        }
        api.post(RouterPath(Routes.endpoints)) { request, _ in
            let wanted: EndpointRequest = try await Self.read(request)
            let name = try Self.operatorText(wanted.name, what: "name", isNeeded: true)
            return try HTTPExchange.json(try await driver.mint(name: name), status: .created)
        }
        api.get(RouterPath("\(Routes.endpoints)/:id")) { _, context in
            try HTTPExchange.json(try await driver.endpoint(try Self.id(context)))
        }
        api.post(RouterPath("\(Routes.endpoints)/:id/revoke")) { request, context in
            let id: EndpointID = try Self.id(context)
            return try HTTPExchange.json(try await driver.revoke(id, reason: try await Self.reason(request)))
        }
    }

    private func addCustomers(to api: RouterGroup<ControlContext>) {
        api.get(RouterPath(Routes.customers)) { _, _ in try HTTPExchange.json(try await driver.customerList()) }
        api.get(RouterPath("\(Routes.customers)/:name")) { _, context in
            try HTTPExchange.json(try await driver.customer(try Self.name(context)))
        }
        api.put(RouterPath("\(Routes.customers)/:name")) { request, context in
            let name = try Self.name(context)
            let document: JSONValue = try await Self.read(request)
            return try HTTPExchange.json(try await driver.setCustomer(name, document: document))
        }
        api.delete(RouterPath("\(Routes.customers)/:name")) { request, context in
            let name = try Self.name(context)
            let hasBody = request.headers[.contentLength].flatMap { Int($0) } ?? 0 > 0
            let reason = hasBody ? try await Self.reason(request) : ""
            return try HTTPExchange.json(try await driver.removeCustomer(name, reason: reason))
        }
    }

    // MARK: - Parts of a request

    /// The policy that a publication names, else the control plane's own.
    private static func publishingPolicy(_ request: Request, standard: RolloutPolicy) throws -> RolloutPolicy {
        func parameter(_ name: String) throws -> String? {
            try request.uri.queryParameters[Substring(name)].map {
                try operatorText(String($0), what: name, isNeeded: true)
            }
        }
        var terms = RolloutTerms()
        let name = try parameter(Routes.Parameter.policy)
        terms.labResult = try parameter(Routes.Parameter.labResult)
        // A policy of the operator's own has a name that is not known here, and its word beside it.
        let isOwn = name.map { ControlPreset.named[$0] == nil } ?? false
        if !isOwn || terms.labResult == nil { terms.preset = name }
        var policy = try RolloutPolicy(changing: standard, by: terms)
        if isOwn, let name { policy.name = name }
        return policy
    }

    /// A customer's name: text of the operator's own, percent-encoded in the path.
    private static func name(_ context: ControlContext) throws -> String {
        let text = try context.parameters.require("name")
        guard let name = text.removingPercentEncoding, !name.isEmpty else {
            throw ControlRefusal(
                .requestIdentifier, "\"\(text.prefix(80))\" is no percent-encoded name",
                next: "Check the path of the request.")
        }
        return name
    }

    private static func id<ID: TextIdentifier>(_ context: ControlContext) throws -> ID {
        try HTTPExchange.identifier(try context.parameters.require("id"))
    }

    private static func after(_ request: Request) throws(ControlRefusal) -> Int64 {
        try HTTPExchange.number(Routes.Parameter.after, of: request, standard: 0, in: 0...Int64.max)
    }

    private static func limit(_ request: Request, most: Int = ControlWireLimit.pageCountMax) throws(ControlRefusal)
        -> Int
    {
        let standard = min(ControlWireLimit.pageCountDefault, most)
        return Int(
            try HTTPExchange.number(
                Routes.Parameter.limit, of: request, standard: Int64(standard), in: 1...Int64(most)))
    }

    private static func read<Value: Decodable>(_ request: Request) async throws -> Value {
        try HTTPExchange.require(Routes.MediaType.json, of: request)
        let bytes = try await HTTPExchange.body(of: request, bytesMax: ControlWireLimit.managementRequestBytesMax)
        return try ManagementJSON.decode(Value.self, from: bytes)
    }

    private static func reason(_ request: Request) async throws -> String {
        let wanted: ReasonRequest = try await read(request)
        return try operatorText(wanted.reason, what: "reason", isNeeded: false)
    }

    private static func operatorText(_ text: String, what: String, isNeeded: Bool) throws(ControlRefusal) -> String {
        guard text.utf8.count <= ControlWireLimit.operatorTextBytesMax, !isNeeded || !text.isEmpty else {
            throw ControlRefusal(
                400, ControlWireError.Code.tooLong.rawValue, "the \(what) has \(text.utf8.count) bytes",
                next: "Give at least 1 and at most \(ControlWireLimit.operatorTextBytesMax) bytes.")
        }
        return text
    }
}

/// Lets nobody pass who does not show the operator token.
struct OperatorMiddleware: RouterMiddleware {
    typealias Context = ControlContext

    let token: Secret

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    )
        async throws -> Response
    {
        guard Self.isOperator(request, token: token) else { throw ControlRefusal.badToken }
        return try await next(request, context)
    }

    static func isOperator(_ request: Request, token: Secret) -> Bool {
        guard case .credential(let shown)? = request.headers[.authorization].flatMap({ AgentAuthorization(header: $0) })
        else { return false }
        return token.matches(shown)
    }
}
