import AgentEngine
import FleetModel
import Testing

@Suite("UpdateMachine: starts")
struct UpdateMachineStartTests {
    private static let shelf = [Sample.proven(3), Sample.proven(2), Sample.proven(1)]

    private static func found(candidate: Int? = 4) -> [FoundGeneration] {
        shelf.map { FoundGeneration(pinned: $0.pinned, mark: $0) }
            + (candidate.map { [FoundGeneration(pinned: Sample.pinned($0), mark: nil)] } ?? [])
    }

    private static func rig(
        _ attempt: UpdateJournal.Attempt?, candidate: Int? = 4, bootID: String = "boot-1",
        protections: LabProtections = .all
    ) -> Rig {
        Rig(
            journal: .intact(Sample.journal(proven: shelf, attempt: attempt)), found: found(candidate: candidate),
            bootID: bootID, protections: protections)
    }

    @Test("an endpoint with nothing only observes")
    func firstStart() {
        #expect(Rig(journal: .absent, found: []).actions == [.protect(nil)])
    }

    @Test("a trial found uncommitted at a start is a failure and is taken away")
    func uncommittedTrial() {
        let rig = Self.rig(Sample.attempt(4, .trial))
        #expect(rig.actions.prefix(2) == [.protect(Sample.pinned(3)), .drop(Sample.pinned(4).digest)])
        #expect(rig.reported == [.reverted] && rig.machine.settled.first?.failure == .crash)
    }

    @Test("a trial that ended with the agent told to end goes on, but not after a reboot")
    func cleanStop() {
        let attempt = Sample.attempt(4, .trial, isStoppedCleanly: true)
        #expect(Self.rig(attempt).machine.state.name == "staged")
        #expect(Self.rig(attempt, bootID: "boot-2").machine.state == .idle)
    }

    @Test("what did not run yet goes on after an end of the agent, a bounded number of times")
    func interruptions() {
        for stage in [UpdateJournal.Attempt.Stage.downloading, .staged, .shadow] {
            let again = Self.rig(Sample.attempt(4, stage))
            #expect(again.machine.state.attempt?.interruptions == 1)
            #expect(again.actions == [.protect(Sample.pinned(3))], "a start only retreats")
            let once = Self.rig(Sample.attempt(4, stage, interruptions: UpdateLimit.interruptionsMax))
            #expect(once.reported == [stage == .shadow ? .reverted : .refused])
        }
    }

    @Test("a staged pack that is no longer intact is fetched again")
    func lostPack() {
        var rig = Self.rig(Sample.attempt(4, .shadow), candidate: nil)
        rig.give(.tick)
        #expect(rig.actions == [.download(Sample.offer(4))])
    }

    @Test("a torn, missing or contradictory journal counts as a failure: the newest marked generation protects")
    func tornJournal() {
        var unsound = Sample.journal(proven: Self.shelf)
        unsound.proven.swapAt(0, 1)
        for journal in [AgentStart.Journal.damaged("it is empty"), .absent, .intact(unsound)] {
            let rig = Rig(journal: journal, found: Self.found())
            #expect(rig.actions.prefix(2) == [.protect(Sample.pinned(3)), .drop(Sample.pinned(4).digest)])
            #expect(rig.reported == [.reverted] && rig.machine.shelf == Self.shelf)
        }
    }

    @Test("a proven generation whose pack is no longer intact is not stood on")
    func damagedGeneration() {
        let rig = Rig(
            journal: .intact(Sample.journal(proven: Self.shelf)), found: Array(Self.found(candidate: nil).dropFirst()))
        #expect(rig.actions.first == .protect(Sample.pinned(2)) && rig.machine.shelf.count == 2)
    }

    @Test("a generation that one start could not read comes back at the next, by its mark, and nothing is dropped")
    func unreadableOnce() {
        let journal = Rig(
            journal: .intact(Sample.journal(proven: Self.shelf)), found: Array(Self.found(candidate: nil).dropFirst())
        ).machine.journal
        #expect(journal.proven == Array(Self.shelf.dropFirst()))
        let rig = Rig(journal: .intact(journal), found: Self.found(candidate: nil))
        #expect(rig.machine.shelf == Self.shelf && rig.machine.journal.isSound)
        #expect(rig.actions.first == .protect(Sample.pinned(3)), "an offer of it would be no news")
        #expect(!rig.actions.contains { if case .drop = $0 { true } else { false } })
    }

    @Test("a mark brings back neither what was recalled nor more generations than are kept")
    func markIsNoWayBack() {
        var journal = Sample.journal(proven: Self.shelf)
        let older = ProvenGeneration(pinned: Sample.pinned(7), commitNumber: 1, committedAt: Sample.start)
        journal.proven = [4, 3, 2].map(Sample.proven)
        journal.commitCount = 5
        journal.foothold = .init(generation: Sample.pinned(4))
        journal.recalled = [RecalledRelease(pinned: Sample.pinned(5), reason: "bad")]
        let found = (journal.proven + [Sample.proven(5), older]).map { FoundGeneration(pinned: $0.pinned, mark: $0) }
        let rig = Rig(journal: .intact(journal), found: found)
        #expect(rig.machine.shelf == journal.proven)
        #expect(
            [5, 7].allSatisfy { rig.actions.contains(.drop(Sample.pinned($0).digest)) })
    }

    @Test("a commit whose mark was not written is marked at the next start, and strangers are dropped")
    func unfinishedCommit() {
        let found = [FoundGeneration(pinned: Sample.pinned(3), mark: nil)] + Self.found(candidate: 8).dropFirst()
        let rig = Rig(journal: .intact(Sample.journal(proven: Self.shelf)), found: Array(found))
        #expect(
            rig.actions == [
                .protect(Sample.pinned(3)), .drop(Sample.pinned(8).digest), .commit(Sample.proven(3)),
            ])
    }

    @Test(
        "with revert off in the lab an uncommitted trial runs again and its death takes the host down; with it on it ends"
    )
    func labWithoutRevert() {
        let off = LabProtections(shadow: false, revert: false)
        for _ in 0..<20 {
            var rig = Self.rig(Sample.attempt(4, .trial), protections: off)
            #expect(rig.actions == [.swapIn(Sample.pinned(4))])
            rig.give(.workerFailed(.active, Sample.pinned(4).digest, .died("signal 4")))
            #expect(rig.actions == [.takeHostDown("the worker died: signal 4")])
            #expect(rig.machine.journal.attempt?.stage == .trial)
        }
        #expect(Self.rig(Sample.attempt(4, .trial)).reported == [.reverted])
    }

    @Test("with shadow off a staged release goes on trial in a new worker")
    func labWithoutShadow() {
        var rig = Rig(protections: LabProtections(shadow: false, revert: true))
        rig.stage(4)
        #expect(rig.reported == [.staged, .trial] && rig.actions.last == .swapIn(Sample.pinned(4)))
    }
}
