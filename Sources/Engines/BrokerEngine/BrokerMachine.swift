/// Decides what the kernel is answered, and whether an engine is asked first.
///
/// The hazard it is built around: a process that is held is a process that does not run, and a machine whose executions
/// are held is dead. So whatever is not known, late, too much or over budget is allowed, and counted.
///
/// Pure: inputs and the time of a monotonic clock in, actions out. A time before the latest is taken as the latest.
///
/// Invariants, watched by a checker in the tests:
/// - Every event is answered exactly once, and no later than its deadline and the tick that follows it.
/// - A verdict after its deadline changes nothing.
/// - A program of ``ProtectedProgram`` is never denied, whatever the engine says.
/// - In any minute there are at most `BrokerPolicy.denialsPerMinute` denials of executions.
/// - An opening in a guarded folder never waits.
package struct BrokerMachine: Sendable {
    package let policy: BrokerPolicy
    package private(set) var counters = BrokerCounters()
    /// Executions that wait, oldest first, and so by deadline and by id. At most `BrokerLimit.pendingCountMax`.
    private var pending: [Pending] = []
    private var hasEngine = false
    private var breaker = Breaker()
    private var budget: DenialBudget
    private var latest: Int64 = 0
    private var highestId: UInt64 = 0
    private var slowestMicroseconds: Int64 = 0
    private var armedAt: Int64?
    private var reported = BrokerCounters()
    private var reportDueAt: Int64 = 0
    private var actions: [BrokerAction] = []

    private struct Pending: Sendable {
        var id: UInt64
        var takenAt: Int64
        var isProtected: Bool
    }

    package init(policy: BrokerPolicy) {
        self.policy = policy
        budget = DenialBudget(countMax: policy.denialsPerMinute)
        pending.reserveCapacity(BrokerLimit.pendingCountMax)
    }

    package var mode: BrokerMode { !hasEngine ? .alone : breaker.isOpen ? .observing : .asking }

    /// The driver fills in the process ids.
    package var status: BrokerStatus {
        BrokerStatus(
            mode: mode, reason: breaker.reason, pack: breaker.pack,
            pauseLeftMicroseconds: breaker.pauseLeft(nowMicroseconds: latest),
            deadlineMicroseconds: policy.deadlineMicroseconds, denialsPerMinute: policy.denialsPerMinute,
            pendingCount: pending.count, slowestMicroseconds: slowestMicroseconds, counters: counters)
    }

    /// Takes one input and says what to do. Total: an input that does not apply is counted at most.
    ///
    /// What is overdue is settled before the input: a verdict that comes with the wake of its deadline is late.
    package mutating func handle(_ input: BrokerInput, nowMicroseconds: Int64) -> [BrokerAction] {
        latest = max(latest, nowMicroseconds)
        actions.removeAll(keepingCapacity: true)
        let modeBefore = mode
        breaker.pass(nowMicroseconds: latest)
        expire()
        switch input {
        case .event(let event): take(event)
        case .verdict(let id, let verdict, let pack): settle(id, verdict, pack: pack)
        case .askFailed(let id): fail(id)
        case .engineConnected:
            release()
            hasEngine = true
        case .engineLost:
            hasEngine = false
            release()
        case .tick: break
        }
        report(modeBefore: modeBefore, isNewEngine: input.isConnection)
        arm()
        return actions
    }

    private mutating func take(_ event: PermissionEvent) {
        counters[.events] += 1
        highestId = max(highestId, event.id)
        switch event.kind {
        case .open:
            counters[event.isOwnProcess ? .guardAllowed : .guardDenied] += 1
            actions.append(.answer(id: event.id, event.isOwnProcess ? .allow : .deny))
        case .execute:
            guard let reason = reasonNotToAsk(event) else { return ask(event) }
            counters[reason] += 1
            actions.append(.answer(id: event.id, .allow))
        }
    }

    private func reasonNotToAsk(_ event: PermissionEvent) -> BrokerCounter? {
        if mode != .asking { return .unasked }
        if event.isOwnProcess { return .exempt }
        if event.path.isEmpty || event.path.count > BrokerLimit.pathBytesMax { return .unreadable }
        return pending.count < BrokerLimit.pendingCountMax ? nil : .overflowed
    }

    private mutating func ask(_ event: PermissionEvent) {
        counters[.asked] += 1
        let isProtected = event.standing != .other && ProtectedProgram.reason(path: event.path) != nil
        pending.append(Pending(id: event.id, takenAt: latest, isProtected: isProtected))
        actions.append(
            .ask(ExecutionAsk(id: event.id, kind: event.kind, processId: event.processId, path: event.path)))
    }

    private mutating func settle(_ id: UInt64, _ verdict: Verdict, pack: UInt64) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else {
            counters[id <= highestId ? .lateVerdicts : .strayVerdicts] += 1
            return
        }
        breaker.met()
        let waiting = pending.remove(at: index)
        guard verdict == .deny else { return answer(waiting, .allow, .allowed) }
        guard !waiting.isProtected else { return answer(waiting, .allow, .deniedRefused) }
        guard budget.take(nowMicroseconds: latest) else {
            answer(waiting, .allow, .deniedOverBudget)
            return open(.denialBudget, pack: pack)
        }
        answer(waiting, .deny, .denied)
    }

    private mutating func answer(_ waiting: Pending, _ verdict: Verdict, _ counter: BrokerCounter) {
        counters[counter] += 1
        slowestMicroseconds = max(slowestMicroseconds, latest - waiting.takenAt)
        actions.append(.answer(id: waiting.id, verdict))
    }

    private mutating func expire() {
        while let oldest = pending.first, latest - oldest.takenAt >= policy.deadlineMicroseconds {
            miss(pending.removeFirst())
        }
    }

    private mutating func fail(_ id: UInt64) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
        miss(pending.remove(at: index))
    }

    private mutating func miss(_ waiting: Pending) {
        answer(waiting, .allow, .missed)
        if breaker.missed() { open(.misses, pack: 0) }
    }

    private mutating func open(_ reason: BreakerReason, pack: UInt64) {
        counters[.openings] += 1
        breaker.open(reason, pack: pack, nowMicroseconds: latest)
        release()
    }

    /// Allows all that wait.
    private mutating func release() {
        for waiting in pending { answer(waiting, .allow, .released) }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func report(modeBefore: BrokerMode, isNewEngine: Bool) {
        guard hasEngine else { return }
        let isDue = latest >= reportDueAt && counters != reported
        guard isNewEngine || mode != modeBefore || isDue else { return }
        reported = counters
        reportDueAt = latest + BrokerLimit.reportMicroseconds
        actions.append(.tell)
    }

    /// Asks to be woken when something is due: a deadline, or the end of a pause.
    private mutating func arm() {
        var due = pending.first.map { $0.takenAt + policy.deadlineMicroseconds }
        if due == nil, hasEngine { due = breaker.openUntil }
        guard due != armedAt else { return }
        armedAt = due
        if let due { actions.append(.arm(atMicroseconds: due)) } else { actions.append(.disarm) }
    }
}

extension BrokerInput {
    fileprivate var isConnection: Bool {
        if case .engineConnected = self { return true }
        return false
    }
}
