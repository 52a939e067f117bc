import AgentEngine
import FleetModel
import Testing

@Suite("UpdateMachine: footing, safe mode and budgets")
struct FootingTests {
    private static let shelf = [Sample.proven(3), Sample.proven(2), Sample.proven(1)]

    private static func rig(_ guardWord: GuardWord, attempt: UpdateJournal.Attempt? = nil, bootID: String = "boot-1")
        -> Rig
    {
        Rig(
            journal: .intact(Sample.journal(proven: shelf, attempt: attempt)),
            found: shelf.map { FoundGeneration(pinned: $0.pinned, mark: $0) }
                + [FoundGeneration(pinned: Sample.pinned(4), mark: nil)], bootID: bootID, guardWord: guardWord)
    }

    /// Lets the generation die until the machine leaves it.
    private static func wearOut(_ rig: inout Rig) {
        guard let standing = rig.machine.foothold.record.generation else { return }
        for _ in 0..<200 where rig.machine.foothold.record.generation == standing {
            rig.give(.workerFailed(.active, standing.digest, .died("signal 4")))
            rig.give(.tick, after: .seconds(5))
        }
    }

    @Test("a worker that someone kills is started again within a second, however often, and no generation pays for it")
    func killedFromOutside() {
        var rig = Self.rig(.none)
        rig.give(.workerLoaded(.active, Sample.pinned(3).digest))
        for _ in 0..<100 {
            rig.give(.workerFailed(.active, Sample.pinned(3).digest, .killed("signal 9")), after: .milliseconds(500))
            let wait = rig.machine.wakeAfter ?? .minutes(1)
            #expect(wait > .zero && wait <= .seconds(1))
            rig.give(.tick, after: wait)
            #expect(rig.actions == [.restartActive(Sample.pinned(3))])
            rig.give(.workerLoaded(.active, Sample.pinned(3).digest))
        }
        #expect(rig.machine.foothold.record.deaths == 0 && rig.machine.foothold.record.mode == .normal)
        rig.give(.tick, after: UpdateLimit.killsForgottenAfter)
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .killed("signal 9")))
        #expect(rig.machine.wakeAfter ?? .minutes(1) <= .milliseconds(UpdateLimit.restartBase.milliseconds * 2))
    }

    @Test("a release whose worker is killed in shadow or on trial is taken away: what was not watched is not proven")
    func killedOnTrial() {
        var rig = Rig()
        rig.stage(4)
        rig.give(.workerFailed(.shadow, Sample.pinned(4).digest, .killed("signal 9")))
        #expect(rig.reported == [.reverted])
    }

    @Test("a guard that says safe mode puts the endpoint on its oldest proven generation, and nothing new is taken")
    func guardSaysSafe() {
        var rig = Self.rig(GuardWord(mode: .safe, lastBoot: .unclean))
        #expect(rig.actions.first == .protect(Sample.pinned(1)))
        rig.give(.offer(Sample.offer(5)))
        #expect(rig.reported == [.refused] && rig.machine.settled.first?.code == "update.safe_mode")
        #expect(rig.machine.state == .idle)
    }

    @Test("a guard that says observe leaves no content running, and a recall is obeyed all the same")
    func guardSaysObserve() {
        var rig = Self.rig(GuardWord(mode: .observe, lastBoot: .unclean))
        #expect(rig.actions.first == .protect(nil))
        rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(3), reason: "bad")], revision: 1))
        #expect(rig.actions.contains(.drop(Sample.pinned(3).digest)))
    }

    @Test("safe mode ends after its span with the oldest generation well, and the newest protects again")
    func safeModeEnds() {
        var rig = Self.rig(GuardWord(mode: .safe, lastBoot: .unclean))
        rig.give(.workerLoaded(.active, Sample.pinned(1).digest))
        var seconds: Int64 = 0
        while rig.machine.foothold.record.mode == .safe, seconds < 100_000 {
            rig.give(.tick, after: .seconds(5))
            seconds += 5
        }
        #expect(seconds * 1000 >= UpdateLimit.safeSpan.milliseconds)
        #expect(rig.actions == [.protect(Sample.pinned(3))])
    }

    @Test("a clock that leaps does not end safe mode early")
    func safeModeWithLeap() {
        var rig = Self.rig(GuardWord(mode: .safe, lastBoot: .unclean))
        rig.give(.workerLoaded(.active, Sample.pinned(1).digest))
        rig.give(.tick, after: .hours(10_000))
        #expect(rig.machine.foothold.record.mode == .safe)
    }

    @Test("generations that keep dying are left one by one; the last stands in safe mode, and below it nothing runs")
    func ladder() {
        var rig = Rig()
        Self.wearOut(&rig)
        #expect(rig.machine.foothold.record.generation == Sample.pinned(2))
        #expect(rig.machine.foothold.record.mode == .normal)
        Self.wearOut(&rig)
        #expect(rig.machine.foothold.record.generation == Sample.pinned(1))
        #expect(rig.machine.foothold.record.mode == .safe)
        Self.wearOut(&rig)
        #expect(rig.machine.foothold.record.generation == nil && rig.machine.foothold.record.mode == .observe)
        #expect(rig.machine.shelf.count == 3, "what is proven is kept")
    }

    @Test("automatic climbs are bounded: an endpoint whose every generation dies comes to rest, and can be resumed")
    func climbsAreBounded() {
        var rig = Rig()
        var starts = 0
        // Ten weeks in which every worker dies as soon as it is started.
        for _ in 0..<1_300_000 where !(rig.machine.isStuck && rig.machine.foothold.record.generation == nil) {
            if let generation = rig.machine.foothold.record.generation {
                rig.give(.workerFailed(.active, generation.digest, .died("signal 4")), after: .seconds(1))
                starts += rig.actions.contains { if case .restartActive = $0 { true } else { false } } ? 1 : 0
            }
            rig.give(.tick, after: .seconds(5))
        }
        #expect(rig.machine.isStuck && rig.machine.foothold.record.generation == nil)
        let climbs = rig.machine.foothold.record.climbs
        for _ in 0..<10_000 { rig.give(.tick, after: .seconds(5)) }
        #expect(rig.machine.foothold.record.climbs == climbs && rig.machine.foothold.record.generation == nil)
        rig.give(.resume)
        #expect(rig.actions == [.protect(Sample.pinned(3))] && rig.machine.foothold.record.climbs == 0)
    }

    @Test("waits after a failure differ between endpoints by at most a quarter")
    func jitter() {
        var waits: Set<Int64> = []
        for seed in 0..<50 as Range<UInt64> {
            var machine = UpdateMachine(policy: Sample.policy)
            _ = machine.handle(
                .started(
                    AgentStart(
                        journal: .intact(Sample.journal(proven: Self.shelf)),
                        found: Self.shelf.map { FoundGeneration(pinned: $0.pinned, mark: $0) }, bootID: "boot-1",
                        protections: .all, jitterSeed: seed)), at: Sample.start)
            for _ in 0..<3 {
                _ = machine.handle(.workerFailed(.active, Sample.pinned(3).digest, .died("x")), at: Sample.start)
                let wait = machine.wakeAfter?.milliseconds ?? 0
                waits.insert(wait)
                _ = machine.handle(.tick, at: Sample.start + .seconds(4))
            }
        }
        #expect(waits.count > 10)
        #expect(waits.allSatisfy { $0 >= 100 && $0 <= 2500 })
    }

    @Test("a trial goes on after a reboot in good order that the guard has marked, and not after any other")
    func cleanReboot() {
        let attempt = Sample.attempt(4, .trial, isStoppedCleanly: true)
        func state(_ boot: GuardWord.BootEnd, stopped: Bool = true) -> String {
            Self.rig(
                GuardWord(mode: .normal, lastBoot: boot),
                attempt: stopped ? attempt : Sample.attempt(4, .trial), bootID: "boot-2"
            ).machine.state.name
        }
        #expect(state(.clean) == "staged")
        #expect(state(.unclean) == "idle" && state(.unknown) == "idle" && state(.clean, stopped: false) == "idle")
    }

    @Test("a release that no longer detects the canary event is taken away, in shadow and on trial")
    func canary() {
        var rig = Rig()
        rig.commit(4)
        #expect(rig.machine.shelf.first?.detectsCanary == true)
        let blind = WorkerSample(eventsEvaluated: 50, detectsCanary: false)
        var shadow = rig
        shadow.shadow(5)
        shadow.give(.evidence(.shadow, Sample.pinned(5).digest, blind))
        #expect(shadow.reported == [.reverted] && shadow.machine.settled.first?.failure == .lostProtection)
        var trial = rig
        trial.trial(5)
        trial.give(.evidence(.active, Sample.pinned(5).digest, blind))
        #expect(trial.reported == [.reverted] && trial.machine.settled.first?.code == "worker.canary_missed")
        // Where nothing that is proven detects it, a release cannot lose it.
        var first = Rig()
        first.shadow(4)
        first.give(.evidence(.shadow, Sample.pinned(4).digest, blind))
        #expect(first.machine.state.name == "shadow")
    }

    @Test("a release on trial is not kept before the canary event was seen to be detected")
    func canaryBeforeCommit() {
        var rig = Rig()
        rig.commit(4)
        rig.trial(5)
        for second in 1...60 {
            rig.give(
                .evidence(
                    .active, Sample.pinned(5).digest,
                    WorkerSample(eventsEvaluated: 1000 + UInt64(second) * 10, takenAt: rig.now)), after: .seconds(1))
        }
        #expect(rig.machine.state.name == "trial")
        rig.work(.active, 5, from: 5000)
        #expect(rig.reported == [.committed])
    }

    @Test(
        "a release that passes its budget is taken away by the budget's name",
        arguments: ["worker.over_memory", "worker.over_processor", "worker.over_latency", "worker.alert_storm"])
    func budgets(code: String) {
        for isTrial in [false, true] {
            var rig = Rig()
            isTrial ? rig.trial(4) : rig.shadow(4)
            let slot: WorkerSlot = isTrial ? .active : .shadow
            for second in 0..<30 as Range<Int64> where rig.machine.state != .idle {
                var sample = WorkerSample(eventsEvaluated: 1, takenAt: Sample.start + .seconds(second))
                switch code {
                case "worker.over_memory": sample.residentBytes = 300 << 20
                case "worker.over_processor": sample.processorTime = .milliseconds(second * 600)
                case "worker.over_latency": sample.answerTime = .milliseconds(1500)
                default: sample.matches = UInt64(second) * 100
                }
                rig.give(.evidence(slot, Sample.pinned(4).digest, sample))
            }
            #expect(rig.machine.settled.first?.code == code, "on trial: \(isTrial)")
        }
    }

    @Test("during an attack a release in shadow may be as loud as the active one")
    func loudHost() {
        var rig = Rig()
        rig.shadow(4)
        for second in 1...4 as ClosedRange<UInt64> {
            let sample = WorkerSample(eventsEvaluated: second * 10, matches: second * 500, takenAt: rig.now)
            rig.give(.evidence(.active, Sample.pinned(3).digest, sample))
            rig.give(.evidence(.shadow, Sample.pinned(4).digest, sample), after: .milliseconds(900))
        }
        #expect(rig.machine.state.name == "shadow")
    }

    @Test("on a host on which the active worker is slow too, a release in shadow is not blamed for it")
    func slowHost() {
        var rig = Rig()
        rig.shadow(4)
        for second in 1...10 as ClosedRange<UInt64> {
            let sample = WorkerSample(
                eventsEvaluated: second, answerTime: .milliseconds(1500), takenAt: rig.now, detectsCanary: true)
            rig.give(.evidence(.active, Sample.pinned(3).digest, sample))
            rig.give(.evidence(.shadow, Sample.pinned(4).digest, sample), after: .milliseconds(100))
        }
        #expect(rig.machine.state.name == "shadow")
    }

    @Test("a proven generation that asks for too many destructive actions is left at once for the next older one")
    func destructive() {
        var rig = Rig()
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .destructive("30 denials in a minute")))
        #expect(rig.actions.first == .protect(Sample.pinned(2)) && rig.reported == [.reverted])
        #expect(rig.machine.shelf.count == 3, "it is kept, and tried again after a climb")
    }

    @Test("a generation that was left is told as reverted with how it failed, until it stands again")
    func fallBackIsTold() {
        var rig = Rig()
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .refused(code: "c", message: "m")))
        func stage() -> ReleaseStage? { rig.machine.reports.first { $0.pinned == Sample.pinned(3) }?.stage }
        #expect(stage() == .reverted)
        rig.give(.resume)
        #expect(stage() == .committed)
    }
}

extension FootingTests {
    @Test("when everything proven was recalled in safe mode or observing, the endpoint takes the next release")
    func recallOfEverything() {
        for mode in [ProtectionMode.safe, .observe] {
            var rig = Rig(
                journal: .intact(Sample.journal(proven: [Sample.proven(1)])),
                found: [FoundGeneration(pinned: Sample.pinned(1), mark: Sample.proven(1))],
                guardWord: GuardWord(mode: mode, lastBoot: .unclean))
            rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(1), reason: "bad")], revision: 1))
            rig.give(.offer(Sample.offer(5)))
            #expect(rig.machine.state.name == "downloading")
        }
    }

    @Test("a destructive generation is left although a restart of its worker is due")
    func destructiveWhileRestarting() {
        var rig = Rig()
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .killed("signal 9")))
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .destructive("m")))
        #expect(rig.actions.first == .protect(Sample.pinned(2)))
    }
}
