import AgentEngine
import FleetModel
import Testing

@Suite("UpdateMachine")
struct UpdateMachineTests {
    @Test("a release goes from offer to commit, each step told before it is taken")
    func goodRelease() {
        var rig = Rig()
        rig.give(.offer(Sample.offer(4)))
        #expect(rig.reported == [.downloading] && rig.actions.last == .download(Sample.offer(4)))
        rig.give(.bytesArrived(Sample.pinned(4).digest))
        #expect(rig.actions == [.verify(Sample.offer(4))])
        rig.give(.verified(Sample.pinned(4).digest))
        #expect(rig.actions == [.keep(Sample.pinned(4))])
        rig.give(.kept(Sample.pinned(4).digest))
        #expect(rig.reported == [.staged, .shadow] && rig.actions.last == .startShadow(Sample.pinned(4)))
        rig.give(.workerLoaded(.shadow, Sample.pinned(4).digest))
        rig.work(.shadow, 4)
        #expect(rig.reported == [.trial] && rig.actions.last == .swapIn(Sample.pinned(4)))
        rig.give(.workerLoaded(.active, Sample.pinned(4).digest))
        rig.work(.active, 4, from: 1000)
        #expect(rig.reported == [.committed])
        #expect(rig.actions.last == .drop(Sample.pinned(1).digest), "three proven generations stay")
        #expect(rig.machine.shelf.map(\.pinned) == [4, 3, 2].map { Sample.pinned($0) })
        #expect(rig.machine.foothold.record.generation == Sample.pinned(4))
    }

    @Test("a release that dies in shadow is taken away and the active worker is not touched")
    func shadowDeath() {
        var rig = Rig()
        rig.stage(4)
        rig.give(.workerFailed(.shadow, Sample.pinned(4).digest, .died("signal 4")))
        #expect(rig.actions.prefix(2) == [.endShadow, .drop(Sample.pinned(4).digest)])
        #expect(rig.reported == [.reverted] && rig.machine.settled.first?.failure == .crash)
        #expect(rig.machine.foothold.isLoaded)
    }

    @Test("a release that dies on trial goes back to the newest proven generation")
    func trialDeath() {
        var rig = Rig()
        rig.trial(4)
        rig.give(.workerFailed(.active, Sample.pinned(4).digest, .hung))
        #expect(rig.actions.prefix(2) == [.protect(Sample.pinned(3)), .drop(Sample.pinned(4).digest)])
        #expect(rig.machine.settled.first?.failure == .hang)
    }

    @Test("a program that the worker refuses is refused, not reverted")
    func refusedProgram() {
        var rig = Rig()
        rig.stage(4)
        rig.give(
            .workerFailed(.shadow, Sample.pinned(4).digest, .refused(code: "program.chaos_refused", message: "no")))
        #expect(rig.reported == [.refused] && rig.machine.settled.first?.code == "program.chaos_refused")
    }

    @Test("two bad releases in a row still end on a proven one, and neither is tried again")
    func twoBadReleases() {
        var rig = Rig()
        for number in 4...5 {
            rig.trial(number)
            rig.give(.workerFailed(.active, Sample.pinned(number).digest, .died("signal 4")))
            #expect(rig.actions.first == .protect(Sample.pinned(3)))
            rig.give(.workerLoaded(.active, Sample.pinned(3).digest))
        }
        #expect(rig.machine.shelf.count == 3)
        for number in 4...5 {
            rig.give(.offer(Sample.offer(number)), after: .hours(1))
            #expect(rig.actions.isEmpty && rig.machine.state == .idle)
        }
    }

    @Test("time alone commits nothing, work alone commits nothing")
    func evidenceIsBoth() {
        var idle = Rig()
        idle.trial(4)
        idle.wait(seconds: 60)
        #expect(idle.machine.state.name == "trial")
        var hasty = Rig()
        hasty.trial(4)
        for events in 0..<100 {
            hasty.give(
                .evidence(.active, Sample.pinned(4).digest, WorkerSample(eventsEvaluated: UInt64(events) * 1000)))
        }
        #expect(hasty.machine.state.name == "trial")
    }

    @Test("a clock that leaps counts for no more than the longest gap, one that goes back for nothing, and none hangs")
    func clockJumps() {
        var rig = Rig()
        rig.trial(4)
        rig.give(.evidence(.active, Sample.pinned(4).digest, WorkerSample(eventsEvaluated: 5000)), after: .hours(1000))
        #expect(rig.machine.state.name == "trial", "a leap is worth 5 of 10 seconds")
        rig.give(.evidence(.active, Sample.pinned(4).digest, WorkerSample(eventsEvaluated: 5010)), after: .hours(-2000))
        #expect(rig.machine.state.name == "trial")
        rig.work(.active, 4, from: 6000, seconds: 10)
        #expect(rig.machine.state == .idle && rig.reported == [.committed])
    }

    @Test("a release under which no event is evaluated is taken away in the end")
    func noEvidence() {
        var rig = Rig()
        rig.trial(4)
        rig.wait(seconds: 1000)
        #expect(rig.reported == [.reverted] && rig.machine.settled.first?.failure == .lostProtection)
    }

    @Test("a worker that never says that it has loaded counts as hung")
    func loadDeadline() {
        var rig = Rig()
        rig.stage(4)
        rig.wait(seconds: 20)
        #expect(rig.reported == [.reverted] && rig.machine.settled.first?.failure == .hang)
    }

    @Test("an attempt waits until the active generation is steady")
    func unsteady() {
        var rig = Rig()
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .died("signal 9")))
        rig.stage(4)
        #expect(rig.machine.state.name == "staged")
        rig.wait(seconds: 1)
        rig.give(.workerLoaded(.active, Sample.pinned(3).digest))
        rig.wait(seconds: 100)
        #expect(rig.machine.state.name == "shadow")
    }

    @Test("a generation that keeps dying is started later each time, then left for the next older one")
    func crashLoop() {
        var rig = Rig()
        var waits: [Int64] = []
        for _ in 1..<UpdateLimit.deathsMax {
            rig.give(.workerFailed(.active, Sample.pinned(3).digest, .died("signal 9")), after: .zero)
            #expect(rig.actions.isEmpty)
            let wait = rig.machine.wakeAfter ?? .zero
            waits.append(wait.milliseconds)
            for _ in 0..<10 where rig.actions.isEmpty { rig.give(.tick, after: rig.machine.wakeAfter ?? .zero) }
            #expect(rig.actions == [.restartActive(Sample.pinned(3))])
            rig.give(.workerLoaded(.active, Sample.pinned(3).digest), after: .zero)
        }
        #expect(waits == waits.sorted() && Set(waits).count > 2)
        rig.give(.workerFailed(.active, Sample.pinned(3).digest, .died("signal 9")))
        #expect(rig.actions.first == .protect(Sample.pinned(2)) && rig.reported == [.reverted])
    }

    @Test("below the oldest generation there is observing, and after the cool-down the oldest again")
    func cooldown() {
        var rig = Rig()
        for number in [3, 2, 1] {
            rig.give(
                .workerFailed(.active, Sample.pinned(number).digest, .refused(code: "program.malformed", message: "")))
        }
        #expect(rig.actions.first == .protect(nil) && rig.machine.foothold.record.generation == nil)
        rig.actions = []
        for _ in 0..<800 where rig.actions.isEmpty { rig.give(.tick, after: .seconds(1)) }
        #expect(rig.actions == [.protect(Sample.pinned(1))] && rig.machine.foothold.record.mode == .safe)
    }

    @Test("an input that comes late, about another release, has no effect")
    func lateInputs() {
        var rig = Rig()
        rig.trial(4)
        let before = rig.machine.state
        let late: [UpdateInput] = [
            .bytesArrived(Sample.pinned(3).digest), .kept(Sample.pinned(4).digest),
            .workerFailed(.active, Sample.pinned(3).digest, .died("")),
            .workerFailed(.shadow, Sample.pinned(4).digest, .hung), .workerLoaded(.shadow, Sample.pinned(4).digest),
        ]
        for input in late {
            rig.give(input, after: .zero)
            #expect(rig.actions.isEmpty && rig.machine.state == before)
        }
    }
}

@Suite("UpdateMachine: offers")
struct UpdateMachineOfferTests {
    @Test("an offer of what is held is no news", arguments: 1...3)
    func heldOffer(number: Int) {
        var rig = Rig()
        rig.give(.offer(Sample.offer(number)))
        #expect(rig.actions.isEmpty && rig.machine.state == .idle)
    }

    @Test("an offer that is older, of another pack or recalled is refused by its code")
    func badOffers() {
        var rig = Rig()
        rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(9), reason: "bad")], revision: 1))
        let cases: [(ReleaseOffer, String)] = [
            (ReleaseOffer(pinned: Sample.pinned(0), location: ""), "update.not_newer"),
            (Sample.offer(5, pack: "other"), "update.other_pack"), (Sample.offer(9), "update.recalled"),
        ]
        for (offer, code) in cases {
            rig.give(.offer(offer))
            #expect(rig.reported == [.refused] && rig.machine.settled.first?.code == code)
        }
    }

    @Test("a refused release is not taken again at once, and may be later, whichever way the clock went")
    func refusedAgain() {
        for (gap, isTaken) in [(Moment.Span.seconds(5), false), (.minutes(2), true), (.hours(-5), true)] {
            var rig = Rig()
            rig.give(.offer(Sample.offer(4)))
            rig.give(.bytesArrived(Sample.pinned(4).digest))
            rig.give(
                .verificationRefused(Sample.pinned(4).digest, code: "pack.digest_mismatch", message: "other bytes"))
            #expect(rig.reported == [.refused])
            let drop = UpdateAction.drop(Sample.pinned(4).digest)
            #expect(rig.actions.contains(drop), "an earlier run of the agent may have kept it")
            rig.give(.offer(Sample.offer(4)), after: gap)
            #expect((rig.machine.state.name == "downloading") == isTaken)
        }
    }

    @Test("a pack that cannot be fetched is tried again, later each time, until patience ends; then it is refused")
    func downloadRetries() {
        var rig = Rig()
        rig.give(.offer(Sample.offer(4)))
        var waits: [Int] = []
        for _ in 0..<100 where rig.machine.state.name == "downloading" {
            rig.give(.downloadFailed(Sample.pinned(4).digest, message: "connection refused"))
            var seconds = 0
            while rig.actions.isEmpty, seconds < 60 {
                rig.give(.tick, after: .seconds(1))
                seconds += 1
            }
            if rig.actions == [.download(Sample.offer(4))] { waits.append(seconds) }
        }
        #expect(rig.reported == [.refused])
        #expect(waits == waits.sorted() && waits[0] <= 2 && waits[1] > waits[0])
        let longest = UpdateLimit.downloadRetryMax.milliseconds / 1000 * (100 + UpdateLimit.jitterPercentMax) / 100 + 1
        #expect(waits.allSatisfy { $0 <= longest })
        let waited = Moment.Span.seconds(Int64(waits.reduce(0, +)))
        #expect(waited <= UpdateLimit.downloadPatience && waited > .minutes(9), "given up early")
    }

    @Test(
        "a pack that comes wrong is tried again a few times, for a mirror half way through an update; then it is refused"
    )
    func downloadComesWrong() {
        var rig = Rig()
        rig.give(.offer(Sample.offer(4)))
        var tries = 0
        for _ in 0..<60 where rig.machine.state.name == "downloading" {
            if rig.actions.contains(.download(Sample.offer(4))) {
                tries += 1
                rig.give(.downloadFailed(Sample.pinned(4).digest, message: "another hash", isLasting: true))
            } else {
                rig.give(.tick, after: .seconds(1))
            }
        }
        #expect(tries == UpdateLimit.lastingTriesMax && rig.reported == [.refused])
        #expect(rig.machine.settled.first?.code == "update.download_failed")
    }

    @Test(
        "an outage of the control plane shorter than the patience costs an endpoint nothing", arguments: [12, 120, 540])
    func downloadOutlivesOutage(seconds: Int64) {
        var rig = Rig()
        rig.give(.offer(Sample.offer(4)))
        let digest = Sample.pinned(4).digest
        rig.give(.downloadFailed(digest, message: "connection refused"))
        for _ in 0..<seconds {
            rig.give(.tick, after: .seconds(1))
            if rig.actions == [.download(Sample.offer(4))] {
                rig.give(.downloadFailed(digest, message: "connection refused"))
            }
        }
        for _ in 0..<45 where rig.actions != [.download(Sample.offer(4))] { rig.give(.tick, after: .seconds(1)) }
        rig.give(.bytesArrived(digest))
        rig.give(.verified(digest))
        rig.give(.kept(digest))
        #expect(rig.reported.contains(.staged))
    }

    @Test("a full disk refuses the release and leaves no half of it")
    func keepFails() {
        var rig = Rig()
        rig.give(.offer(Sample.offer(4)))
        rig.give(.bytesArrived(Sample.pinned(4).digest))
        rig.give(.verified(Sample.pinned(4).digest))
        rig.give(.keepFailed(Sample.pinned(4).digest, code: "disk.full", message: "free 1 MiB"))
        #expect(rig.actions.contains(.drop(Sample.pinned(4).digest)) && rig.reported == [.refused])
    }

    @Test("what is remembered stays within its bounds")
    func bounds() {
        var rig = Rig()
        for number in 10..<60 {
            rig.give(.offer(Sample.offer(number)))
            rig.give(.bytesArrived(Sample.pinned(number).digest))
            rig.give(.verificationRefused(Sample.pinned(number).digest, code: "pack.truncated", message: ""))
        }
        #expect(rig.machine.settled.count == UpdateLimit.settledKept)
        let recalls = (100..<500).map { RecalledRelease(pinned: Sample.pinned($0), reason: "") }
        rig.give(.recalls(recalls, revision: 2))
        rig.give(.recalls(recalls, revision: 3))
        #expect(rig.machine.recalled == recalls.suffix(UpdateLimit.recalledKept).reversed(), "the newest are kept")
        #expect(rig.machine.journal.isSound)
    }
}

@Suite("UpdateMachine: recalls")
struct UpdateMachineRecallTests {
    @Test("a recall takes the release away in every stage and remembers it")
    func recallInEachStage() {
        let stages: [(String, (inout Rig) -> Void)] = [
            ("downloading", { $0.give(.offer(Sample.offer(4))) }), ("shadow", { $0.shadow(4) }),
            ("trial", { $0.trial(4) }),
            ("idle", { $0.commit(4) }),
        ]
        for (name, reach) in stages {
            var rig = Rig()
            reach(&rig)
            #expect(rig.machine.state.name == name)
            rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(4), reason: "bad")], revision: 7))
            #expect(rig.machine.state == .idle && rig.machine.journal.recallRevision == 7)
            #expect(rig.machine.foothold.record.generation == Sample.pinned(3))
            #expect(!rig.machine.shelf.contains { $0.pinned == Sample.pinned(4) })
            #expect(name == "downloading" || rig.actions.contains(.drop(Sample.pinned(4).digest)))
            #expect((name == "trial" || name == "idle") == rig.actions.contains(.protect(Sample.pinned(3))))
            rig.give(.offer(Sample.offer(4)), after: .hours(1))
            #expect(rig.machine.state == .idle)
        }
    }

    @Test("a recall of the generation that a trial would fall back to leaves the trial, and takes the way back away")
    func recallOfTheFoothold() {
        var rig = Rig()
        rig.trial(4)
        rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(3), reason: "bad")], revision: 1))
        #expect(rig.machine.state.name == "trial" && !rig.actions.contains(.protect(Sample.pinned(2))))
        rig.give(.workerFailed(.active, Sample.pinned(4).digest, .hung))
        #expect(rig.actions.first == .protect(Sample.pinned(2)))
    }

    @Test("every recall of a list is acted on, whichever of them are remembered")
    func recallBeyondTheBound() {
        for place in [0, 200, 399] {
            var rig = Rig()
            rig.trial(4)
            var recalls = (100..<499).map { RecalledRelease(pinned: Sample.pinned($0), reason: "") }
            recalls.insert(RecalledRelease(pinned: Sample.pinned(4), reason: "bad"), at: place)
            rig.give(.recalls(recalls, revision: 400))
            #expect(rig.machine.state == .idle && rig.actions.contains(.drop(Sample.pinned(4).digest)))
        }
    }

    @Test("a control plane that counts its recalls from the start again is heard")
    func recallOfALowerRevision() {
        var rig = Rig()
        rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(9), reason: "bad")], revision: 7))
        rig.give(.recalls([RecalledRelease(pinned: Sample.pinned(3), reason: "bad")], revision: 1))
        #expect(rig.machine.journal.recallRevision == 1, "the next report says what was acted on")
        #expect(rig.actions.first == .protect(Sample.pinned(2)) && rig.machine.recalled.count == 2)
    }

    @Test("when everything is recalled, the endpoint observes")
    func recallOfAll() {
        var rig = Rig()
        rig.give(.recalls((1...3).map { RecalledRelease(pinned: Sample.pinned($0), reason: "") }, revision: 1))
        #expect(rig.actions.first == .protect(nil) && rig.machine.shelf.isEmpty)
    }
}
