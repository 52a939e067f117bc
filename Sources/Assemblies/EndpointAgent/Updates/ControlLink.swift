package import ControlClient
package import ControlWire
package import FleetModel

/// The agent's way to its control plane. A protocol, so that a test can be the control plane.
package protocol ControlLink: Sendable {
    func checkIn(_ checkIn: AgentCheckIn, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> ServerReply
    func pack(_ digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> [UInt8]
    /// Where the public log has a release's entry.
    func logIndex(of digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> UInt64
    /// A file of the TUF repository, by its path on the control plane, at most `bytesMax` bytes of it; nil where there is
    /// none.
    func repositoryFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]?
    /// A file of the public log, at most `bytesMax` bytes of it; nil where there is none.
    func logFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]?
}

extension OpAMPClient: ControlLink {}
