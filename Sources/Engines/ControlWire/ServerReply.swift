package import FleetModel

/// One answer of the control plane to a check-in: OpAMP's ServerToAgent, without what Firebreak has no use for.
package struct ServerReply: Hashable, Sendable {
    package var endpoint: EndpointID
    /// Why the check-in was not taken; nothing else is then in the reply.
    package var failure: ReplyFailure?
    /// The policy to follow from now on; nil: as before.
    package var policy: PolicyOffer?
    /// The credential to store and use from now on; nil: as before. Sent over TLS only, once for each enrolment.
    package var credential: String?
    /// All releases that the endpoint should take, by pack; nil: nothing new. At most
    /// ``ControlWireLimit/packageCountMax``.
    package var offers: [PackOffer]?
    /// The agent is to send everything with its next check-in: the server does not know what it last said.
    package var wantsFullState: Bool
    /// Nil to a third-party agent.
    package var directive: Directive?

    package init(
        endpoint: EndpointID, failure: ReplyFailure? = nil, policy: PolicyOffer? = nil, credential: String? = nil,
        offers: [PackOffer]? = nil, wantsFullState: Bool = false, directive: Directive? = nil
    ) {
        self.endpoint = endpoint
        self.failure = failure
        self.policy = policy
        self.credential = credential
        self.offers = offers
        self.wantsFullState = wantsFullState
        self.directive = directive
    }
}

/// Why a check-in was not taken (OpAMP ServerErrorResponse).
package struct ReplyFailure: Hashable, Sendable {
    package enum Kind: Hashable, Sendable, CaseIterable {
        case unknown
        /// The same message will be refused again.
        case badRequest
        /// The same message may be taken later.
        case unavailable
    }

    package var kind: Kind
    /// What is wrong and what to do, for a person.
    package var message: String
    /// When to try again; nil: the agent's own choice.
    package var retryAfter: Moment.Span?

    package init(kind: Kind, message: String, retryAfter: Moment.Span? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }
}

/// A policy on its way: bytes that the agent checks itself, and the hash that names them.
package struct PolicyOffer: Hashable, Sendable {
    /// ``EndpointPolicy/encoded()``, at most ``ControlWireLimit/policyBytesMax``.
    package var body: [UInt8]
    /// SHA-256 of the body. The agent gives it back in its ``PolicyReport``.
    package var hash: Digest

    package init(body: [UInt8], hash: Digest) {
        self.body = body
        self.hash = hash
    }
}

/// An endpoint is to take a release (OpAMP PackageAvailable).
package struct PackOffer: Hashable, Sendable {
    package var release: ReleaseID
    /// SHA-256 of the pack's file. Its path is ``Routes/pack(_:)``: an agent fetches packs from its own control plane
    /// only, whatever the URL says.
    package var digest: Digest
    /// The pack's signature, as it is in the file. Sent for third-party agents; ours reads the file's own.
    package var signature: [UInt8]

    package init(release: ReleaseID, digest: Digest, signature: [UInt8]) {
        self.release = release
        self.digest = digest
        self.signature = signature
    }
}
