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
    var stoppedAt: UInt32?
    var allOfferedAt: UInt32?
    /// Waiting endpoints by cohort, where they are pooled, and how many of all have been drawn.
    var pool: [Int] = []
    var drawn = 0

    /// 12 bytes.
    struct Endpoint: Sendable {
        var state = State.idle
        var isNatural = false
        var cohort: UInt16 = 0
        /// When the fault strikes it, or nature; `never` while neither is on its way.
        var strikeAt = Self.never
        var activeAt: UInt32 = 0

        static let never = UInt32.max
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
        calendar = EventCalendar(endpoints: setup.isPooled ? 0 : setup.fleet)
        endpoints = Array(repeating: Endpoint(), count: setup.isPooled ? 0 : setup.fleet)
        gate = GateCore(policy: setup.terms, seed: setup.seed, startedAt: Moment(milliseconds: 0))
        pollSeconds = UInt32(setup.terms.pollInterval.milliseconds / 1000)
        bakeSeconds = UInt32(setup.terms.bake.milliseconds / 1000)
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
        for _ in setup.draw.shares { _ = gate.appendCohort() }
        pool = Array(repeating: 0, count: setup.draw.shares.count)
        if setup.isPooled {
            for cohort in pool.indices {
                pool[cohort] = Int((setup.draw.shares[cohort] * Double(setup.fleet)).rounded())
                gate.countControl(in: cohort, by: pool[cohort])
            }
            return
        }
        gate.reserve(endpoints: setup.fleet)
        for index in endpoints.indices {
            let number = gate.appendEndpoint()
            let cohort = setup.draw.cohort(&random)
            endpoints[index].cohort = cohort
            gate.assign(number, cohort: Int(cohort))
            if random.happens(setup.awayShare) {
                endpoints[index].state = .away
                calendar.schedule(index, at: 1 + random.below(2 * 86_400))
            } else {
                // Endpoints are numbered by their phase within the poll interval, so that memory is read forwards.
                let phase = UInt64(index) * UInt64(pollSeconds) / UInt64(setup.fleet)
                calendar.schedule(index, at: 1 + UInt32(phase))
            }
        }
    }

    /// Nature's rate now, as a multiple of its mean: it swings over the day.
    @inline(__always)
    var swing: Double {
        noiseSwing == 0 ? 1 : 1 + noiseSwing * sin(Double(second) * 2 * .pi / 86_400)
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
            calendar.take(second, into: &due)
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

    /// The longest that is simulated: forty days, beyond every policy here.
    static let secondsMax: UInt32 = 40 * 86_400

    @inline(__always)
    private var isOver: Bool {
        if second >= Self.secondsMax { return true }
        if let stoppedAt { return second >= stoppedAt + 2 * pollSeconds + bakeSeconds }
        if let allOfferedAt {
            // Elsewhere the last offers still have to arrive.
            return second >= allOfferedAt + setup.afterSeconds + (isFirebreak ? 0 : 2 * bakeSeconds)
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
        let offered = isFirebreak ? gate.counts.offered : ordinary.offered
        if report.rounds == 0, Double(offered) >= Double(setup.fleet) * (1 - setup.awayShare) * 0.995 {
            report.rounds = Int(second / bakeSeconds) + 1
        }
        if allOfferedAt == nil, isEveryoneOffered { allOfferedAt = second }
        look()
    }

    @inline(__always)
    private var isEveryoneOffered: Bool {
        let offered = isFirebreak ? gate.counts.offered : ordinary.offered
        let present = Double(setup.fleet) * (1 - setup.awayShare * 1.2)
        if isFirebreak, !setup.isPooled { return gate.phase == .complete && offered > 0 }
        if setup.isPooled { return gate.waiting == 0 && pool.allSatisfy { $0 == 0 } }
        return Double(offered) >= present
    }

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
        if report.rounds == 0 { report.rounds = Int((stoppedAt ?? second) / bakeSeconds) + 1 }
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
