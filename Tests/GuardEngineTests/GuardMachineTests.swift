@testable import GuardEngine
import Testing

@Suite("Guard machine")
struct GuardMachineTests {
    private func rig(second: Bool = false) -> GuardRig {
        var rig = GuardRig(hasSecondBuild: second)
        rig.begin()
        return rig
    }

    // MARK: Boots

    @Test("the first installation is what the endpoint stands on")
    func firstBoot() {
        let rig = rig()
        #expect(rig.starts == [StartOrder(slot: .a, mode: .normal, wasClean: true, isTrial: false)])
        #expect(rig.machine.record.bootCount == 1)
        #expect(rig.machine.record.slotA.standing == .proven)
        #expect(rig.violations.isEmpty)
    }

    @Test("a trial that a power cut ended is reverted before the agent starts")
    func trialAndPowerCut() {
        var rig = rig()
        rig.beginTrial(Sample.digest(50))
        rig.powerCut()
        #expect(rig.packs.isEmpty)
        #expect(rig.machine.record.reverted == Sample.digest(50))
        #expect(rig.starts.last?.wasClean == false)
        #expect(
            String(decoding: rig.machine.bootLine.bytes, as: UTF8.self).hasSuffix(
                "2 unclean mode=normal slot=a reverted=" + String(repeating: "0", count: 62) + "32"))
    }

    @Test("a clean reboot continues a trial that its agent stopped in good order, and no other")
    func trialAndCleanReboot() {
        for isStopped in [true, false] {
            var rig = rig()
            rig.beginTrial(Sample.digest(50))
            rig.reboot(agentSaysStopped: isStopped)
            #expect(rig.packs.isEmpty == !isStopped)
            #expect(rig.starts.last?.wasClean == true)
        }
    }

    @Test("a torn journal takes away every pack without a mark, and no pack with one")
    func tornJournal() {
        var rig = rig()
        rig.packs = [(Sample.digest(60), true), (Sample.digest(61), false)]
        rig.journal = .torn("test")
        rig.reboot()
        #expect(rig.packs.map(\.digest) == [Sample.digest(60)])
        #expect(!rig.machine.record.isSweepDue)
    }

    @Test("a guard that is started again in the same boot counts nothing and reverts nothing")
    func sameBoot() {
        var rig = rig()
        rig.beginTrial(Sample.digest(50))
        rig.killGuard()
        rig.killGuard()
        #expect(rig.machine.record.bootCount == 1)
        #expect(rig.packs.count == 1)
        #expect(rig.starts.count == 1, "the agent is adopted, not started a second time")
    }

    @Test("three unclean boots in a row are safe mode, six are observing; a healthy stretch clears the count")
    func uncleanBoots() {
        var rig = rig()
        var modes: [GuardMode] = []
        for _ in 0..<7 {
            rig.powerCut()
            modes.append(rig.starts.last?.mode ?? .normal)
        }
        #expect(modes == [.normal, .normal, .safe, .safe, .safe, .observe, .observe])
        var other = self.rig()
        for _ in 0..<10 {
            other.powerCut()
            other.powerCut()
            other.say(.well)
        }
        #expect(other.machine.record.mode == .normal)
    }

    @Test("a clean boot in between does not make unclean ones forgotten; only a healthy stretch does")
    func cleanBootKeepsCount() {
        var rig = rig()
        rig.powerCut()
        rig.powerCut()
        rig.reboot()
        rig.powerCut()
        #expect(rig.starts.last?.mode == .safe)
    }

    @Test("a torn record is a failure: safe mode, and the slots are what their marks say")
    func tornRecord() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.agentEnds(.signalled(11))
        rig.record = Array(rig.record?.dropLast(5) ?? [])
        rig.powerCut()
        #expect(rig.starts.last == StartOrder(slot: .a, mode: .safe, wasClean: false, isTrial: false))
        #expect(rig.machine.record.slotB == SlotState(.condemned, Sample.digest(3)))
        #expect(rig.machine.objection(to: Sample.digest(3)) != nil)
        rig.record = nil
        rig.powerCut()
        #expect(rig.starts.last?.mode == .safe, "a record that is gone beside marks is torn too")
    }

    @Test("safe mode is left after a well stretch of half an hour, one rung at a time, as often as actions last")
    func leavingSafeMode() {
        var rig = rig()
        for _ in 0..<6 { rig.powerCut() }
        #expect(rig.starts.last?.mode == .observe)
        for mode in [GuardMode.safe, .normal] {
            rig.say(.well)
            for _ in 0..<1_900 {
                rig.say(.beat(pid: 1))
                rig.give(.tick, after: 1_000)
            }
            #expect(rig.starts.last?.mode == mode)
        }
        rig.say(.well)
        #expect(rig.machine.record.actionsUsed == 0)
    }

    // MARK: Deaths

    @Test("a dying agent is restarted after 0.1, 0.4, 1.6 and 6.4 seconds, a quarter more or less")
    func backOff() {
        var rig = rig()
        for (deaths, span) in [100.0, 400, 1_600, 6_400].enumerated() {
            let before = rig.now + 10
            rig.agentEnds(.signalled(6))
            #expect(rig.machine.record.deaths == deaths + 1)
            rig.waitForAgent()
            let waited = Double(rig.now - before)
            #expect(waited >= span * 0.75 && waited <= span * 1.25 + 1, "\(waited) for \(span)")
        }
    }

    @Test("a proven agent that someone kills is started again within a second, however often, at no cost to its build")
    func killedFromOutside() {
        var rig = rig()
        for _ in 0..<50 {
            let before = rig.now + 10
            rig.agentEnds(.signalled(9))
            rig.waitForAgent()
            #expect(rig.now - before <= 1_001)
        }
        #expect(rig.machine.record.deaths == 0 && rig.machine.record.mode == .normal)
        #expect(rig.machine.record.actionsUsed == 0 && rig.starts.last?.slot == .a)
    }

    @Test("a build on trial that is killed is condemned: what was not seen to work is not proven")
    func killedOnTrial() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.agentEnds(.signalled(9))
        #expect(rig.machine.record.slotB.standing == .condemned)
    }

    @Test("five deaths lead to the other proven build, then safe mode, then observing, then hardly any tries")
    func ladder() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.say(.committed(build: "3"))
        #expect(rig.machine.record.force == .b)
        var seen: [StartOrder] = []
        for _ in 0..<25 {
            rig.agentEnds(.signalled(6))
            rig.waitForAgent()
            if let last = rig.starts.last, seen.last != last { seen.append(last) }
        }
        #expect(
            seen.map { "\($0.slot) \($0.mode)" } == ["b normal", "a normal", "a safe", "a observe"])
        let before = rig.now
        rig.agentEnds(.signalled(6))
        #expect(rig.told.last?.contains("used up") == true)
        rig.waitForAgent()
        #expect(rig.now - before >= 450_000)
        #expect(rig.machine.record.actionsUsed == 3)
        #expect(rig.violations.isEmpty)
    }

    @Test("healthy stretches between failures cannot keep the ladder going for ever")
    func boundedActions() {
        var rig = rig()
        for _ in 0..<12 {
            for _ in 0..<5 {
                rig.agentEnds(.signalled(6))
                rig.waitForAgent()
            }
            // Well in the lower mode, and back up after half an hour of it.
            if rig.starts.last?.mode != .normal {
                rig.say(.well)
                for _ in 0..<1_900 {
                    rig.say(.beat(pid: 1))
                    rig.give(.tick, after: 1_000)
                }
            }
        }
        #expect(rig.machine.record.actionsUsed == GuardLimit.actionsMax)
        #expect(rig.told.filter { $0.hasPrefix("step") }.count == GuardLimit.actionsMax)
    }

    @Test("a release on trial is taken away when its agent ends otherwise than as told, before an agent starts again")
    func agentLeft() {
        for (isStopped, stage) in [(false, JournalHeader.Stage.trial), (true, .trial), (false, .shadow)] {
            var rig = rig()
            rig.beginTrial(Sample.digest(50))
            let header = JournalHeader(
                bootID: "-", stage: stage, digest: Sample.digest(50), isStopped: isStopped, mode: .normal)
            rig.give(.agentLeft(.whole(header)))
            #expect(rig.packs.isEmpty == (stage == .trial && !isStopped))
        }
        var torn = rig()
        torn.packs = [(Sample.digest(60), true), (Sample.digest(61), false)]
        torn.give(.agentLeft(.torn("test")))
        #expect(torn.packs.map(\.digest) == [Sample.digest(60)])
        #expect(!torn.machine.record.isSweepDue)
    }

    @Test("an agent without a beat for 30 seconds is killed, and that is a death")
    func hang() {
        var rig = rig()
        for _ in 0..<60 {
            rig.say(.beat(pid: 1))
            rig.give(.tick, after: 1_000)
        }
        #expect(rig.machine.record.deaths == 0)
        for _ in 0..<31 where rig.agent != nil { rig.give(.tick, after: 1_000) }
        #expect(rig.machine.record.deaths == 1)
        #expect(rig.actions.contains(.killAgent))
    }

    @Test("a guard that was held up does not blame the agent for it")
    func stall() {
        var rig = rig()
        rig.give(.tick, after: 3_600_000)
        #expect(rig.agent != nil)
        #expect(rig.machine.record.deaths == 0)
    }

    @Test("an agent that ends as told, or says before that it will, has not died")
    func orderlyEnds() {
        var rig = rig()
        rig.give(.end)
        #expect(rig.actions.last == .finish)
        #expect(rig.machine.record.running == nil)
        rig = self.rig()
        rig.say(.stopping)
        rig.agentEnds(.exited(code: 0))
        rig.waitForAgent()
        #expect(rig.machine.record.deaths == 0)
        rig.agentEnds(.exited(code: 0))
        #expect(rig.machine.record.deaths == 1, "an end without a word is a death")
        rig.waitForAgent()
        rig.say(.stopping)
        rig.agentEnds(.signalled(11))
        #expect(rig.machine.record.deaths == 2, "a crash on the way out is a death")
    }

    // MARK: Builds

    @Test("a build on trial that dies, hangs, proves nothing in time or meets an unclean boot is condemned for good")
    func brokenBuilds() {
        let failures: [(String, (inout GuardRig) -> Void)] = [
            ("death", { $0.agentEnds(.exited(code: 1)) }),
            (
                "unstartable",
                { rig in
                    rig.agent = nil; rig.give(.agentUnstartable("test"))
                }
            ),
            (
                "hang",
                { rig in for _ in 0..<40 where rig.starts.last?.isTrial == true { rig.give(.tick, after: 1_000) } }
            ),
            (
                "deadline",
                { rig in
                    for _ in 0..<4_000 where rig.starts.last?.isTrial == true {
                        rig.say(.beat(pid: 1))
                        rig.give(.tick, after: 1_000)
                    }
                }
            ),
            ("power cut", { $0.powerCut() }),
            (
                "orderly ends",
                { rig in
                    for _ in 0..<4 {
                        rig.say(.stopping)
                        rig.agentEnds(.exited(code: 0))
                        rig.waitForAgent()
                    }
                }
            ),
        ]
        for (name, fail) in failures {
            var rig = rig()
            rig.install(Sample.digest(3))
            #expect(rig.starts.last?.isTrial == false, "a staged build waits for the next start")
            rig.restart()
            #expect(rig.starts.last == StartOrder(slot: .b, mode: .normal, wasClean: true, isTrial: true), "\(name)")
            fail(&rig)
            #expect(rig.starts.last?.slot == .a && rig.starts.last?.isTrial == false, "\(name)")
            #expect(rig.machine.record.slotB == SlotState(.condemned, Sample.digest(3)), "\(name)")
            let before = rig.record
            rig.install(Sample.digest(3))
            #expect(rig.record == before, "\(name): a condemned build is refused")
            rig.install(Sample.digest(4))
            #expect(rig.machine.record.trial == .b, "\(name): another build is taken")
            #expect(rig.violations.isEmpty, "\(name): \(rig.violations)")
        }
    }

    @Test("a boot that ends badly condemns a build on trial, also when its agent had ended in good order before")
    func powerCutAfterOrderlyEnd() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.give(.end)
        rig.powerCut()
        #expect(rig.machine.record.slotB.standing == .condemned)
        #expect(rig.starts.last?.slot == .a)
    }

    @Test("an agent that ended while no guard watched has died; a build on trial is condemned for it")
    func unseenDeath() {
        var rig = rig()
        rig.agent = nil
        rig.killGuard()
        #expect(rig.machine.record.deaths == 1)
        rig.waitForAgent()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.agent = nil
        rig.killGuard()
        #expect(rig.machine.record.slotB.standing == .condemned)
        #expect(rig.starts.last?.slot == .a)
    }

    @Test("a build that commits is in force, and the one before it is kept")
    func commit() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.say(.committed(build: "1.5.0"))
        #expect(rig.machine.record.force == .b)
        #expect(rig.machine.record.slotA.standing == .proven)
        rig.powerCut()
        #expect(rig.starts.last == StartOrder(slot: .b, mode: .normal, wasClean: false, isTrial: false))
    }

    @Test("clean reboots may interrupt the trial of a build twice")
    func cleanRebootsOfABuild() {
        var rig = rig()
        rig.install(Sample.digest(3))
        for count in 1...4 {
            rig.reboot()
            #expect(rig.starts.last?.isTrial == (count <= 3))
        }
    }

    @Test("well of a build on trial clears nothing: it has not proven itself")
    func wellOnTrial() {
        var rig = rig()
        rig.powerCut()
        rig.install(Sample.digest(3))
        rig.restart()
        rig.say(.well)
        #expect(rig.machine.record.uncleanBoots == 1)
    }

    @Test("nothing is tried while the record cannot be written")
    func unwritable() {
        var rig = rig()
        rig.install(Sample.digest(3))
        rig.agent = nil
        _ = rig.machine.handle(.agentEnded(.signalled(9)), at: rig.now)
        let start = rig.machine.handle(.tick, at: rig.now + 200)
        #expect(start.contains(.startAgent(StartOrder(slot: .b, mode: .normal, wasClean: true, isTrial: true))))
        let instead = rig.machine.handle(.recordUnwritable, at: rig.now + 200)
        #expect(instead.contains(.startAgent(StartOrder(slot: .a, mode: .normal, wasClean: true, isTrial: false))))
    }

    // MARK: Remedies

    private func plan(_ actions: RemedyAction..., id: PlainText = "r1") throws -> GuardInput {
        .remedy(try #require(RemedyPlan(id: id, actions: actions)))
    }

    @Test("a remedy is applied once")
    func remedyOnce() throws {
        var rig = rig()
        rig.give(try plan(.observe))
        #expect(rig.starts.last?.mode == .observe)
        rig.give(try plan(.leaveSafeMode, id: "r2"))
        #expect(rig.starts.last?.mode == .normal)
        let count = rig.starts.count
        rig.give(try plan(.observe))
        #expect(rig.machine.record.mode == .normal && rig.starts.count == count)
    }

    @Test("a remedy that is given again finishes what a guard that was killed had only recorded")
    func remedyCutOff() throws {
        var rig = rig()
        rig.give(try plan(.revert(Sample.digest(60))))
        rig.packs = [(Sample.digest(60), true)]
        rig.give(try plan(.revert(Sample.digest(60))))
        #expect(rig.packs.isEmpty)
    }

    @Test("a remedy may choose a proven slot, and no condemned or empty one")
    func remedySlots() throws {
        var rig = rig()
        rig.give(try plan(.useSlot(.b)))
        #expect(rig.machine.record.force == .a)
        rig.install(Sample.digest(3))
        rig.restart()
        rig.say(.committed(build: "3"))
        rig.give(try plan(.useSlot(.a), id: "r2"))
        #expect(rig.starts.last == StartOrder(slot: .a, mode: .normal, wasClean: true, isTrial: false))
        rig.install(Sample.digest(4))
        rig.restart()
        rig.agentEnds(.signalled(6))
        rig.give(try plan(.useSlot(.b), id: "r3"))
        #expect(rig.starts.last?.slot == .a)
        #expect(rig.violations.isEmpty)
    }

    @Test("a remedy reverts packs, and forgets what is being tried")
    func remedyPacks() throws {
        var rig = rig()
        rig.packs = [(Sample.digest(60), true), (Sample.digest(61), false), (Sample.digest(62), true)]
        rig.give(try plan(.revert(Sample.digest(60))))
        #expect(rig.packs.map(\.digest) == [Sample.digest(61), Sample.digest(62)])
        rig.install(Sample.digest(3))
        rig.restart()
        rig.give(try plan(.forgetAttempt, id: "r2"))
        #expect(rig.packs.map(\.digest) == [Sample.digest(62)])
        #expect(rig.starts.last?.slot == .a)
        #expect(rig.machine.record.slotB.standing == .condemned)
    }
}
