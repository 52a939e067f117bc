package import ControlWire
package import FleetModel
import NIOHTTP1

/// An agent's side of the agent protocol: one check-in, one answer. Keeps no state but connections, and tries nothing
/// twice: when to try again is the caller's decision.
package struct OpAMPClient: Sendable {
    private let connection: ControlConnection

    /// How long a check-in may take, from the call to the last byte of the answer.
    package static let checkInDeadline = Moment.Span.seconds(10)

    /// - Parameter caFile: The only CA that is trusted, PEM.
    package init(address: ControlAddress, caFile: String) throws(ClientError) {
        connection = try ControlConnection(address: address, caFile: caFile)
    }

    /// Closes the connections. The client cannot be used afterwards.
    package func close() async { await connection.close() }

    /// Sends a check-in and gives the control plane's answer.
    ///
    /// - Returns: The reply; a ``ServerReply/failure`` in it is the server's word and no error of this call.
    /// - Throws: ``ClientError``. `.unauthorized` says that secret or credential was refused for good; everything else
    ///   leaves the endpoint with what it has (fail static). `.badInput` when the check-in breaks a bound.
    package func checkIn(
        _ checkIn: AgentCheckIn, authorization: AgentAuthorization, deadline: Moment.Span = checkInDeadline
    ) async throws(ClientError) -> ServerReply {
        let subject = "check-in"
        let body: [UInt8]
        do {
            body = try checkIn.encoded()
        } catch {
            throw ClientError(
                .badInput, subject: subject, message: "\(error)", nextStep: "Send less in one check-in.")
        }
        let answer = try await connection.send(
            ControlConnection.Request(
                method: .POST, target: Routes.opamp,
                headers: [
                    ("content-type", Routes.MediaType.protobuf), ("accept", Routes.MediaType.protobuf),
                    ("authorization", authorization.header),
                ],
                body: body, answerBytesMax: ControlWireLimit.replyBytesMax, deadline: deadline))
        guard answer.status == 200 else { throw connection.refusal(answer, calling: subject) }
        let reply: ServerReply
        do {
            reply = try ServerReply(decoding: answer.body)
        } catch {
            throw ClientError(
                .malformed, status: answer.status, subject: subject, message: "\(error)",
                nextStep: "Check that the control plane speaks this agent's protocol.")
        }
        guard reply.endpoint == checkIn.endpoint else {
            throw ClientError(
                .malformed, status: answer.status, subject: subject,
                message: "the reply is for endpoint \(reply.endpoint)", nextStep: "Check proxies between the two.")
        }
        return reply
    }

    /// Fetches a pack's file, at most ``ControlWireLimit/packBytesMax`` bytes. The bytes are as they came: length,
    /// digest and signature are the caller's to check.
    package func pack(_ digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> [UInt8]
    {
        let answer = try await connection.send(
            ControlConnection.Request(
                method: .GET, target: Routes.pack(digest),
                headers: [("accept", Routes.MediaType.pack), ("authorization", authorization.header)],
                answerBytesMax: ControlWireLimit.packBytesMax, deadline: deadline))
        guard answer.status == 200 else { throw connection.refusal(answer, calling: "pack \(digest)") }
        return answer.body
    }

    /// Where the public log has a release's entry, as the control plane says; the log itself proves it.
    package func logIndex(of digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> UInt64
    {
        let answer = try await connection.send(
            ControlConnection.Request(
                method: .GET, target: Routes.logIndex(digest), headers: [("authorization", authorization.header)],
                answerBytesMax: Self.indexBytesMax, deadline: deadline))
        let subject = "log index of \(digest)"
        guard answer.status == 200 else { throw connection.refusal(answer, calling: subject) }
        let digits = String(decoding: answer.body, as: UTF8.self).filter { !$0.isWhitespace }
        guard let index = UInt64(digits) else {
            throw ClientError(
                .malformed, status: answer.status, subject: subject, message: "this is no number",
                nextStep: "Check that the control plane speaks this agent's protocol.")
        }
        return index
    }

    /// A file of the public log, at most `bytesMax` bytes of it; nil where there is none. What it says is not believed
    /// here.
    package func logFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]? {
        try await staticFile("\(Routes.log)/\(path)", bytesMax: bytesMax, deadline: deadline)
    }

    /// A file of the TUF repository, at most `bytesMax` bytes of it; nil where there is none. Not believed here either.
    package func repositoryFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError)
        -> [UInt8]?
    {
        try await staticFile(path, bytesMax: bytesMax, deadline: deadline)
    }

    private func staticFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]?
    {
        let answer = try await connection.send(
            ControlConnection.Request(method: .GET, target: path, answerBytesMax: bytesMax, deadline: deadline))
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw connection.refusal(answer, calling: "file \(path)") }
        return answer.body
    }

    /// Bytes of an index: twenty digits and a line's end.
    private static let indexBytesMax = 32
}
