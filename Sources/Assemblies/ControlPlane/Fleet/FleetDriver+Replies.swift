import ControlWire
import FleetModel
import FleetStore
import RolloutEngine

extension FleetDriver {
    /// Makes the reply to a check-in. Called when everything that it rests on is durable, and only then: what the
    /// machines say here is what the ledger says.
    func reply(to checkIn: AgentCheckIn, of endpoint: EndpointID, wantsFullState: Bool, epoch: CredentialTable.Epoch)
        -> ServerReply
    {
        var reply = ServerReply(endpoint: checkIn.endpoint, wantsFullState: wantsFullState)
        guard let record = endpoints[endpoint] else { return reply }
        if checkIn.capabilities.contains(.acceptsRemoteConfig), record.policyReported != policy.hash.bytes,
            record.policySent != policy.hash
        {
            reply.policy = policy
            endpoints[endpoint]?.policySent = policy.hash
        }
        reply.offers = offers(to: record, knowing: checkIn.offersHash)
        let notices = cohortNotices(for: record)
        if checkIn.report != nil || !notices.isEmpty {
            reply.directive = directive(
                for: record, knowing: checkIn.report?.recallRevision ?? record.recallRevision, notices: notices)
            if record.isMeasured(by: checkIn) { reply.directive?.stateNonce = nextNonce(for: endpoint) }
        }
        let isTold =
            reply.policy == nil && reply.offers == nil && notices.isEmpty && !wantsFullState
            && (!record.takesPacks || record.recallRevision == UInt64(recallRevision))
        // A heartbeat of a measured endpoint is looked at: it brings no quote, and that is news.
        let isQuiet =
            isTold && !needsHeartbeats(of: record) && !checkIn.isDisconnecting && !record.isMeasured(by: checkIn)
        credentials.setQuiet(endpoint, since: isQuiet ? epoch : nil)
        return reply
    }

    /// The releases that the endpoint should take, as it does not know them yet; nil when it does.
    private func offers(to record: EndpointRecord, knowing hash: [UInt8]) -> [PackOffer]? {
        guard record.takesPacks else { return nil }
        let offers = shelf.offers(to: record.id).compactMap { rollout -> PackOffer? in
            // In the transaction that debited this endpoint, another one's word may have condemned the release.
            guard let release = releases[rollout.release], release.recall == nil else { return nil }
            return PackOffer(release: release.release, digest: release.digest, signature: release.signature)
        }
        let isKnown = offers.allSatisfy { offer in record.releases.contains { $0.digest == offer.digest } }
        guard !isKnown, ServerReply.hash(of: offers) != hash else { return nil }
        return offers
    }

    /// The directive for an agent that says it has acted on `revision` of the recall list. A revision that is not ours
    /// (ahead, after the database was lost) gets the whole list, like one that is behind.
    ///
    /// - Parameter notices: What is recalled for this endpoint and not for everyone. It has no revision.
    private func directive(for record: EndpointRecord, knowing revision: UInt64, notices: [RecallNotice]) -> Directive {
        var directive = Directive(
            serverNow: clock.now, alertsAcknowledged: record.alertsAcknowledged,
            recallRevision: UInt64(recallRevision))
        if revision != UInt64(recallRevision) { directive.recalls = recallNotices }
        directive.recalls = directive.recalls.suffix(ControlWireLimit.recallCountMax - notices.count) + notices
        return directive
    }

    /// Releases that were taken back from the endpoint's cohort alone, and that it holds or tries by its own account, or
    /// of which it has not said yet what became of the offer. Made from machines and reports, which a restart keeps.
    private func cohortNotices(for record: EndpointRecord) -> [RecallNotice] {
        guard record.takesPacks else { return [] }
        // No endpoint holds more releases than it may report.
        return shelf.partlyRecalled.suffix(ControlWireLimit.releaseCountMax).compactMap { index -> RecallNotice? in
            let machine = shelf[index].machine
            guard machine.isRecalled(for: record.id), let release = releases[machine.release] else { return nil }
            let stage = record.releases.first { $0.digest == release.digest }?.stage
            let mayHold = stage.map { $0 != .reverted && $0 != .refused } ?? (machine.standing(of: record.id) == .open)
            guard mayHold else { return nil }
            return RecallNotice(
                release: release.release, digest: release.digest,
                reason: "taken back from \(machine.cohort(of: record.id)) by the gate of \(machine.rollout)")
        }
    }

    /// Every recall, the newest last. Beyond the protocol's bound the oldest are left out: those releases are behind
    /// many others by then.
    private var recallNotices: [RecallNotice] {
        releases.values.filter { $0.recall != nil }
            .sorted { ($0.recall?.revision ?? 0) < ($1.recall?.revision ?? 0) }
            .suffix(ControlWireLimit.recallCountMax)
            .map { RecallNotice(release: $0.release, digest: $0.digest, reason: $0.recall?.reason ?? "") }
    }

    private func needsHeartbeats(of record: EndpointRecord) -> Bool {
        guard record.isKnown else { return record.takesPacks }
        return shelf.needsHeartbeats(of: record.id, concerned: concerned(record))
    }

    /// Whether an endpoint may fetch a pack: it was offered it, or holds it, and nobody took it back.
    func mayFetch(_ digest: Digest, _ endpoint: EndpointID) throws(ControlRefusal) {
        guard let record = endpoints[endpoint], let release = releases.values.first(where: { $0.digest == digest })
        else { throw ControlRefusal.notFound("pack \(digest)", list: "the offers in the reply to a check-in") }
        if let recall = release.recall {
            throw ControlRefusal(
                .packRecalled, "\(release.release) was recalled: \(recall.reason)",
                next: "Keep the release before it.")
        }
        let isRecalledHere = shelf.partlyRecalled.contains { index in
            shelf[index].release == release.release && shelf[index].machine.isRecalled(for: endpoint)
        }
        guard !isRecalledHere else {
            throw ControlRefusal(
                .packRecalled, "\(release.release) was taken back from the cohort of this endpoint",
                next: "Keep the release before it.")
        }
        let wasOffered = shelf.rollouts.contains {
            $0.release == release.release && $0.machine.isOffered(to: endpoint)
        }
        guard wasOffered || record.releases.contains(where: { $0.digest == digest }) else {
            throw ControlRefusal(
                .packNotOffered, "\(release.release) was not offered to this endpoint",
                next: "Wait for the offer; the rollout's gate decides who gets it when.")
        }
    }
}
