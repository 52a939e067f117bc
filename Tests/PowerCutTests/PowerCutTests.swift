import AgentEngine
import FleetModel
import Foundation
import Synchronization
import Testing

@Suite("Power cuts")
struct PowerCutTests {
    static let seed: UInt64 = 1
    /// `make power-cut-sweep` sets it: then every way of every cut is tried.
    static let isWhole = ProcessInfo.processInfo.environment["POWER_CUT_SWEEP"] == "all"
    static let extent: CutSweep.Extent = isWhole ? .all : .sample

    @Test(
        "after a cut at any call the next start stands on what is proven, takes the trial away and comes to rest",
        arguments: CutStory.all)
    func everyCall(story: CutStory) throws {
        var sweep = CutSweep(story, packs: try CutPacks.shared.get(), extent: Self.extent, seed: Self.seed)
        sweep.run()
        for (violation, place) in sweep.violations {
            Issue.record("\(violation) (\(place); seed \(Self.seed))")
        }
        let counts = sweep.counts
        print(
            "power cuts, \(story.name): \(counts.calls) calls, \(counts.cuts) cuts, \(counts.survivors) disks, "
                + "\(counts.starts) starts, \(counts.kills) kills of the process, \(counts.secondCuts) second cuts, "
                + "\(counts.tornJournals) torn journals; seed \(Self.seed)")
        #expect(counts.all.allSatisfy { $0 > 0 })
    }

    @Test("the rules bite: a disk that lies is found", arguments: CutDisk.Lie.allCases)
    func liesAreFound(lie: CutDisk.Lie) throws {
        try expectFound("\(lie)") { story, packs in
            CutSweep(story, packs: packs, extent: .sample, seed: Self.seed, lie: lie)
        }
    }

    @Test("the rules bite: a driver that breaks the order is found", arguments: CutEndpoint.Mutation.allCases)
    func mutationsAreFound(mutation: CutEndpoint.Mutation) throws {
        try expectFound("\(mutation)") { story, packs in
            CutSweep(story, packs: packs, extent: .sample, seed: Self.seed, mutation: mutation)
        }
    }

    /// Sweeps one story after the other until a start after a cut breaks a rule: that the order itself is watched while
    /// nothing is cut is not enough.
    private func expectFound(_ what: String, sweep make: (CutStory, CutPacks) -> CutSweep) throws {
        let packs = try CutPacks.shared.get()
        for story in CutStory.all {
            var sweep = make(story, packs)
            sweep.run(stopsAtFirst: true)
            if let (violation, place) = sweep.brokenAtStart.min(by: { $0.value < $1.value }) {
                return print("power cuts, \(what): found, \(violation.rule) (\(place))")
            }
        }
        Issue.record("\(what) goes unnoticed")
    }

    @Test("a cut leaves what was there before the call: no state is one that only the recording has seen")
    func cutIsWhatWasRecorded() throws {
        let packs = try CutPacks.shared.get()
        let story = CutStory.all[1]
        let sweep = CutSweep(story, packs: packs, extent: .sample, seed: Self.seed)
        let opening = sweep.opening().now
        let whole = CutDisk(opening.disk, facts: opening.facts)
        whole.record()
        _ = sweep.life(on: whole)
        let history = try #require(whole.now.history)
        for number in stride(from: 0, to: history.count, by: 5) {
            let disk = CutDisk(opening.disk, facts: opening.facts)
            disk.cut(at: number)
            _ = sweep.life(on: disk)
            #expect(disk.isDead && disk.now.changes == number)
            #expect(disk.now.disk.description == history[number].disk.description, "cut \(number)")
        }
    }
}
