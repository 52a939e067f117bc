import ControlWire
import FleetModel
import FleetStore
import RolloutEngine

extension FleetDriver {
    /// Lets an endpoint in that shows the enrolment secret, and gives it a credential of its own when that is durable.
    ///
    /// Until the first check-in with a credential the enrolment may be repeated, since the reply may have been lost:
    /// each time there is a new credential, and the one before is good no longer. The same check-in is no evidence for
    /// any rollout yet: what counts comes with the credential.
    func enrol(_ checkIn: AgentCheckIn, secret: String) async throws -> ServerReply {
        guard enrolmentSecret.matches(secret) else { throw ControlRefusal.badSecret }
        return try await perform { plan in
            let known = self.endpoints[checkIn.endpoint]
            if known?.stored.revokedAt != nil { throw ControlRefusal.revoked }
            let isConfirmedNow = plan.batch.endpoints.contains { $0.id == checkIn.endpoint && $0.isConfirmed }
            if let known, known.stored.isConfirmed || isConfirmedNow || known.stored.origin == .minted {
                throw ControlRefusal.enrolledBefore
            }
            try self.requireRoom(for: known, in: plan)
            let credential = Secret.random()
            let hostName = checkIn.description?.hostName ?? ""
            let stored = StoredEndpoint(
                id: checkIn.endpoint, origin: .enrolled, credentialDigest: credential.digest,
                name: hostName.isEmpty ? checkIn.endpoint.text : hostName, enrolledAt: plan.now,
                snapshot: EndpointSnapshot(id: checkIn.endpoint))
            plan.batch.endpoints.append(stored)
            plan.onCommit.append { self.admit(stored, saying: checkIn) }
            return {
                var reply = ServerReply(endpoint: checkIn.endpoint, credential: credential.text)
                if checkIn.capabilities.contains(.acceptsRemoteConfig) { reply.policy = self.policy }
                return reply
            }
        }
    }

    /// Makes a credential for an endpoint that cannot enrol by itself.
    func mint(name: String) async throws -> MintedCredential {
        try await perform { plan in
            try self.requireRoom(for: nil, in: plan)
            let credential = Secret.random()
            let id = EndpointID(accepted: String(Secret.random().text.prefix(32)))
            let stored = StoredEndpoint(
                id: id, origin: .minted, credentialDigest: credential.digest, name: name, enrolledAt: plan.now,
                snapshot: EndpointSnapshot(id: id))
            plan.batch.endpoints.append(stored)
            plan.note("endpoint.add", id.text, name)
            plan.onCommit.append { self.admit(stored, saying: nil) }
            return { MintedCredential(endpoint: id, credential: credential.text) }
        }
    }

    /// Refuses an endpoint's credential from now on.
    func revoke(_ endpoint: EndpointID, reason: String) async throws -> EndpointSummary {
        try await perform(isAlone: true) { plan in
            guard var record = self.endpoints[endpoint] else {
                throw ControlRefusal.notFound("endpoint \(endpoint)", list: "firebreak endpoint list")
            }
            guard record.stored.revokedAt == nil else {
                throw ControlRefusal(
                    .endpointRevoked, "\(endpoint) was revoked before", next: "Nothing is left to do.")
            }
            record.stored.revokedAt = plan.now
            plan.batch.endpoints.append(record.stored)
            plan.note("endpoint.revoke", endpoint.text, reason)
            // Only where it was heard of: a machine that knows nothing of it has nothing to say.
            for index in self.shelf.rollouts.indices where self.shelf[index].machine.standing(of: endpoint) != .unknown
            {
                try self.handle(.endpointRemoved(endpoint), by: index, in: &plan)
            }
            let stored = record.stored
            plan.onCommit.append {
                self.endpoints[endpoint]?.stored = stored
                self.credentials.revoke(endpoint)
            }
            return { record.summary(lastSeen: self.credentials.lastSeen(endpoint)) }
        }
    }

    private func admit(_ stored: StoredEndpoint, saying checkIn: AgentCheckIn?) {
        var record = endpoints[stored.id] ?? EndpointRecord(stored)
        record.stored = stored
        if let checkIn { _ = record.take(checkIn, after: nil) }
        endpoints[stored.id] = record
        unsaved.insert(stored.id)
        credentials.admit(
            stored.id, key: CredentialKey(stored.credentialDigest),
            origin: stored.origin == .minted ? .minted : .enrolled, lastSeen: nil)
    }

    private func requireRoom(for known: EndpointRecord?, in plan: FleetPlan) throws(ControlRefusal) {
        guard known == nil else { return }
        guard endpoints.count + plan.batch.endpoints.count < ControlLimit.endpointCountMax else {
            throw ControlRefusal(
                .endpointTooMany,
                "this control plane holds \(ControlLimit.endpointCountMax) endpoints, its most",
                next: "Give the rest of the fleet a control plane of its own.")
        }
    }
}
