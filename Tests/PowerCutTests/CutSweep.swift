import AgentEngine
@testable import EndpointAgent
import FleetModel

/// Cuts the power before every call that changes the disk, looks at what may be left, and starts again on it.
struct CutSweep {
    /// How much of what is possible is tried.
    struct Extent: Sendable {
        /// Ways of one cut.
        let survivorCountMax: Int
        /// Cuts in the life after a kill of the process.
        let secondCutsAfterKill: Int
        /// Of a hundred starts after a power cut, those whose life is cut again.
        let secondCutPercent: Int

        /// Some, drawn by seed: for every run of the tests.
        static let sample = Extent(survivorCountMax: 3, secondCutsAfterKill: 1, secondCutPercent: 10)
        /// All ways of every cut, and a cut in the life after each.
        static let all = Extent(
            survivorCountMax: DiskState.survivorCountMax, secondCutsAfterKill: 16, secondCutPercent: 100)
    }

    struct Counts: Sendable {
        /// System calls of the stories when nothing is cut.
        var calls = 0
        /// Calls that change the disk: each was a cut. The end of a story is one more.
        var cuts = 0
        /// What different disks those cuts may leave.
        var survivors = 0
        /// Starts on one of them.
        var starts = 0
        /// Starts after a kill of the process alone: the kernel keeps what it holds.
        var kills = 0
        /// Cuts of a life that had been cut before.
        var secondCuts = 0
        /// Starts on a journal that was torn on top of the cut.
        var tornJournals = 0

        static func + (one: Self, other: Self) -> Self {
            Counts(
                calls: one.calls + other.calls, cuts: one.cuts + other.cuts, survivors: one.survivors + other.survivors,
                starts: one.starts + other.starts, kills: one.kills + other.kills,
                secondCuts: one.secondCuts + other.secondCuts, tornJournals: one.tornJournals + other.tornJournals)
        }

        var all: [Int] { [calls, cuts, survivors, starts, kills, secondCuts, tornJournals] }
    }

    /// Seconds after which an endpoint must rest: a worker that died is well again after a minute, and a shadow run and a
    /// trial take five seconds.
    static let restSecondsMax = 120

    let story: CutStory
    let packs: CutPacks
    let extent: Extent
    let lie: CutDisk.Lie?
    let mutation: CutEndpoint.Mutation?
    private(set) var counts = Counts()
    /// Rules that were broken, and where first.
    private(set) var violations: [CutViolation: String] = [:]
    /// Those of them that a start after a cut broke.
    private(set) var brokenAtStart: [CutViolation: String] = [:]
    private var numbers: SeededNumbers

    init(
        _ story: CutStory, packs: CutPacks, extent: Extent, seed: UInt64, lie: CutDisk.Lie? = nil,
        mutation: CutEndpoint.Mutation? = nil
    ) {
        self.story = story
        self.packs = packs
        self.extent = extent
        self.lie = lie
        self.mutation = mutation
        numbers = SeededNumbers(seed: seed)
    }

    private mutating func note(_ found: Set<CutViolation>, at place: String, isStart: Bool = false) {
        for violation in found where violations[violation] == nil { violations[violation] = place }
        for violation in found where isStart && brokenAtStart[violation] == nil { brokenAtStart[violation] = place }
    }

    private func endpoint(on disk: CutDisk, boot: Int) -> CutEndpoint {
        CutEndpoint(disk: disk, packs: packs, natures: story.natures(in: packs), boot: boot, mutation: mutation)
    }

    /// An endpoint on which the story can begin: what was there before is durable.
    func opening() -> CutDisk {
        let disk = CutDisk()
        if story.provenBefore > 0 {
            var endpoint = CutEndpoint(disk: disk, packs: packs, natures: [:], boot: 0)
            endpoint.start()
            for number in 1...story.provenBefore {
                endpoint.give(.offer(packs[number].offer))
                for _ in 0..<10 { endpoint.second() }
            }
        }
        return CutDisk(disk.now.disk, facts: disk.now.facts, lie: lie)
    }

    /// The story without a cut.
    func life(on disk: CutDisk) -> CutEndpoint {
        var endpoint = endpoint(on: disk, boot: 1)
        endpoint.start()
        story.tell(to: &endpoint)
        return endpoint
    }

    /// - Parameter stopsAtFirst: The first start that breaks a rule is enough.
    mutating func run(stopsAtFirst: Bool = false) {
        let disk = opening()
        disk.record()
        let whole = life(on: disk)
        let end = disk.now
        let name = story.name
        note(whole.violations.union(CutChecker.violations(asTold: whole, story: story)), at: "\(name), uncut")
        let cuts = (end.history ?? []) + [CutDisk.Before(disk: end.disk, facts: end.facts, call: "end")]
        counts.calls += end.calls
        counts.cuts += cuts.count
        for (number, before) in cuts.enumerated() where !stopsAtFirst || brokenAtStart.isEmpty {
            let place = "\(story.name), cut \(number) (\(before.call))"
            cut(before, boot: 2, at: place)
            tear(before, at: place)
            counts.kills += 1
            restart(on: before.disk, after: before.facts, boot: 1, isSameBoot: true, at: "\(place), process only")
        }
    }

    /// Tries what the cut may leave.
    private mutating func cut(_ before: CutDisk.Before, boot: Int, at place: String) {
        var survivors = before.disk.survivors(numbers: &numbers)
        counts.survivors += survivors.count
        // The two extremes come first and stay.
        while survivors.count > extent.survivorCountMax {
            survivors.remove(at: Int.random(in: 2..<survivors.count, using: &numbers))
        }
        for survivor in survivors {
            counts.starts += 1
            restart(on: survivor, after: before.facts, boot: boot, isSameBoot: false, at: place)
        }
    }

    /// Starts on what is left, looks, and lets the endpoint go on.
    private mutating func restart(
        on remains: DiskState, after facts: CutFacts, boot: Int, isSameBoot: Bool, at place: String
    ) {
        var known = facts
        // A trial that may go on is not one that was cut.
        if isSameBoot { known.tried = known.tried.filter { !facts.isStopped($0) } }
        let disk = CutDisk(remains, facts: known, lie: lie)
        disk.record()
        var endpoint = endpoint(on: disk, boot: boot)
        let reading = endpoint.start()
        note(
            CutChecker.violations(
                after: facts, remains: remains, found: reading, endpoint: endpoint, isSameBoot: isSameBoot), at: place,
            isStart: true)
        rest(&endpoint)
        note(CutChecker.violations(atRest: endpoint, story: story), at: place)
        let history = disk.now.history ?? []
        guard boot < 3, !history.isEmpty else { return }
        let isCutAgain = Int.random(in: 0..<100, using: &numbers) < extent.secondCutPercent
        for _ in 0..<(isSameBoot ? extent.secondCutsAfterKill : isCutAgain ? 1 : 0) {
            let number = Int.random(in: history.indices, using: &numbers)
            let survivors = history[number].disk.survivors(countMax: 64, numbers: &numbers)
            guard let survivor = survivors.randomElement(using: &numbers) else { continue }
            counts.secondCuts += 1
            restart(
                on: survivor, after: history[number].facts, boot: 3, isSameBoot: false,
                at: "\(place), then cut \(number) (\(history[number].call))")
        }
    }

    /// A journal that no cut would leave: half of it. Then the marks must do.
    private mutating func tear(_ before: CutDisk.Before, at place: String) {
        guard let node = before.disk.node(at: CutEndpoint.journal), let whole = before.disk.files[node]?.cached else {
            return
        }
        var remains = before.disk
        remains.files[node] = DiskState.File(
            durable: Array(whole.prefix(whole.count / 2)), cached: Array(whole.prefix(whole.count / 2)))
        counts.tornJournals += 1
        let disk = CutDisk(remains, facts: before.facts)
        var endpoint = endpoint(on: disk, boot: 2)
        let reading = endpoint.start()
        note(
            CutChecker.violations(
                after: before.facts, remains: remains, found: reading, endpoint: endpoint, isTorn: true),
            at: "\(place), journal torn")
        rest(&endpoint)
        note(CutChecker.violations(atRest: endpoint, story: story), at: "\(place), journal torn")
    }

    /// Good weather until it rests; the control plane goes on offering and recalling.
    private func rest(_ endpoint: inout CutEndpoint) {
        let recalls = story.recalls(in: packs)
        if !recalls.isEmpty { endpoint.give(.recalls(recalls, revision: 1)) }
        for second in 0..<Self.restSecondsMax {
            if second % 4 == 0, let offered = story.offered { endpoint.give(.offer(packs[offered].offer)) }
            endpoint.second()
            let isStanding = endpoint.workers[.active]?.pinned == endpoint.machine.foothold.record.generation
            if second > 0, endpoint.machine.state == .idle, isStanding { return }
        }
    }
}
