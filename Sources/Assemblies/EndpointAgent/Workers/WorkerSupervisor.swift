import AgentEngine
import CanonicalCoding
import FleetModel
import Glibc
import WorkerSandbox
import WorkerWire

/// Starts, watches and ends the active worker and the shadow worker. It tells the update machine what it sees, and
/// decides nothing: whether a worker that failed is started again is the machine's decision.
actor WorkerSupervisor {
    /// How workers are watched.
    struct Watch: Hashable, Sendable {
        /// A loaded worker that has not answered a ping for this long has hung.
        var deadline: Moment.Span
        /// A worker that has not loaded for this long has hung. Longer than a release that is tried is given, whose
        /// deadline is the update machine's: this one is for generations that were proven.
        var loadDeadline = Moment.Span.seconds(60)
        /// Between two pings in quiet times.
        var calmInterval = Moment.Span.seconds(5)
        /// Between two pings while a release is in shadow or on trial: its evidence.
        var closeInterval = Moment.Span.seconds(1)
    }

    /// Resident bytes of a worker: its address space is limited to more, and a pack at its bounds takes a third of it.
    static let residentBytesMax = WorkerBudget.standard.residentBytesMax

    private let launch: WorkerLaunch
    private let pump: EventPump
    private let clock: AgentClock
    private let log: AgentLog
    /// To the update machine.
    private let tell: @Sendable (UpdateInput) -> Void
    /// A match of the active worker, and the release that it runs. Called before the event may be forgotten.
    private let onMatch: @Sendable (RuleMatch, PinnedRelease) -> Void
    /// Whether the active release has rules that would deny; read by the broker's thread.
    let denials = DenyRules()
    private var judgments: [UInt64: CheckedContinuation<RuleMatch?, Never>] = [:]
    private var judgmentNonce: UInt64 = 0
    /// Judgments under way at once: as many as executions may wait at the broker. More are allowed unjudged.
    static let judgmentCountMax = 256
    private let bell = Bell()
    private var slots: [WorkerSlot: RunningWorker] = [:]
    /// Tasks that read what workers say, by the number of the load; each ends with its worker.
    private var readers: [UInt32: Task<Void, Never>] = [:]
    private var loads: UInt32 = 0
    private var watch: Watch
    private var watchesClosely = false

    init(
        launch: WorkerLaunch, pump: EventPump, clock: AgentClock, log: AgentLog, watch: Watch,
        tell: @escaping @Sendable (UpdateInput) -> Void, onMatch: @escaping @Sendable (RuleMatch, PinnedRelease) -> Void
    ) {
        self.launch = launch
        self.pump = pump
        self.clock = clock
        self.log = log
        self.watch = watch
        self.tell = tell
        self.onMatch = onMatch
    }

    /// Starts a worker in `slot`, in place of the one there, and sends it the program. What becomes of it is told.
    func run(_ pinned: PinnedRelease, program: [UInt8], in slot: WorkerSlot) async {
        remove(slot, expectsNext: true)
        loads += 1
        let worker: RunningWorker
        do throws(SandboxError) {
            let process = try await WorkerProcess.launch(launch)
            worker = RunningWorker(
                pinned: pinned, process: process, generation: loads, slot: slot, launchedAt: clock.now())
        } catch {
            log.trouble(error.code.rawValue, "\(error)")
            return tell(.workerFailed(slot, pinned.digest, .died("\(error)")))
        }
        slots[slot] = worker
        // The reader ends with the worker's events, which end with its process.
        readers[worker.generation] = Task { [weak self] in
            for await event in worker.process.events { await self?.take(event, from: worker, program: program) }
            await self?.forgetReader(of: worker)
        }
    }

    private func forgetReader(of worker: RunningWorker) { readers[worker.generation] = nil }

    /// Makes the shadow worker the active one; false when the shadow does not have `pinned` loaded.
    func promoteShadow(_ pinned: PinnedRelease) -> Bool {
        guard let shadow = slots[.shadow], shadow.pinned == pinned, shadow.with({ $0.isLoaded && !$0.isRetired }) else {
            return false
        }
        let before = slots[.active]
        slots = [.active: shadow]
        judgedNothing()
        denials.set(shadow.with { $0.denyRuleCount })
        let sequence = pump.promoteShadow(shadow.process)
        shadow.with { standing in
            standing.slot = .active
            standing.answersAfter = sequence
        }
        if let before, before.retire() {
            // It answers for what it was sent, then ends.
            before.with { $0.isDraining = true }
            before.process.finish()
        }
        noteProtection(by: shadow)
        tell(.workerLoaded(.active, pinned.digest))
        return true
    }

    /// From now on this worker evaluates every event: the end of a gap in protection, if there was one.
    private func noteProtection(by worker: RunningWorker) {
        log.write(
            .protecting,
            [
                ("release", .string(worker.pinned.release.text)),
                ("worker_pid", .integer(Int64(worker.process.processId))),
            ])
    }

    /// Ends the worker in `slot`, if there is one, and events for it.
    func end(_ slot: WorkerSlot) { remove(slot, expectsNext: false) }

    /// - Parameter expectsNext: Events for the active slot wait until another worker is there.
    private func remove(_ slot: WorkerSlot, expectsNext: Bool) {
        switch slot {
        case .active:
            pump.activeEnded(expectsNext: expectsNext)
            judgedNothing()
        case .shadow: pump.shadowEnded()
        }
        guard let worker = slots.removeValue(forKey: slot) else { return }
        _ = worker.retire()
        worker.process.kill()
    }

    /// Ends both workers in order: the active one evaluates what it was sent. When this returns, every match was told.
    func finish() async {
        end(.shadow)
        pump.activeFinishes()
        judgedNothing()
        if let active = slots.removeValue(forKey: .active), active.retire() {
            active.with { $0.isDraining = true }
            active.process.finish()
        }
        // A process that was told to end is killed after a while; so its events end.
        for reader in readers.values { await reader.value }
    }

    func set(_ watch: Watch, closely: Bool) {
        guard closely != watchesClosely || watch != self.watch else { return }
        self.watch = watch
        watchesClosely = closely
        bell.ring()
    }

    /// The worker of a slot as the health report sees it.
    func standing(of slot: WorkerSlot) -> (isLoaded: Bool, hasAnswered: Bool, detectsCanary: Bool?)? {
        guard let worker = slots[slot] else { return nil }
        return worker.with { ($0.isLoaded, $0.lastPongAt != nil, $0.canary?.isDetected) }
    }

    /// What runs in a slot; nil when nothing does.
    func release(in slot: WorkerSlot) -> PinnedRelease? { slots[slot]?.pinned }

    /// Asks the active worker about an execution that waits; nil when none of its rules would deny it, when there is no
    /// worker, and when the worker ends before it answers. The caller's deadline is the broker's.
    func judge(_ event: TelemetryEvent) async -> (RuleMatch, PinnedRelease)? {
        guard let active = slots[.active], active.with({ $0.isLoaded && !$0.isRetired }),
            judgments.count < Self.judgmentCountMax
        else { return nil }
        judgmentNonce += 1
        let nonce = judgmentNonce
        let match = await withCheckedContinuation { continuation in
            judgments[nonce] = continuation
            let frame = AgentFrame.judge(nonce: nonce, encoded: EventCoding.encode(event))
            if (try? active.process.send(frame)) != .accepted { judged(nonce, nil) }
        }
        return match.map { ($0, active.pinned) }
    }

    private func judged(_ nonce: UInt64, _ match: RuleMatch?) {
        judgments.removeValue(forKey: nonce)?.resume(returning: match)
    }

    /// Nobody answers for the active worker any more.
    private func judgedNothing() {
        for nonce in judgments.keys { judged(nonce, nil) }
        denials.set(0)
    }

    /// The process of a slot's worker; nil when there is none.
    func processId(of slot: WorkerSlot) -> Int32? { slots[slot]?.process.processId }

    // MARK: Pings

    /// Pings workers and ends those that do not answer, until the task is cancelled. One timer for both workers.
    func keepWatch() async {
        while !Task.isCancelled {
            let now = clock.now()
            let interval = watchesClosely ? watch.closeInterval : watch.calmInterval
            var next = now + interval
            for worker in slots.values { next = min(next, look(at: worker, now: now, interval: interval)) }
            _ = await bell.wait(upTo: max(next - clock.now(), .milliseconds(1)))
        }
    }

    /// Pings the worker when that is due; gives the time of the next look at it.
    private func look(at worker: RunningWorker, now: Moment, interval: Moment.Span) -> Moment {
        let deadline = watch.deadline
        let sequence = pump.latestSequence
        let (isLoaded, outstanding, last) = worker.with { ($0.isLoaded && !$0.isRetired, $0.ping, $0.lastPongAt) }
        guard isLoaded else {
            if now - worker.launchedAt > watch.loadDeadline { fail(worker, .hung) }
            return now + interval
        }
        if let outstanding {
            guard now - outstanding.sentAt >= deadline else { return outstanding.sentAt + deadline }
            fail(worker, .hung)
            return now + interval
        }
        if let last, now - last < interval { return last + interval }
        let nonce = worker.with { standing -> UInt64 in
            standing.nonce += 1
            standing.ping = .init(nonce: standing.nonce, sentAt: now, sequence: sequence)
            return standing.nonce
        }
        // A worker that takes no frame is judged by the same deadline.
        _ = try? worker.process.send(.canary(nonce: nonce, encoded: CanaryEvent.encoded))
        _ = try? worker.process.send(.ping(nonce: nonce))
        return now + deadline
    }

    // MARK: Frames

    private func take(_ event: WorkerEvent, from worker: RunningWorker, program: [UInt8]) {
        switch event {
        case .frame(.match(let match)):
            let isNews = worker.with { standing in
                standing.slot == .active && standing.isLoaded && match.sequence > standing.answersAfter
                    && (!standing.isRetired || standing.isDraining)
            }
            if isNews { onMatch(match, worker.pinned) }
        case .frame(let frame):
            if worker.with({ !$0.isRetired }) { take(frame, from: worker, program: program) }
        case .wireBroken(let error): fail(worker, .died("it sent what is no frame: \(error)"))
        case .ended(let ending):
            let fault = worker.with { $0.fault }
            let words = ending.lastWords.split(separator: "\n").last.map { ": \($0.prefix(200))" } ?? ""
            // One that we killed is retired, and its end is no news.
            let isKilled = fault == nil && ending.cause == .killed(signal: SIGKILL)
            fail(worker, isKilled ? .killed("\(ending)") : .died((fault ?? "\(ending)") + words))
        }
    }

    private func take(_ frame: WorkerFrame, from worker: RunningWorker, program: [UInt8]) {
        switch frame {
        case .hello(let hello):
            guard hello.wireVersion == WireLimit.version, hello.seal.isComplete else {
                // What is not sealed gets not one byte of a program.
                return fail(worker, .died("it is not sealed, or of another version than this agent"))
            }
            let load = AgentFrame.load(generation: worker.generation, program: program)
            guard (try? worker.process.send(load)) == .accepted else {
                return fail(worker, .died("it took no program"))
            }
        case .loaded(let loaded):
            guard loaded.generation == worker.generation, !worker.with({ $0.isLoaded }) else { return }
            let slot = worker.with { standing in
                standing.isLoaded = true
                standing.denyRuleCount = loaded.denyRuleCount
                return standing.slot
            }
            if slot == .active { denials.set(loaded.denyRuleCount) }
            pump.aim(slot, at: worker.process)
            if slot == .active { noteProtection(by: worker) }
            tell(.workerLoaded(slot, worker.pinned.digest))
            bell.ring()
        case .refused(let refused):
            guard refused.generation == worker.generation else { return }
            fail(worker, .refused(code: refused.code, message: refused.message))
        case .pong(let pong): take(pong, from: worker)
        case .fault(let code, let message): worker.with { $0.fault = "\(code): \(message)" }
        case .judged(let nonce, let match):
            if slots[.active] === worker { judged(nonce, match) }
        case .canaryResult(let nonce, let count): worker.with { $0.canary = (nonce, count > 0) }
        case .match: break
        }
    }

    private func take(_ pong: WorkerFrame.Pong, from worker: RunningWorker) {
        let now = clock.now()
        let answer = worker.with { standing -> Answer? in
            guard let ping = standing.ping, ping.nonce == pong.nonce else { return nil }
            let before = standing.eventsEvaluated + standing.eventsRefused
            let after = pong.eventsEvaluated &+ pong.eventsRefused
            standing.ping = nil
            standing.lastPongAt = now
            standing.eventsEvaluated = pong.eventsEvaluated
            standing.eventsRefused = pong.eventsRefused
            let canary = standing.canary.flatMap { $0.nonce == ping.nonce ? $0.isDetected : nil }
            return Answer(
                slot: standing.slot, ping: ping, count: after > before ? after - before : 0, detectsCanary: canary)
        }
        guard let answer else { return }
        if answer.slot == .active { pump.evaluated(through: answer.ping.sequence, count: answer.count) }
        let usage = worker.process.usage()
        if let usage, usage.residentBytes > Self.residentBytesMax {
            return fail(worker, .overBudget("the worker uses \(usage.residentBytes >> 20) MiB of memory"))
        }
        let sample = WorkerSample(
            eventsEvaluated: pong.eventsEvaluated, matches: pong.matches,
            processorTime: .milliseconds(Int64(clamping: usage?.processorMilliseconds ?? 0)),
            residentBytes: usage?.residentBytes ?? 0, answerTime: now - answer.ping.sentAt, takenAt: now,
            detectsCanary: answer.detectsCanary)
        tell(.evidence(answer.slot, worker.pinned.digest, sample))
    }

    /// What an answered ping says.
    private struct Answer {
        let slot: WorkerSlot
        let ping: RunningWorker.Ping
        /// Events evaluated or refused since the answer before.
        let count: UInt64
        let detectsCanary: Bool?
    }

    /// Takes a worker that failed out of its slot and tells of it, once.
    private func fail(_ worker: RunningWorker, _ fault: WorkerFault) {
        let slot = worker.with { $0.slot }
        guard worker.retire() else { return }
        worker.process.kill()
        if slots[slot] === worker { remove(slot, expectsNext: true) }
        log.write(
            .worker,
            [
                ("slot", .string(slot.rawValue)), ("release", .string(worker.pinned.release.text)),
                ("fault", .string("\(fault)")),
            ])
        tell(.workerFailed(slot, worker.pinned.digest, fault))
    }
}
