import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import WebConsole

/// One rollout: its machine, and what the machine does not keep.
struct ShelvedRollout: Sendable {
    let stored: StoredRollout
    var machine: RolloutMachine
    /// When it was first complete, or was condemned or taken back.
    var finishedAt: Moment?
    var history: [ExposurePoint] = []
    /// The newest moment in its ledger.
    private(set) var lastEntryAt: Moment
    /// Every how many changes a point is kept.
    private var historyStride = 1
    private var historySkipped = 0

    init(_ stored: StoredRollout) {
        self.stored = stored
        machine = stored.machine
        lastEntryAt = stored.startedAt
    }

    var id: RolloutID { stored.id }
    var release: ReleaseID { stored.release }

    /// Takes in a row that is in the ledger.
    mutating func restore(_ entry: LedgerEntry) {
        machine.restore(entry)
        note(entry)
    }

    /// Notes what a row means for the page and the summary. The machine has acted on it.
    mutating func note(_ entry: LedgerEntry) {
        lastEntryAt = max(lastEntryAt, entry.at)
        switch entry.kind {
        case .phase(let phase, _) where phase == .complete || phase.isFinal:
            if finishedAt == nil || phase.isFinal { finishedAt = entry.at }
        case .debit, .settle: addPoint(at: entry.at)
        case .phase, .verdict, .outage: break
        }
    }

    private mutating func addPoint(at moment: Moment) {
        let status = machine.status
        let point = ExposurePoint(at: moment, exposed: status.exposed, cap: status.cap)
        // What happens in one moment is one point.
        if history.last?.at == moment {
            history[history.count - 1] = point
            return
        }
        historySkipped += 1
        guard historySkipped >= historyStride || history.isEmpty else { return }
        historySkipped = 0
        history.append(point)
        guard history.count > ControlLimit.historyPointCountMax else { return }
        history = history.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        historyStride *= 2
    }

    var summary: RolloutSummary {
        let status = machine.status
        let counts = status.counts
        return RolloutSummary(
            id: id, release: release, phase: status.phase.rawValue, policy: stored.policy.terms,
            endpointCount: counts.offered - counts.withdrawn + status.waiting + status.holders,
            counts: RolloutCounts(
                offered: counts.offered, proven: counts.proven, failed: counts.failed, silent: counts.silent,
                withdrawn: counts.withdrawn, exposed: counts.exposed, refused: counts.refused, late: counts.late),
            cap: status.cap, maxExposed: status.maxExposed, capAtMaxExposed: status.capAtMaxExposed,
            startedAt: stored.startedAt, finishedAt: finishedAt,
            verdict: status.latestVerdict.map { verdict in
                VerdictSummary(
                    verdict: verdict.decision.rawValue, reasons: verdict.reasons.map(\.text), at: verdict.at)
            }, lane: stored.policy.lane.rawValue, haltedCohorts: status.haltedCohorts)
    }
}

/// All rollouts, and which of them an endpoint's check-in concerns.
///
/// A channel has at most one rollout on its way. The newest complete one before it is the channel's *current* release:
/// the ground that an endpoint stands on while it tries the next one.
struct RolloutShelf: Sendable {
    /// In the order of their start.
    private(set) var rollouts: [ShelvedRollout] = []
    private var indices: [RolloutID: Int] = [:]
    /// The newest rollouts of each channel, ascending: those that still hear of endpoints and of time.
    private var watched: [PackName: [Int]] = [:]
    /// Channels in the order of their names.
    private(set) var channels: [PackName] = []

    /// Rollouts of one channel that are watched. What is older has been superseded this many times, and every check-in
    /// would be put before it in vain.
    static let watchedCountMax = 8

    mutating func add(_ rollout: ShelvedRollout) {
        let channel = rollout.release.pack
        indices[rollout.id] = rollouts.count
        watched[channel, default: []].append(rollouts.count)
        if let count = watched[channel]?.count, count > Self.watchedCountMax { watched[channel]?.removeFirst() }
        if !channels.contains(channel) { channels = (channels + [channel]).sorted() }
        rollouts.append(rollout)
    }

    private func watched(in channel: PackName) -> [Int] { watched[channel] ?? [] }

    /// Rollouts that time can still change, by index: they may offer, or have an exposure open.
    var needingClock: [Int] {
        channels.flatMap(watched).filter { index in
            let status = rollouts[index].machine.status
            return !status.phase.isFinal || status.counts.open > 0
        }
    }

    func index(of id: RolloutID) -> Int? { indices[id] }

    subscript(index: Int) -> ShelvedRollout {
        get { rollouts[index] }
        _modify { yield &rollouts[index] }
    }

    /// The channel's rollout that is on its way: ramping or held.
    func open(in channel: PackName) -> Int? {
        watched(in: channel).last { [.ramping, .held].contains(rollouts[$0].machine.status.phase) }
    }

    /// The channel's newest rollout that is complete.
    func current(in channel: PackName) -> Int? {
        watched(in: channel).last { rollouts[$0].machine.status.phase == .complete }
    }

    /// The same for one endpoint: a release that its cohort was halted for is no ground to stand on.
    private func current(in channel: PackName, for endpoint: EndpointID) -> Int? {
        watched(in: channel).last {
            rollouts[$0].machine.status.phase == .complete && !rollouts[$0].machine.isRecalled(for: endpoint)
        }
    }

    /// Rollouts whose release was taken back from some cohorts, and not as a whole, by index.
    var partlyRecalled: [Int] { rollouts.indices.filter { rollouts[$0].machine.isPartlyRecalled } }

    /// The rollouts that must hear of an endpoint, by index.
    ///
    /// Those that have offered it something, since they watch it; and of each channel the one that may offer it
    /// something now (``target(of:_:in:customer:holdsSome:)``). An endpoint whose exposure is open in one rollout is given
    /// to no other of its channel: two trials at once prove nothing. One that its customer keeps out of the rollout on
    /// its way is given to that too: it is the control.
    func concerned(
        _ endpoint: EndpointID, attributes: CohortAttributes, customer: CustomerPolicy?, holds: (PackName) -> Bool,
        at now: Moment
    ) -> [Int] {
        var concerned: [Int] = []
        func add(_ index: Int) { if !concerned.contains(index) { concerned.append(index) } }
        for channel in channels {
            var isTrying = false
            for index in watched(in: channel) {
                let machine = rollouts[index].machine
                let standing = machine.standing(of: endpoint)
                guard [.open, .proven, .silent, .failed, .withdrawn].contains(standing) else { continue }
                concerned.append(index)
                if standing == .open, !machine.isRecalled(for: endpoint) { isTrying = true }
            }
            guard !isTrying else { continue }
            let holdsSome = holds(channel)
            if let target = target(of: endpoint, attributes, in: channel, customer: customer, holdsSome: holdsSome) {
                add(target)
            }
            guard let customer, let open = open(in: channel) else { continue }
            let admission = admission(to: open, of: endpoint, attributes, by: customer, at: now)
            if admission.answer != .open { add(open) }
        }
        return concerned
    }

    /// The rollout that may offer an endpoint something now.
    ///
    /// That is the current release for an endpoint that holds none of the channel's, so that nothing unproven is ever all
    /// that it has (PRODUCT invariant 4), and otherwise the rollout on its way. A customer's pins and lag choose first.
    private func target(
        of endpoint: EndpointID, _ attributes: CohortAttributes, in channel: PackName, customer: CustomerPolicy?,
        holdsSome: Bool
    ) -> Int? {
        let open = open(in: channel)
        let current = current(in: channel, for: endpoint)
        let couldTakeCurrent = current.map {
            ![.failed, .withdrawn].contains(rollouts[$0].machine.standing(of: endpoint))
        }
        let hasGround = holdsSome || couldTakeCurrent == false
        guard let customer else {
            guard let current else { return open }
            guard let open, open > current, hasGround else { return current }
            return open
        }
        let complete = complete(in: channel).filter { !rollouts[$0].machine.isRecalled(for: endpoint) }
        let wanted = customer.target(
            for: attributes, pack: channel, complete: complete.map { rollouts[$0].release },
            onItsWay: open.map { rollouts[$0].release }, holdsSome: hasGround)
        return wanted.flatMap { release in
            (complete + (open.map { [$0] } ?? [])).last { rollouts[$0].release == release }
        }
    }

    /// The channel's complete rollouts that are watched, by index, in the order of their releases.
    func complete(in channel: PackName) -> [Int] {
        watched(in: channel).filter { rollouts[$0].machine.status.phase == .complete }
            .sorted { rollouts[$0].release < rollouts[$1].release }
    }

    /// What a customer says to one rollout on one endpoint. A release that was taken back from the endpoint's cohort
    /// puts none behind it.
    func admission(
        to index: Int, of endpoint: EndpointID, _ attributes: CohortAttributes, by policy: CustomerPolicy,
        at now: Moment
    ) -> Admission {
        let release = rollouts[index].release
        let newer = complete(in: release.pack).count {
            rollouts[$0].release > release && !rollouts[$0].machine.isRecalled(for: endpoint)
        }
        return policy.admission(
            of: release, for: attributes, newerComplete: newer, isUrgent: rollouts[index].stored.policy.lane == .urgent,
            at: now)
    }

    /// Whether an endpoint's next heartbeat could change a machine, even one that says nothing. Proven endpoints too: the
    /// watch goes on after they are, and one whose heartbeats nobody passed on would be called silent.
    func needsHeartbeats(of endpoint: EndpointID, concerned: [Int]) -> Bool {
        concerned.contains { index in
            [.unknown, .waiting, .reserved, .open, .proven, .silent].contains(
                rollouts[index].machine.standing(of: endpoint))
                && !rollouts[index].machine.status.phase.isFinal
        }
    }

    /// The rollouts whose offers a reply must carry: of each channel the newest that has debited the endpoint for it
    /// and still stands by it.
    func offers(to endpoint: EndpointID) -> [ShelvedRollout] {
        channels.compactMap { channel in
            watched(in: channel).last { rollouts[$0].machine.isOffered(to: endpoint) }.map { rollouts[$0] }
        }
    }
}
