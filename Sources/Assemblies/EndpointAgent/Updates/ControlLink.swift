package import ControlClient
package import ControlWire
package import FleetModel

/// The agent's way to its control plane. A protocol, so that a test can be the control plane.
package protocol ControlLink: Sendable {
    func checkIn(_ checkIn: AgentCheckIn, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> ServerReply
    func pack(_ digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> [UInt8]
}

extension OpAMPClient: ControlLink {}
