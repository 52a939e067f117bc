@testable import GuardEngine
import Testing

/// Cuts at every step, and long random walks: whatever happens, the endpoint ends on something that is proven.
@Suite("Guard under cuts")
struct GuardWalkTests {
    /// Stories that change what is on disk; each is cut after each of its steps.
    static let stories: [(name: String, tell: @Sendable (inout GuardRig) -> Void)] = [
        (
            "install and commit",
            { rig in
                rig.install(Sample.digest(3))
                rig.restart()
                rig.say(.committed(build: "3"))
                rig.say(.well)
            }
        ),
        (
            "install and crash",
            { rig in
                rig.install(Sample.digest(3))
                rig.restart()
                rig.agentEnds(.signalled(11))
            }
        ),
        (
            "two builds, the second bad",
            { rig in
                rig.install(Sample.digest(3))
                rig.restart()
                rig.say(.committed(build: "3"))
                rig.install(Sample.digest(4))
                rig.restart()
                rig.agentEnds(.exited(code: 3))
            }
        ),
        (
            "deaths down the ladder",
            { rig in
                for _ in 0..<17 {
                    rig.agentEnds(.signalled(6))
                    rig.waitForAgent()
                }
            }
        ),
        (
            "a remedy",
            { rig in
                rig.packs = [(Sample.digest(60), true), (Sample.digest(61), false)]
                if let plan = RemedyPlan(id: "r", actions: [.revert(Sample.digest(60)), .forgetAttempt, .observe]) {
                    rig.give(.remedy(plan))
                }
            }
        ),
        (
            "an orderly reboot",
            { rig in
                rig.install(Sample.digest(3))
                rig.give(.end)
                rig.give(.shutdown)
            }
        ),
    ]

    @Test("cut after each step of each story, by a kill or by a power cut: proven in force, nothing condemned runs")
    func cuts() {
        var count = 0
        for story in Self.stories {
            for isPowerCut in [false, true] {
                for steps in 0... {
                    var rig = GuardRig()
                    rig.begin()
                    rig.cutAfter = steps
                    story.tell(&rig)
                    let isOver = !rig.isDead
                    if isPowerCut { rig.powerCut() } else { rig.killGuard() }
                    settle(&rig)
                    #expect(rig.violations.isEmpty, "\(story.name), \(steps) steps: \(rig.violations)")
                    let record = rig.machine.record
                    let isProven =
                        record.trial == nil && rig.agent.map { record[$0.slot].standing == .proven } == true
                    #expect(isProven, "\(story.name), \(steps) steps")
                    count += 1
                    if isOver { break }
                }
            }
        }
        // A sweep that cuts nothing proves nothing.
        #expect(count > 100)
    }

    @Test("a boot that is cut after each of its steps is taken up again by the next, and the trial is reverted")
    func cutsDuringBoot() {
        for isTorn in [false, true] {
            for isPowerCut in [false, true] {
                for steps in 0..<12 {
                    var rig = GuardRig()
                    rig.begin()
                    rig.packs = [(Sample.digest(60), true)]
                    rig.beginTrial(Sample.digest(61))
                    if isTorn { rig.journal = .torn("test") }
                    rig.agent = nil
                    rig.boot += 1
                    rig.machine = GuardMachine(policy: GuardRig.policy, seed: 3)
                    rig.cutAfter = steps
                    rig.give(
                        .boot(
                            GuardStart(
                                bootID: "boot-\(rig.boot)", record: rig.reading, journal: rig.journal,
                                slotA: rig.facts(.a), slotB: rig.facts(.b))))
                    if isPowerCut { rig.powerCut() } else { rig.killGuard() }
                    settle(&rig)
                    #expect(rig.packs.map(\.digest) == [Sample.digest(60)], "\(steps) steps, torn: \(isTorn)")
                    #expect(rig.violations.isEmpty, "\(rig.violations)")
                }
            }
        }
    }

    /// No more faults but those of builds on trial, which never prove themselves: whatever was tried is over when
    /// their deadline is.
    private func settle(_ rig: inout GuardRig) {
        // A cut that the walk has ordered and not reached would come in here, and nobody would start the guard again.
        rig.cutAfter = nil
        for _ in 0..<1_000 {
            rig.say(.beat(pid: 1))
            rig.give(.tick, after: 4_000)
            if rig.machine.record.trial == nil, rig.agent != nil { break }
            if rig.machine.record.trial != nil, rig.starts.last?.isTrial == false { rig.restart() }
        }
    }

    @Test("a long walk through everything at random keeps every rule", arguments: [1, 2, 3, 20_261_127] as [UInt64])
    func walk(seed: UInt64) {
        var random = SplitMix(state: seed)
        var rig = GuardRig()
        rig.begin()
        var digest = 10
        var seen = (commits: 0, condemned: 0, powerCuts: 0, safe: 0, observe: 0)
        for _ in 0..<6_000 {
            if random.below(12) == 0 { rig.cutAfter = random.below(8) }
            switch random.below(16) {
            case 0...4:
                rig.say(.beat(pid: 1))
                rig.give(.tick, after: UInt64(random.below(4_000)))
            case 5:
                digest += 1
                rig.install(Sample.digest(digest))
            case 6: rig.restart()
            case 7:
                if rig.starts.last?.isTrial == true, rig.agent != nil, !rig.isDead { seen.commits += 1 }
                rig.say(.committed(build: "x"))
            case 8: rig.say(.well)
            case 9, 10: rig.agentEnds(random.below(2) == 0 ? .signalled(9) : .exited(code: 1))
            case 11:
                rig.say(.stopping)
                rig.agentEnds(.exited(code: 0))
            case 12:
                rig.beginTrial(Sample.digest(1_000 + random.below(5)))
                if random.below(3) == 0 { rig.journal = .torn("walk") }
            case 13: for _ in 0..<40 { rig.give(.tick, after: 1_000) }
            case 14:
                if random.below(4) == 0, !rig.isDead { rig.reboot(agentSaysStopped: random.below(2) == 0) }
            default:
                if random.below(40) == 0 { rig.record = rig.record.map { Array($0.dropLast(random.below(30))) } }
                if random.below(4) == 0 { rig.isDead = true }
            }
            if rig.isDead {
                if random.below(3) == 0 {
                    rig.powerCut()
                    seen.powerCuts += 1
                } else {
                    rig.killGuard()
                }
            }
            if rig.machine.record.mode == .safe { seen.safe += 1 }
            if rig.machine.record.mode == .observe { seen.observe += 1 }
            guard rig.violations.isEmpty else { break }
        }
        seen.condemned = rig.condemned.count
        #expect(rig.violations.isEmpty, "seed \(seed): \(rig.violations)")
        // A walk that never saw a thing proves nothing about it.
        #expect(seen.commits > 0 && seen.condemned > 0 && seen.powerCuts > 0 && seen.safe > 0 && seen.observe > 0)
        settle(&rig)
        let record = rig.machine.record
        #expect(record.trial == nil && rig.agent.map { record[$0.slot].standing == .proven } == true)
        #expect(rig.violations.isEmpty, "seed \(seed): \(rig.violations)")
    }
}

/// A seeded generator.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}
