package import CanonicalCoding
package import ControlWire
package import FleetModel
import Foundation
import NIOHTTP1

/// A person's or a program's side of the management API: one method for each call.
///
/// Every method throws ``ClientError`` with the server's own code, message and next step where it refused.
package struct ManagementClient: Sendable {
    private let connection: ControlConnection
    private let token: String

    /// How long a call may take; a long poll takes its wait on top.
    package static let callDeadline = Moment.Span.seconds(15)
    /// How long a publication may take: 32 MiB over a slow line, and the server's verification.
    package static let publishDeadline = Moment.Span.minutes(2)
    /// Pages that ``endpoints()`` reads: a million endpoints; beyond, a person wants another tool than a list.
    private static let pageCountMax = 1000

    /// - Parameters:
    ///   - caFile: The only CA that is trusted, PEM.
    ///   - token: The operator's token, as the control plane wrote it at its first start.
    package init(address: ControlAddress, caFile: String, token: String) throws(ClientError) {
        guard AgentAuthorization(header: AgentAuthorization.credential(token).header) != nil else {
            throw ClientError(
                .badInput, subject: "operator token", message: "it is empty or has characters that no token has",
                nextStep: "Name the file that the control plane wrote: var/control/operator.token.")
        }
        connection = try ControlConnection(address: address, caFile: caFile)
        self.token = token
    }

    /// The client from what an operator names: the control plane's URL, its CA file and the file with the token. White
    /// space around the token is ignored.
    package init(control: String, certificateAuthorityFile: String, operatorTokenFile: String) throws(ClientError) {
        let text: String
        do {
            text = try String(contentsOfFile: operatorTokenFile, encoding: .utf8)
        } catch {
            throw ClientError(
                .badInput, subject: operatorTokenFile, message: "the operator token cannot be read",
                nextStep: "firebreak-control writes it at its first start (`make run`); only its owner can read it.")
        }
        try self.init(
            address: ControlAddress(control), caFile: certificateAuthorityFile,
            token: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Closes the connections. The client cannot be used afterwards.
    package func close() async { await connection.close() }

    package func status() async throws(ClientError) -> ControlStatus { try await get(Routes.status) }

    // MARK: Releases

    /// Publishes a pack. The server verifies it before it keeps it.
    ///
    /// - Parameters:
    ///   - policy: The name of the policy that says what the release lab must have said; nil: the server's own.
    ///   - labResult: What a policy of the operator's own asks of the lab, which the server cannot look up.
    package func publish(_ pack: [UInt8], policy: String? = nil, labResult: String? = nil)
        async throws(ClientError) -> ReleaseSummary
    {
        let terms = [(Routes.Parameter.policy, policy), (Routes.Parameter.labResult, labResult)].compactMap {
            name, value in value.map { "\(name)=\(Routes.percentEncoded($0))" }
        }
        return try await call(
            .POST, Routes.releases + (terms.isEmpty ? "" : "?\(terms.joined(separator: "&"))"), body: pack,
            type: Routes.MediaType.pack, deadline: Self.publishDeadline)
    }

    /// Gives the server what the release lab said of a pack, as the lab wrote it.
    package func giveLabResult(_ statement: [UInt8]) async throws(ClientError) -> LabSummary {
        try await call(
            .POST, Routes.labResults, body: statement, type: Routes.MediaType.json, deadline: Self.publishDeadline)
    }

    package func releases() async throws(ClientError) -> [ReleaseSummary] {
        let list: ReleaseList = try await get(Routes.releases)
        return list.releases
    }

    // MARK: Rollouts

    package func startRollout(_ request: RolloutRequest) async throws(ClientError) -> RolloutSummary {
        try await post(Routes.rollouts, request)
    }

    package func rollouts() async throws(ClientError) -> [RolloutSummary] {
        let list: RolloutList = try await get(Routes.rollouts)
        return list.rollouts
    }

    /// - Parameter withPolicy: Whether to ask for the whole policy.
    package func rollout(_ id: RolloutID, withPolicy: Bool = false) async throws(ClientError) -> RolloutSummary {
        try await get(Routes.rollout(id) + (withPolicy ? "?\(Routes.Parameter.policy)=full" : ""))
    }

    package func explanation(of id: RolloutID) async throws(ClientError) -> GateExplanation {
        try await get(Routes.explanation(id))
    }

    package func command(_ command: Routes.RolloutCommand, on id: RolloutID, reason: String)
        async throws(ClientError) -> RolloutSummary
    {
        try await post(Routes.command(command, on: id), ReasonRequest(reason: reason))
    }

    package func ledger(of id: RolloutID, after: Int64 = 0, limit: Int = ControlWireLimit.pageCountDefault)
        async throws(ClientError) -> LedgerPage
    {
        try await get(Routes.ledger(id) + Self.query(after: "\(after)", limit: limit))
    }

    // MARK: Endpoints

    package func endpointPage(after: EndpointID? = nil, limit: Int = ControlWireLimit.pageCountDefault)
        async throws(ClientError) -> EndpointPage
    {
        try await get(Routes.endpoints + Self.query(after: after?.text, limit: limit))
    }

    /// All endpoints, page by page.
    package func endpoints() async throws(ClientError) -> [EndpointSummary] {
        var endpoints: [EndpointSummary] = []
        var after: EndpointID?
        for _ in 0..<Self.pageCountMax {
            let page = try await endpointPage(after: after, limit: ControlWireLimit.pageCountMax)
            endpoints += page.endpoints
            guard let next = page.next else { break }
            after = next
        }
        return endpoints
    }

    package func endpoint(_ id: EndpointID) async throws(ClientError) -> EndpointSummary {
        try await get(Routes.endpoint(id))
    }

    package func addEndpoint(name: String) async throws(ClientError) -> MintedCredential {
        try await post(Routes.endpoints, EndpointRequest(name: name))
    }

    package func revoke(_ id: EndpointID, reason: String) async throws(ClientError) -> EndpointSummary {
        try await post(Routes.revocation(of: id), ReasonRequest(reason: reason))
    }

    // MARK: Customers

    package func customers() async throws(ClientError) -> [CustomerSummary] {
        let list: CustomerList = try await get(Routes.customers)
        return list.customers
    }

    package func customer(_ name: String) async throws(ClientError) -> CustomerSummary {
        try await get(Routes.customer(name))
    }

    /// - Parameter policy: The customer's policy; the control plane names everything that is wrong with it.
    package func setCustomer(_ name: String, policy: JSONValue) async throws(ClientError) -> CustomerSummary {
        try await send(.PUT, Routes.customer(name), policy)
    }

    /// - Returns: The policy that was removed.
    package func removeCustomer(_ name: String, reason: String) async throws(ClientError) -> CustomerSummary {
        try await send(.DELETE, Routes.customer(name), ReasonRequest(reason: reason))
    }

    // MARK: Alerts and actions

    /// Alerts after a sequence number. Waits up to `wait` for the first one when there is none yet.
    package func alerts(
        after: Int64 = 0, limit: Int = ControlWireLimit.alertPageCountMax, wait: Moment.Span = .zero
    ) async throws(ClientError) -> AlertPage {
        let target =
            Routes.alerts + Self.query(after: "\(after)", limit: limit)
            + "&\(Routes.Parameter.wait)=\(wait.milliseconds)"
        return try await call(.GET, target, deadline: Self.callDeadline + wait)
    }

    package func operatorActions(after: Int64 = 0, limit: Int = ControlWireLimit.pageCountDefault)
        async throws(ClientError) -> OperatorActionPage
    {
        try await get(Routes.operatorActions + Self.query(after: "\(after)", limit: limit))
    }

    // MARK: - Calls

    private static func query(after: String?, limit: Int) -> String {
        "?\(Routes.Parameter.limit)=\(limit)" + (after.map { "&\(Routes.Parameter.after)=\($0)" } ?? "")
    }

    private func get<Value: Decodable>(_ target: String) async throws(ClientError) -> Value {
        try await call(.GET, target)
    }

    private func post<Value: Decodable>(_ target: String, _ value: some Encodable & Sendable)
        async throws(ClientError) -> Value
    {
        try await send(.POST, target, value)
    }

    private func send<Value: Decodable>(_ method: HTTPMethod, _ target: String, _ value: some Encodable & Sendable)
        async throws(ClientError) -> Value
    {
        let body: [UInt8]
        do {
            body = try ManagementJSON.encode(value)
        } catch {
            throw ClientError(.badInput, subject: target, message: "\(error)", nextStep: "Check the values given.")
        }
        return try await call(method, target, body: body, type: Routes.MediaType.json)
    }

    private func call<Value: Decodable>(
        _ method: HTTPMethod, _ target: String, body: [UInt8]? = nil, type: String? = nil,
        deadline: Moment.Span = callDeadline
    ) async throws(ClientError) -> Value {
        var headers = [
            ("accept", Routes.MediaType.json), ("authorization", AgentAuthorization.credential(token).header),
        ]
        if let type { headers.append(("content-type", type)) }
        let answer = try await connection.send(
            ControlConnection.Request(
                method: method, target: target, headers: headers, body: body,
                answerBytesMax: ControlWireLimit.managementReplyBytesMax, deadline: deadline))
        let subject = "\(method.rawValue) \(target)"
        guard (200..<300).contains(answer.status) else { throw connection.refusal(answer, calling: subject) }
        do {
            return try ManagementJSON.decode(
                Value.self, from: answer.body, bytesMax: ControlWireLimit.managementReplyBytesMax)
        } catch {
            throw ClientError(
                .malformed, status: answer.status, subject: subject, message: "the answer is not understood: \(error)",
                nextStep: "Check that \(connection.address) is a Firebreak control plane of this version.")
        }
    }
}
