import AgentEngine
import ControlWire
import FleetModel
import WorkerWire

/// A match of the active worker with what the agent knows about it.
struct Detection: Sendable {
    let match: RuleMatch
    /// Nil when it was no longer kept.
    let event: TelemetryEvent?
    let pinned: PinnedRelease
}

/// Turns matches into findings and keeps them until the control plane holds them.
actor AlertService {
    private var spool: AlertSpool
    private var limit = RuleRateLimit()
    private let clock: AgentClock
    private let log: AgentLog
    private let endpoint: EndpointID
    private let host: EndpointDescription
    private let onAlert: @Sendable () -> Void
    private var isTroubled = false
    /// Alerts that could not be written as a finding.
    private var lostBeforeSpool: UInt64 = 0

    init(
        spool: AlertSpool, clock: AgentClock, log: AgentLog, endpoint: EndpointID, host: EndpointDescription,
        onAlert: @escaping @Sendable () -> Void
    ) {
        self.spool = spool
        self.clock = clock
        self.log = log
        self.endpoint = endpoint
        self.host = host
        self.onAlert = onAlert
    }

    func take(_ detection: Detection) {
        let now = clock.now()
        guard let admission = limit.admit(DetectionFingerprint(detection.match), at: now) else { return }
        let finding = DetectionFinding(
            match: detection.match, event: detection.event, uid: "\(endpoint)-\(spool.nextSequence)", host: host,
            endpoint: endpoint, release: detection.pinned.release, heldBack: admission.heldBack,
            repeats: admission.repeats,
            now: now)
        guard let bytes = finding.encoded() else {
            lostBeforeSpool += 1
            return tellOfLoss("the finding of rule \(detection.match.ruleID) has no form; correct the rule's texts")
        }
        guard spool.append(bytes) else {
            return tellOfLoss("an alert found no room; reach the control plane, or free disk")
        }
        isTroubled = false
        onAlert()
    }

    func batch() -> [AlertReport] {
        let before = spool.lost
        defer {
            if spool.lost > before { tellOfLoss("\(spool.lost - before) alerts on disk are damaged; check the disk") }
        }
        return spool.batch()
    }

    /// Alerts that were lost on this endpoint since the agent started.
    var lostCount: UInt64 { spool.lost + lostBeforeSpool }

    /// Once, until an alert is kept again: a full disk is not filled with words about it.
    private func tellOfLoss(_ why: String) {
        if !isTroubled { log.trouble("agent.alert_lost", why) }
        isTroubled = true
    }

    func acknowledge(through sequence: UInt64) { spool.acknowledge(through: sequence) }

    var waitingCount: Int { spool.waiting.count }
}
