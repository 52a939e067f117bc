import CanonicalCoding
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import StateMeasurement

/// An endpoint as the control plane knows it: what is stored of it, and what it last said of itself.
struct EndpointRecord: Sendable {
    /// Without its snapshot, which is made when it is written.
    var stored: StoredEndpoint
    var service = ""
    var cohort = CohortAttributes(os: "", osVersion: "", kernel: "", agentVersion: "", model: "")
    var health: EndpointHealth?
    var releases: [ReleaseReport] = []
    var hasLiveSensor = false
    var eventsLost: UInt64 = 0
    var eventsEvaluated: UInt64 = 0
    /// Whether it has described itself, and said which releases it holds, since the control plane started. What the
    /// database has of it may be a second older than its last word, and no reason to offer.
    private var isDescribed = false
    private var hasReported = false
    var recallRevision: UInt64 = 0
    /// The policy that it says it follows or has refused, and the one that it was last sent.
    var policyReported: [UInt8] = []
    var policySent: Digest?
    /// What is known of its measured state, and what of that the database has.
    var state = StateLedger()
    var storedPin: StoredStatePin?

    var id: EndpointID { stored.id }
    var alertsAcknowledged: UInt64 {
        get { stored.snapshot.alertsAcknowledged }
        set { stored.snapshot.alertsAcknowledged = newValue }
    }

    /// Whether it is our own agent, which takes packs. Others are shown in the fleet and offered nothing.
    var takesPacks: Bool { service == EndpointDescription.agentService }
    /// Whether what it says may be put before a machine.
    var isKnown: Bool { isDescribed && hasReported && takesPacks }

    init(_ stored: StoredEndpoint) {
        self.stored = stored
        let bytes = Array(stored.snapshot.body.utf8)
        // A snapshot is for display: one that a later or earlier version wrote is passed over, and the endpoint is
        // asked to say everything again anyway.
        guard
            let summary = try? ManagementJSON.decode(
                EndpointSummary.self, from: bytes, bytesMax: ControlWireLimit.requestBytesMax)
        else { return }
        service = summary.service
        cohort = summary.cohort
        health = summary.health
        releases = summary.releases
        hasLiveSensor = summary.hasLiveSensor
        eventsLost = summary.eventsLost
        eventsEvaluated = summary.eventsEvaluated
        state = StateLedger(standing: summary.stateStanding)
    }

    /// Takes in what a check-in says; what it does not say is as it was.
    ///
    /// - Parameters:
    ///   - last: The number of the message before; nil when there was none since the control plane started.
    ///   - evidence: What it brought of the endpoint's measured state.
    /// - Returns: Whether the endpoint must be asked for everything: it has never described itself, or a message was
    ///   missed, or this one is older than what is known.
    mutating func take(
        _ checkIn: AgentCheckIn, after last: UInt64?, state evidence: StateLedger.Evidence = .nothing
    ) -> Bool {
        let isWhole = checkIn.description != nil
        let isNext = last.map { checkIn.sequence == $0 &+ 1 || checkIn.sequence == $0 } ?? false
        if Self.isOvertaken(checkIn, after: last) { return true }
        if let description = checkIn.description {
            service = description.service
            cohort = description.cohort
            if stored.origin == .enrolled, !description.hostName.isEmpty { stored.name = description.hostName }
            isDescribed = true
            // An agent that has started anew may have lost the policy with its state.
            policySent = nil
        }
        if let health = checkIn.health { self.health = health }
        if let report = checkIn.policyReport { policyReported = report.hash }
        if let report = checkIn.report {
            hasReported = true
            releases = report.releases
            hasLiveSensor = report.hasLiveSensor
            eventsLost = report.eventsLost
            eventsEvaluated = report.eventsEvaluated
            recallRevision = report.recallRevision
        }
        measure(checkIn, evidence)
        return !isDescribed || (takesPacks && !hasReported) || !(isNext || isWhole)
    }

    /// Whether a check-in is older than what is known: delayed on its way, or from an agent that has started anew and has
    /// not said everything yet.
    static func isOvertaken(_ checkIn: AgentCheckIn, after last: UInt64?) -> Bool {
        guard let last, checkIn.description == nil else { return false }
        return checkIn.sequence < last
    }

    /// The endpoint's standing as one rollout's machine wants it.
    func report(on release: ReleaseID, digest: Digest) -> EndpointReport {
        let mine = releases.first { $0.release == release && $0.digest == digest }
        let proven = releases.filter { $0.release.pack == release.pack && $0.stage == .committed }
        let unwell = EndpointComponent.allCases.filter { health?.components[$0]?.isHealthy == false }
        return EndpointReport(
            endpoint: id, attributes: cohort, stage: mine?.stage, failure: mine?.failure,
            holds: mine?.stage == .committed ? release : proven.map(\.release).max(), unwell: unwell,
            conditions: mine?.conditions ?? [],
            // A number beyond all time is no time.
            used: .milliseconds(Int64(clamping: min(mine?.usedSeconds ?? 0, 1 << 32)) * 1000))
    }

    /// Whether it holds a proven release of a pack.
    func holdsProven(of pack: PackName) -> Bool {
        releases.contains { $0.release.pack == pack && $0.stage == .committed }
    }

    func summary(lastSeen: Moment?) -> EndpointSummary {
        EndpointSummary(
            id: id, name: stored.name, service: service, cohort: cohort, health: health,
            enrolledAt: stored.enrolledAt, lastSeenAt: lastSeen ?? stored.snapshot.lastSeenAt,
            revokedAt: stored.revokedAt, releases: releases, hasLiveSensor: hasLiveSensor, eventsLost: eventsLost,
            eventsEvaluated: eventsEvaluated, stateStanding: state.standing)
    }

    /// What is written of the endpoint, for display after a restart.
    func snapshot(lastSeen: Moment?) -> EndpointSnapshot {
        let bytes = (try? ManagementJSON.encode(summary(lastSeen: lastSeen))) ?? []
        return EndpointSnapshot(
            id: id, lastSeenAt: lastSeen ?? stored.snapshot.lastSeenAt, alertsAcknowledged: alertsAcknowledged,
            body: bytes.isEmpty ? "{}" : String(decoding: bytes, as: UTF8.self))
    }
}

extension ReleaseReport {
    /// What has happened on the endpoint since the release became active, but for use.
    fileprivate var conditions: [RolloutPolicy.BakeCondition] {
        (rebooted == true ? [.reboot] : []) + (fullScan == true ? [.fullScan] : [])
    }
}
