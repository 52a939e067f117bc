import AgentEngine
import CanonicalCoding
import ContentPack
import ControlWire
import DurableFiles
import FleetModel

// What the control plane wants, handed to those whose business it is.
extension CheckInLoop {
    func obey(_ reply: ServerReply) async {
        if let credential = reply.credential { enrol(credential) }
        if let offer = reply.policy { await follow(offer) }
        // Recalls before offers: an offer that was on its way when the recall went out shall find it known.
        if let directive = reply.directive {
            await parts.alerts.acknowledge(through: directive.alertsAcknowledged)
            recall(directive)
            await parts.measurer?.take(nonce: directive.stateNonce)
        }
        for offer in reply.offers ?? [] { hand(offer) }
        lastOffers = reply.offers ?? lastOffers
    }

    private func enrol(_ credential: String) {
        do throws(FileError) {
            try parts.credentials.take(credential)
            parts.log.write(.enrolled)
            // The first check-in with the new credential ends the enrolment: soon, while the secret may still be repeated.
            parts.bell.ring()
        } catch {
            parts.log.trouble(error.code.rawValue, "the credential cannot be kept: \(error)")
        }
    }

    private func follow(_ offer: PolicyOffer) async {
        guard offer.hash.bytes != policyReport.hash || policyReport.standing == .none else { return }
        do {
            let policy = try parts.policies.take(offer)
            pollInterval = policy.pollInterval
            await parts.driver.set(policy)
            parts.onPolicy(policy)
            policyReport = PolicyReport(hash: offer.hash.bytes, standing: .applied)
            policyHash = offer.hash.bytes
            parts.log.write(.policy, [("hash", .string(offer.hash.text))])
        } catch {
            policyReport = PolicyReport(hash: offer.hash.bytes, standing: .failed, message: "\(error)")
            parts.log.trouble("agent.policy_refused", "\(error)")
        }
    }

    /// Hands over the recalls of a revision that the machine has not acted on, until it has: an input that could not be
    /// journalled had no effect. A lower revision is that of a control plane that lost its database. What is recalled for
    /// this endpoint alone comes with no new revision, until the endpoint has said that it dropped it.
    private func recall(_ directive: Directive) {
        guard directive.recallRevision != parts.driver.view.recallRevision || !directive.recalls.isEmpty else {
            return
        }
        let recalls = directive.recalls.map {
            RecalledRelease(pinned: PinnedRelease(release: $0.release, digest: $0.digest), reason: $0.reason)
        }
        parts.builds.recall(recalls)
        parts.driver.give(.recalls(recalls, revision: directive.recallRevision))
    }

    private func hand(_ offer: PackOffer) {
        let pinned = PinnedRelease(release: offer.release, digest: offer.digest)
        if !lastOffers.contains(offer) {
            parts.log.write(
                .offer, [("release", .string(offer.release.text)), ("digest", .string(offer.digest.text))])
        }
        let wanted = ReleaseOffer(pinned: pinned, location: Routes.pack(offer.digest))
        if offer.release.pack == AgentBuild.pack {
            parts.builds.give(.offer(wanted))
        } else {
            parts.driver.give(.offer(wanted))
        }
    }
}

extension UpdateDriver.View {
    /// Where every release stands, within the bound of a check-in.
    func releaseReports(and builds: BuildDriver.View, with activations: ActivationLog) -> [ReleaseReport] {
        (builds.reports + reports).prefix(ControlWireLimit.releaseCountMax).map { report in
            let isActive = report.pinned == active || report.pinned == builds.active
            let known = isActive ? activations.known(of: report.pinned.digest) : nil
            return ReleaseReport(
                release: report.pinned.release, digest: report.pinned.digest, stage: report.stage,
                isActive: isActive, stageEnteredAt: report.enteredAt,
                eventsEvaluated: report.eventsEvaluated,
                // None with a recalled release: the endpoint went back because it was told to.
                failure: report.stage == .reverted ? report.failure : nil,
                message: report.code.isEmpty ? "" : "\(report.code): \(report.message)",
                rebooted: known?.hasRebooted == true ? true : nil,
                usedSeconds: known.flatMap { $0.usedSeconds > 0 ? $0.usedSeconds : nil })
        }
    }

    /// The same in OpAMP's words, one entry a pack: the latest of it.
    var packageReports: [PackageReport] {
        var packages: [PackageReport] = []
        for report in reports where !packages.contains(where: { $0.pack == report.pinned.release.pack }) {
            packages.append(
                PackageReport(
                    pack: report.pinned.release.pack, heldVersion: active?.release.version, heldDigest: active?.digest,
                    offeredVersion: report.pinned.release.version, offeredDigest: report.pinned.digest,
                    stage: report.stage, message: report.message))
        }
        return packages
    }
}
