import AgentEngine
import ControlClient
import ControlWire
import FleetModel
import UpdateTrust

/// The way of a release's bytes to this endpoint, and who must vouch for them before they count.
struct ReleaseDoor: Sendable {
    enum Standing: Sendable {
        /// The repository vouches for the bytes, and the public log has them; as far as they are asked.
        case vouched
        case recalled(RecalledRelease)
        case refused(code: String, message: String)
        /// A check that cannot be made has failed, and is made again with the next attempt.
        case unavailable(String)
    }

    let link: any ControlLink
    /// Nil: releases are not held to a public log.
    let publicity: ReleasePublicity?
    /// Nil: releases are not held to a TUF repository.
    let metadata: ReleaseMetadata?

    /// The pack, from the mirror that the endpoint is pointed at, else from the control plane.
    func bytes(of pinned: PinnedRelease, _ authorization: AgentAuthorization, _ deadline: Moment.Span) async throws
        -> [UInt8]
    {
        if let metadata, metadata.carriesPacks { return try await metadata.pack(pinned, deadline: deadline) }
        return try await link.pack(pinned.digest, authorization: authorization, deadline: deadline)
    }

    func standing(
        of pinned: PinnedRelease, _ bytes: [UInt8], _ authorization: AgentAuthorization, _ deadline: Moment.Span
    ) async -> Standing {
        switch await metadata?.standing(of: pinned, bytes: bytes, deadline: deadline) {
        case nil, .vouched: break
        case .recalled(let recall): return .recalled(recall)
        case .refused(let error):
            guard error.isLasting else { return .unavailable("\(error)") }
            return .refused(code: error.code.rawValue, message: "\(error)")
        }
        switch await publicity?.check(pinned, authorization: authorization, deadline: deadline) {
        case nil, .isPublic: return .vouched
        case .refused(let code, let message): return .refused(code: code, message: message)
        case .unavailable(let message): return .unavailable(message)
        }
    }
}
