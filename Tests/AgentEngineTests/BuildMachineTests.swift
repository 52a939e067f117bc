import AgentEngine
import FleetModel
import Testing

/// Builds of the agent: what the machine does with them, and what it makes of the one that it finds itself to be.
@Suite("BuildMachine")
struct BuildMachineTests {
    private static let now = Moment(milliseconds: 1_000_000)
    private static let own = digest(0xAA)
    private static let next = digest(0xBB)

    private static func digest(_ byte: UInt8) -> Digest {
        Digest(accepted: String(repeating: String(byte, radix: 16), count: 32))
    }

    private static func pinned(_ version: String, _ byte: UInt8) -> PinnedRelease {
        PinnedRelease(release: ReleaseID(accepted: "firebreak-agent@\(version)"), digest: digest(byte))
    }

    private static func offer(_ version: String = "1.1.0", _ byte: UInt8 = 0x11) -> BuildInput {
        .offer(ReleaseOffer(pinned: pinned(version, byte), location: ""))
    }

    /// A machine of the build `own` that has fetched the release, and what is durable then.
    private static func fetched() -> BuildMachine {
        var machine = BuildMachine()
        _ = machine.handle(.started(BuildJournal(), running: own, isOnTrial: false), at: now)
        _ = machine.handle(offer(), at: now)
        _ = machine.handle(.fetched(digest(0x11), agent: next), at: now)
        return machine
    }

    /// The machine of the agent that starts next.
    private static func restarted(_ machine: BuildMachine, running: Digest, isOnTrial: Bool) -> BuildMachine {
        var again = BuildMachine()
        _ = again.handle(.started(machine.journal, running: running, isOnTrial: isOnTrial), at: now)
        return again
    }

    @Test("a build is fetched, handed to the guard, tried by the agent that it is, and kept when that is proven")
    func goodBuild() {
        var machine = BuildMachine()
        _ = machine.handle(.started(BuildJournal(), running: Self.own, isOnTrial: false), at: Self.now)
        let first = machine.handle(Self.offer(), at: Self.now)
        #expect(first.count == 2 && machine.newest?.stage == .downloading)
        #expect(machine.handle(Self.offer(), at: Self.now).isEmpty, "an offer that is said again begins nothing")
        #expect(
            machine.handle(.fetched(Self.digest(0x11), agent: Self.next), at: Self.now) == [.install(Self.digest(0x11))]
        )
        let installed = machine.handle(.installed(Self.digest(0x11)), at: Self.now)
        #expect(installed.last == .restart && machine.newest?.stage == .staged)
        #expect(machine.active == nil)

        var trying = Self.restarted(machine, running: Self.next, isOnTrial: true)
        #expect(trying.newest?.stage == .trial && trying.active == Self.pinned("1.1.0", 0x11))
        _ = trying.handle(.committed, at: Self.now)
        #expect(trying.newest?.stage == .committed)
        #expect(trying.handle(Self.offer(), at: Self.now).isEmpty)
        let after = Self.restarted(trying, running: Self.next, isOnTrial: false)
        #expect(after.newest?.stage == .committed)
    }

    @Test("when the guard goes back, the build before reports a crash, and never tries that release again")
    func badBuild() {
        var machine = Self.fetched()
        _ = machine.handle(.installed(Self.digest(0x11)), at: Self.now)
        for trialSeen in [false, true] {
            let tried = trialSeen ? Self.restarted(machine, running: Self.next, isOnTrial: true) : machine
            var back = Self.restarted(tried, running: Self.own, isOnTrial: false)
            #expect(back.newest?.stage == .reverted && back.newest?.failure == .crash)
            #expect(back.newest?.code == "build.taken_back")
            #expect(back.handle(Self.offer(), at: Self.now + .hours(24)).isEmpty)
            #expect(back.handle(Self.offer("1.2.0", 0x22), at: Self.now).count == 2, "another release is taken")
        }
    }

    @Test("a build that was proven and that the guard leaves later has failed too")
    func lateDeath() {
        var machine = Self.fetched()
        _ = machine.handle(.installed(Self.digest(0x11)), at: Self.now)
        var trying = Self.restarted(machine, running: Self.next, isOnTrial: true)
        _ = trying.handle(.committed, at: Self.now)
        #expect(Self.restarted(trying, running: Self.own, isOnTrial: false).newest?.failure == .crash)
    }

    @Test("a kill between handing over and writing it down loses nothing: which build runs says what happened")
    func killedBetween() {
        let machine = Self.fetched()
        #expect(Self.restarted(machine, running: Self.next, isOnTrial: true).newest?.stage == .trial)
        // It was not handed over, or not tried yet: it is offered again, and nobody is told of a crash.
        var back = Self.restarted(machine, running: Self.own, isOnTrial: false)
        #expect(back.newest == nil)
        #expect(back.handle(Self.offer(), at: Self.now).count == 2)
    }

    @Test("a download that fails is tried again after longer and longer, and refused at the fifth time")
    func downloads() {
        var machine = BuildMachine()
        _ = machine.handle(.started(BuildJournal(), running: Self.own, isOnTrial: false), at: Self.now)
        var now = Self.now
        for pause in [1, 2, 4, 8] {
            #expect(machine.handle(Self.offer(), at: now).count == 2)
            _ = machine.handle(.fetchFailed(Self.digest(0x11), message: "away"), at: now)
            #expect(machine.handle(Self.offer(), at: now + .minutes(Int64(pause)) + .milliseconds(-1)).isEmpty)
            now = now + .minutes(Int64(pause))
        }
        _ = machine.handle(Self.offer(), at: now)
        _ = machine.handle(.fetchFailed(Self.digest(0x11), message: "away"), at: now)
        #expect(machine.newest?.stage == .refused && machine.newest?.code == "build.fetch_failed")
        #expect(machine.handle(Self.offer(), at: now + .minutes(1)).isEmpty)
        #expect(machine.handle(Self.offer(), at: now + .minutes(10)).count == 2)
    }

    @Test("what the guard or a check refuses is reported and did no harm")
    func refusals() {
        var machine = Self.fetched()
        _ = machine.handle(.notInstalled(Self.digest(0x11), message: "exit code 3"), at: Self.now)
        #expect(machine.newest?.code == "build.not_installed" && machine.newest?.failure == nil)
        _ = machine.handle(Self.offer("1.2.0", 0x22), at: Self.now)
        _ = machine.handle(.refused(Self.digest(0x22), code: "log.unsigned", message: ""), at: Self.now)
        #expect(machine.newest?.code == "log.unsigned")
        #expect(machine.handle(.installed(Self.digest(0x11)), at: Self.now).isEmpty, "a late word counts for nothing")
    }

    @Test(
        "a recall reaches a build at each stage: what runs is left for the other, and never taken again",
        arguments: 0...3)
    func recalls(stage: Int) {
        var machine = Self.fetched()
        if stage > 0 { _ = machine.handle(.installed(Self.digest(0x11)), at: Self.now) }
        if stage > 1 { machine = Self.restarted(machine, running: Self.next, isOnTrial: true) }
        if stage > 2 { _ = machine.handle(.committed, at: Self.now) }
        let recall = RecalledRelease(pinned: Self.pinned("1.1.0", 0x11), reason: "it harms")
        let actions = machine.handle(.recalls([recall]), at: Self.now)
        #expect(actions.contains(.goBack) == (stage > 0))
        #expect(machine.newest?.code == "update.recalled" && machine.newest?.failure == nil)
        #expect(machine.handle(.recalls([recall]), at: Self.now).isEmpty, "a recall that is said again does nothing")
        #expect(machine.handle(Self.offer(), at: Self.now + .hours(24)).isEmpty)
        let back = Self.restarted(machine, running: Self.own, isOnTrial: false)
        #expect(back.newest?.code == "update.recalled", "and the build before says why")
    }

    private static func recall(_ version: String, _ byte: UInt8) -> BuildInput {
        .recalls([RecalledRelease(pinned: pinned(version, byte), reason: "it harms")])
    }

    /// The build 1.1.0 kept, and 1.2.0 fetched beside it.
    private static func fetchedBesideKept() -> BuildMachine {
        var machine = fetched()
        _ = machine.handle(.installed(digest(0x11)), at: now)
        var kept = restarted(machine, running: next, isOnTrial: true)
        _ = kept.handle(.committed, at: now)
        _ = kept.handle(offer("1.2.0", 0x22), at: now)
        _ = kept.handle(.fetched(digest(0x22), agent: digest(0xCC)), at: now)
        return kept
    }

    @Test(
        "a recall whose going back a kill has cut off is obeyed at the next start, and the build before is not blamed")
    func recallCutOff() {
        var kept = Self.fetchedBesideKept()
        _ = kept.handle(.installed(Self.digest(0x22)), at: Self.now)
        var trying = Self.restarted(kept, running: Self.digest(0xCC), isOnTrial: true)
        #expect(trying.handle(Self.recall("1.2.0", 0x22), at: Self.now).last == .goBack)
        var again = BuildMachine()
        let actions = again.handle(
            .started(trying.journal, running: Self.digest(0xCC), isOnTrial: true), at: Self.now)
        #expect(actions.last == .goBack)
        let back = Self.restarted(again, running: Self.next, isOnTrial: false)
        #expect(back.reports.map(\.stage) == [.reverted, .committed] && back.newest?.failure == nil)
        #expect(back.journal.failed == [Self.digest(0x22)])
    }

    @Test("a build that is recalled while it is handed over is left as soon as the guard has it, or at the next start")
    func recalledWhileHandedOver() {
        var machine = Self.fetched()
        #expect(!machine.handle(Self.recall("1.1.0", 0x11), at: Self.now).contains(.goBack))
        #expect(machine.newest?.stage == .refused)
        var tried = BuildMachine()
        let start = BuildInput.started(machine.journal, running: Self.next, isOnTrial: true)
        #expect(tried.handle(start, at: Self.now).last == .goBack)
        #expect(machine.handle(.installed(Self.digest(0x11)), at: Self.now) == [.goBack])
    }

    @Test("while the next build is handed over, a recall of the one that runs waits: the next one is the way out")
    func keptRecalledWhileHandedOver() {
        var machine = Self.fetchedBesideKept()
        #expect(!machine.handle(Self.recall("1.1.0", 0x11), at: Self.now).contains(.goBack))
        #expect(machine.active == nil, "what was recalled counts as no protection")
        var taken = machine
        #expect(taken.handle(.installed(Self.digest(0x22)), at: Self.now).last == .restart)
        let trying = Self.restarted(taken, running: Self.digest(0xCC), isOnTrial: true)
        #expect(trying.active == Self.pinned("1.2.0", 0x22))
        // Not taken, or tried in vain: then the one before is better than one that was recalled.
        #expect(machine.handle(.notInstalled(Self.digest(0x22), message: ""), at: Self.now).last == .goBack)
        var back = BuildMachine()
        let start = BuildInput.started(taken.journal, running: Self.next, isOnTrial: false)
        #expect(back.handle(start, at: Self.now).last == .goBack)
    }

    @Test("a build that the guard has condemned before is a crash that nobody has told of, and is barred")
    func failedBefore() {
        var machine = Self.fetched()
        _ = machine.handle(.failedBefore(Self.digest(0x11)), at: Self.now)
        #expect(machine.newest?.stage == .reverted && machine.newest?.failure == .crash)
        #expect(machine.newest?.code == "build.failed_before")
        #expect(machine.handle(Self.offer(), at: Self.now + .hours(24)).isEmpty)
    }

    @Test("after one that failed, the one that is kept is not taken anew, and both are told of")
    func failedBesideKept() {
        var machine = Self.fetched()
        _ = machine.handle(.installed(Self.digest(0x11)), at: Self.now)
        var kept = Self.restarted(machine, running: Self.next, isOnTrial: true)
        _ = kept.handle(.committed, at: Self.now)
        _ = kept.handle(Self.offer("1.2.0", 0x22), at: Self.now)
        _ = kept.handle(.fetched(Self.digest(0x22), agent: Self.digest(0xCC)), at: Self.now)
        _ = kept.handle(.installed(Self.digest(0x22)), at: Self.now)
        var back = Self.restarted(kept, running: Self.next, isOnTrial: false)
        #expect(back.reports.map(\.stage) == [.reverted, .committed])
        #expect(back.active == Self.pinned("1.1.0", 0x11))
        #expect(back.handle(Self.offer(), at: Self.now + .hours(1)).isEmpty)
        #expect(back.handle(Self.offer("1.2.0", 0x22), at: Self.now + .hours(1)).isEmpty)
    }

    @Test("no older build is taken, and none beside one that is tried")
    func order() {
        var machine = Self.fetched()
        _ = machine.handle(.installed(Self.digest(0x11)), at: Self.now)
        var trying = Self.restarted(machine, running: Self.next, isOnTrial: true)
        #expect(trying.handle(Self.offer("1.2.0", 0x22), at: Self.now).isEmpty)
        _ = trying.handle(.committed, at: Self.now)
        #expect(trying.handle(Self.offer("1.0.5", 0x33), at: Self.now).isEmpty)
        #expect(trying.handle(Self.offer("1.2.0", 0x22), at: Self.now).count == 2)
    }
}

extension BuildMachine {
    /// Of the release that was offered last.
    fileprivate var newest: StageReport? { reports.first }
}
