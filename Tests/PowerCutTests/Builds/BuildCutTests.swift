import Testing

/// The agent killed, and the power cut, at every call that changes what it and its guard know of builds.
@Suite("Power cuts: builds of the agent")
struct BuildCutTests {
    /// Ways of one cut that are tried. No disk that keeps its word leaves more than 8 of a story here.
    static let survivorCountMax = 8
    /// Of the cuts in the life after a cut, each so manieth is tried, beginning with one that is drawn.
    static let secondCutStride = 5

    struct Counts {
        var cuts = 0
        var starts = 0
    }

    @Test(
        "after a cut at any call a build is tried once, what failed or was recalled is left, and what works is kept",
        arguments: CutBuilds.Story.all.indices)
    func everyCall(index: Int) throws {
        let story = CutBuilds.Story.all[index]
        let (counts, violations) = try sweep(story)
        for (violation, place) in violations { Issue.record("\(violation) (\(place); seed \(PowerCutTests.seed))") }
        print("power cuts, \(story.name): \(counts.cuts) cuts, \(counts.starts) starts; seed \(PowerCutTests.seed)")
        #expect(counts.cuts > 20 && counts.starts > counts.cuts)
    }

    @Test("the rules bite: a driver of builds that breaks the order is found", arguments: CutBuilds.Mutation.allCases)
    func mutationsAreFound(mutation: CutBuilds.Mutation) throws {
        try expectFound { try sweep($0, mutation: mutation).violations }
    }

    @Test(
        "the rules bite: a disk that lies to the journal of builds is found",
        arguments: [CutDisk.Lie.fileSyncDoesNothing, .folderSyncDoesNothing])
    func liesAreFound(lie: CutDisk.Lie) throws {
        try expectFound { try sweep($0, lie: lie).violations }
    }

    private func expectFound(_ sweep: (CutBuilds.Story) throws -> [CutViolation: String]) throws {
        for story in CutBuilds.Story.all {
            let found = try sweep(story).filter { $0.value.contains("cut") }
            if let (violation, place) = found.min(by: { $0.value < $1.value }) {
                return print("power cuts of builds: found, \(violation.rule) (\(place))")
            }
        }
        Issue.record("it goes unnoticed")
    }

    /// Cuts before every change of the story, and once more in the life after each.
    private func sweep(
        _ story: CutBuilds.Story, lie: CutDisk.Lie? = nil, mutation: CutBuilds.Mutation? = nil
    ) throws -> (counts: Counts, violations: [CutViolation: String]) {
        var counts = Counts()
        var violations: [CutViolation: String] = [:]
        var numbers = SeededNumbers(seed: PowerCutTests.seed)
        func life(on disk: CutDisk) -> CutBuilds {
            disk.record()
            var builds = CutBuilds(disk: disk, story: story, mutation: mutation)
            builds.start()
            return builds
        }
        func note(_ builds: CutBuilds, _ place: String) {
            for violation in builds.violationsAtRest where violations[violation] == nil {
                violations[violation] = place
            }
        }
        func cut(_ disk: CutDisk, _ place: String, isLast: Bool) {
            let stride = isLast && PowerCutTests.isWhole ? Self.secondCutStride : 1
            let history = disk.now.history ?? []
            var number = Int.random(in: 0..<stride, using: &numbers)
            while number < history.count {
                defer { number += stride }
                let before = history[number]
                counts.cuts += 1
                let place = "\(place), cut \(number) (\(before.call))"
                // The kernel keeps what it holds when the process alone is killed.
                var remains = before.disk.survivors(countMax: Self.survivorCountMax, numbers: &numbers)
                if isLast { remains = remains.randomElement(using: &numbers).map { [$0] } ?? [] }
                for remains in [before.disk] + remains {
                    counts.starts += 1
                    let disk = CutDisk(remains, facts: before.facts, lie: lie)
                    var next = life(on: disk)
                    next.rest()
                    note(next, place)
                    if !isLast { cut(disk, place, isLast: true) }
                }
            }
        }
        let opening = CutDisk()
        try CutBuilds(disk: opening, story: story).prepare()
        let disk = CutDisk(opening.now.disk, facts: opening.now.facts, lie: lie)
        var whole = life(on: disk)
        whole.tell()
        if whole.record.running != CutBuilds.program(story.runsAfter) {
            violations[CutViolation("the story goes another way")] = story.name
        }
        cut(disk, story.name, isLast: !PowerCutTests.isWhole)
        whole.rest()
        note(whole, "\(story.name), whole")
        return (counts, violations)
    }
}
