import FleetModel
import Glibc
import RolloutEngine

/// One fleet, one release, one policy, from the first offer to the end, in virtual seconds.
///
/// Every endpoint is simulated by itself: it polls, is offered the release, fetches and activates it, is well or is
/// struck, and is heard or not. What decides is ``GateCore``, the code that the server runs.
package struct FleetWorld: Sendable {
    let setup: SimulationSetup
    var random: SimulationRandom
    var calendar: EventCalendar
    var endpoints: [Endpoint]
    var gate: GateCore
    var ordinary: OrdinaryPolicy
    var checker: SimulationChecker
    var report = SimulationReport()
    package internal(set) var trace = FleetTrace()
    var effects: [GateEffect] = []
    var isStruckCohort: [Bool]
    var strikeRate: Double

    var second: UInt32 = 0
    let isFirebreak: Bool
    let noise: Double
    let noiseSwing: Double
    let pollSeconds: UInt32
    let bakeSeconds: UInt32
    let noisePerSecond: Double
    /// Endpoints that hold the release and are well.
    var holding = 0
    /// Of all that nature did not take away: not offered the release yet, not settled yet.
    var unofferedCount = 0
    var unsettledCount = 0
    /// When the gate last offered the release to anybody.
    var lastOfferAt: UInt32 = 0
    /// Nature's rate in the second in hand, as a multiple of its mean: it swings over the day.
    var swing = 1.0
    /// Keeps the compiler from leaving out the reads that warm memory.
    private var warmth: UInt64 = 0
    var stoppedAt: UInt32?
    var allOfferedAt: UInt32?
    /// Waiting endpoints by cohort, where they are pooled, and how many of all have been drawn.
    var pool: [Int] = []
    var drawn = 0
    /// Failures among them that are not noticed yet, in order, and how many have been.
    var silences: [(second: UInt32, cohort: UInt16)] = []
    var silencesHeard = 0
    let silenceSeconds: UInt32

    /// 12 bytes.
    struct Endpoint: Sendable {
        var state = State.idle
        /// ``naturalBit`` and its like.
        var flags: UInt8 = 0
        var cohort: UInt16 = 0
        /// When the fault strikes it, or nature; `never` while neither is on its way.
        var strikeAt = Self.never
        var activeAt: UInt32 = 0

        static let never = UInt32.max
        /// Nature strikes it, not the fault.
        static let naturalBit: UInt8 = 1
        /// It has not been offered the release yet, and nature has not taken it away.
        static let unofferedBit: UInt8 = 2
        /// Its exposure has not ended yet, and nature has not taken it away.
        static let unsettledBit: UInt8 = 4
    }

    enum State: UInt8, Sendable {
        /// Polls, without the release.
        case idle
        /// Away: asleep, or failed by nature, and back by itself.
        case away
        case fetching
        case baking
        /// Has the release, was proven, polls.
        case holding
        /// Struck and silent: a job that waits for it times out.
        case mute
        /// Struck and reported, or taken back: no more events.
        case done
    }

    package init(_ setup: SimulationSetup) {
        self.setup = setup
        isFirebreak = setup.policy == .firebreak
        noise = setup.noise
        noiseSwing = setup.noiseSwing
        random = SimulationRandom(seed: setup.seed)
        calendar = EventCalendar()
        endpoints = Array(repeating: Endpoint(), count: setup.isPooled ? 0 : setup.fleet)
        gate = GateCore(policy: setup.terms, seed: setup.seed, startedAt: Moment(milliseconds: 0))
        pollSeconds = UInt32(setup.terms.pollInterval.milliseconds / 1000)
        bakeSeconds = UInt32(setup.terms.bake.milliseconds / 1000)
        silenceSeconds = UInt32(setup.terms.silenceDeadline.milliseconds / 1000) - pollSeconds / 2
        noisePerSecond = setup.noise / Double(bakeSeconds)
        ordinary = OrdinaryPolicy(
            kind: setup.policy, fleet: setup.fleet, successAt: setup.successAt,
            withdrawnAfter: setup.fault.withdrawnAfterMinutes.map { UInt32($0 * 60) })
        checker = SimulationChecker(
            endpoints: setup.fleet, lossBudget: setup.checkedLossBudget ?? setup.terms.lossBudget,
            confidence: setup.terms.confidence,
            growthMax: setup.terms.growthMax, bakeSeconds: bakeSeconds)
        let corner = setup.draw.corner(share: setup.fault.affectedShare, seed: setup.seed)
        isStruckCohort = setup.draw.shares.indices.map { corner.cohorts.contains($0) }
        // Where the cohorts hold more than the share, fewer of their members are struck.
        strikeRate = setup.fault.rate * min(1, setup.fault.affectedShare / max(corner.held, 1e-12))
        populate()
    }

    private mutating func populate() {
        for _ in 0..<(setup.isBlind ? 1 : setup.draw.shares.count) { _ = gate.appendCohort() }
        pool = Array(repeating: 0, count: setup.draw.shares.count)
        if setup.isPooled {
            for cohort in pool.indices {
                pool[cohort] = Int((setup.draw.shares[cohort] * Double(setup.fleet)).rounded())
                gate.countControl(in: gateCohort(cohort), by: pool[cohort])
            }
            unofferedCount = pool.reduce(0, +)
            unsettledCount = unofferedCount
            return
        }
        gate.reserve(endpoints: setup.fleet)
        for index in endpoints.indices {
            let number = gate.appendEndpoint()
            let cohort = setup.draw.cohort(&random)
            endpoints[index].cohort = cohort
            gate.assign(number, cohort: gateCohort(Int(cohort)))
            endpoints[index].flags = Endpoint.unofferedBit | Endpoint.unsettledBit
            if random.happens(setup.awayShare) {
                endpoints[index].state = .away
                calendar.schedule(index, at: 1 + random.below(setup.awaySeconds))
            } else {
                // Endpoints are numbered by their phase within the poll interval, so that memory is read forwards.
                let phase = UInt64(index) * UInt64(pollSeconds) / UInt64(setup.fleet)
                calendar.schedule(index, at: 1 + UInt32(phase))
            }
        }
        unofferedCount = setup.fleet
        unsettledCount = setup.fleet
        guard !setup.isBlind else { return }
        let sizes = setup.draw.shares.map { Int($0 * Double(setup.fleet)) }
        let seed = setup.seed
        gate.chooseCanaries(order: CanaryChoice.order(attributes: setup.draw.attributes, sizes: sizes)) { index in
            CanaryChoice.rank(UInt64(index), seed: seed)
        }
    }

    /// The cohort that the gate is told of.
    @inline(__always)
    func gateCohort(_ cohort: Int) -> Int { setup.isBlind ? 0 : cohort }

    /// It was offered the release, or has left.
    @inline(__always)
    mutating func noteOffered(_ index: Int) {
        guard endpoints[index].flags & Endpoint.unofferedBit != 0 else { return }
        endpoints[index].flags &= ~Endpoint.unofferedBit
        unofferedCount -= 1
    }

    /// Its exposure has ended, or it has left.
    @inline(__always)
    mutating func noteSettled(_ index: Int) {
        noteOffered(index)
        guard endpoints[index].flags & Endpoint.unsettledBit != 0 else { return }
        endpoints[index].flags &= ~Endpoint.unsettledBit
        unsettledCount -= 1
    }

    /// Nobody of a cohort that was halted alone waits any more.
    mutating func noteHalted(cohort: Int) {
        if setup.isPooled {
            unofferedCount -= pool[cohort]
            unsettledCount -= pool[cohort]
            pool[cohort] = 0
        }
        for index in endpoints.indices where Int(endpoints[index].cohort) == cohort { noteSettled(index) }
    }

    @inline(__always)
    var now: Moment { Moment(milliseconds: Int64(second) * 1000) }

    /// Runs to the end.
    package mutating func run() -> SimulationReport {
        var due: [UInt32] = []
        due.reserveCapacity(1 << 16)
        let clock = ContinuousClock()
        let began = clock.now
        while !isOver {
            second += 1
            swing = noiseSwing == 0 ? 1 : 1 + noiseSwing * sin(Double(second) * 2 * .pi / 86_400)
            calendar.take(second, into: &due)
            warm(due)
            for endpoint in due { happen(Int(endpoint)) }
            report.events += due.count
            if setup.isPooled { drawPool() }
            if second.isMultiple(of: 30) { tick() }
        }
        let spent = clock.now - began
        report.wallSeconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) * 1e-18
        finish()
        return report
    }

    /// Reads what the events of this second will touch. Each read misses the cache, and none waits for another, so that
    /// the misses overlap; events one after another would pay for each in full.
    private mutating func warm(_ due: [UInt32]) {
        var sum: UInt64 = 0
        for endpoint in due {
            sum &+= UInt64(endpoints[Int(endpoint)].cohort)
            sum &+= UInt64(gate.standing(Int(endpoint)).rawValue)
        }
        warmth ^= sum
    }

    /// The longest that is simulated: forty days, beyond every policy here.
    static let secondsMax: UInt32 = 40 * 86_400

    @inline(__always)
    private var isOver: Bool {
        if second >= Self.secondsMax { return true }
        if let stoppedAt { return second >= stoppedAt + 2 * pollSeconds + bakeSeconds }
        if let allOfferedAt {
            return second >= allOfferedAt + setup.afterSeconds
        }
        return false
    }

    private mutating func tick() {
        if isFirebreak {
            effects.removeAll(keepingCapacity: true)
            gate.tick(at: now, &effects)
            obey()
        } else {
            ordinary.look(at: second, broken: report.broken)
            if stoppedAt == nil, let stopped = ordinary.stoppedAt { stop(stopped) }
        }
        if report.minutesToP99Coverage == nil, holding * 100 >= setup.fleet * 99 {
            report.minutesToP99Coverage = Double(second) / 60
        }
        if report.rounds == 0, unofferedCount == 0 { report.rounds = bakes(until: second) }
        if allOfferedAt == nil, unsettledCount == 0 || isStalled { allOfferedAt = second }
        look()
    }

    /// The gate has stopped of itself without a halt, as at the cap of a small cohort that is broken: for six bakes nobody
    /// was offered anything, and nobody's exposure is open.
    private var isStalled: Bool {
        isFirebreak && gate.counts.open == 0 && gate.counts.offered > 0 && second > lastOfferAt + 6 * bakeSeconds
    }

    private func bakes(until second: UInt32) -> Int { Int((second + bakeSeconds - 1) / bakeSeconds) }

    mutating func stop(_ at: UInt32) {
        stoppedAt = at
        report.halted = true
        report.minutesToHalt = Double(at) / 60
    }

    private mutating func finish() {
        trace.append(tracePoint, at: second)
        report.fleet = setup.fleet
        report.policy = setup.policy.rawValue
        report.seed = setup.seed
        report.offered = isFirebreak ? gate.counts.offered : ordinary.offered
        report.proven = gate.counts.proven
        if report.rounds == 0 { report.rounds = bakes(until: stoppedAt ?? (isFirebreak ? lastOfferAt : second)) }
        report.hands = setup.fault.isCuredByWithdrawal ? 0 : report.broken
        report.maxExposed = isFirebreak ? checker.maxExposed : report.offered
        report.capViolations = checker.violationCount
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        report.peakMemoryBytes = Int(usage.ru_maxrss) * 1024
    }

    /// What the checker found, for a person.
    package var violations: [String] { checker.violations }
}
