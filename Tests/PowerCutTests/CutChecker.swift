import AgentEngine
import CanonicalCoding
@testable import EndpointAgent
import FleetModel

/// Watches a start after a cut, from outside: what was known before the cut, what the disk holds, what runs now.
enum CutChecker {
    /// The rules of a start on `remains`, which a cut left of a life of which `facts` were known.
    ///
    /// - Parameters:
    ///   - isSameBoot: Only the process was killed.
    ///   - isTorn: The journal was damaged on top, which no cut does: then only the marks can be asked for.
    static func violations(
        after facts: CutFacts, remains: DiskState, found reading: AgentStart.Journal?, endpoint: CutEndpoint,
        isSameBoot: Bool = false, isTorn: Bool = false
    ) -> Set<CutViolation> {
        var violations: Set<CutViolation> = []
        func expect(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String = "") {
            if !condition { violations.insert(CutViolation(rule, detail())) }
        }
        let possible = facts.possible
        switch reading {
        case .intact(let journal): expect(possible.contains(journal), "the journal is neither the old nor the new one")
        case .absent: expect(facts.written == nil, "the journal is gone")
        case .damaged(let why): expect(isTorn, "the journal is torn", why)
        case nil: expect(false, "the agent cannot start")
        }
        // Without a journal a mark that was to be removed counts.
        let proven = Set(possible.flatMap { $0.proven.map(\.pinned.digest) }).union(isTorn ? facts.proven : [])
        if let active = endpoint.workers[.active]?.pinned {
            expect(proven.contains(active.digest), "an unproven release is active after a start", "\(active.release)")
            expect(facts.worked.contains(active.digest), "what is active has never worked", "\(active.release)")
        }
        for slot in WorkerSlot.allCases {
            guard let pinned = endpoint.workers[slot]?.pinned, !isTorn else { continue }
            let isRecalled = facts.written?.recalled.contains { $0.covers(pinned) } == true
            expect(!isRecalled, "a recalled release runs after a start", "\(slot) \(pinned.release)")
        }
        let after = endpoint.disk.now.disk
        let shelf = Set(endpoint.machine.shelf.map(\.pinned.digest))
        let standing = isTorn ? facts.standing.filter { isMarked($0, on: remains) } : facts.standing
        for generation in standing {
            let digest = generation.pinned.digest
            expect(shelf.contains(digest), "a proven generation is lost", "\(generation.pinned.release)")
            let bytes = endpoint.packs.releases.first { $0.pinned.digest == digest }?.bytes
            expect(
                after.content(of: "\(CutEndpoint.generations)/\(digest).fbpack") == bytes,
                "the pack of a proven generation is damaged", "\(generation.pinned.release)")
        }
        expect(
            standing.isEmpty || endpoint.workers[.active] != nil || endpoint.machine.foothold.record.mode == .observe,
            "nothing protects although something is proven")
        for digest in facts.tried.subtracting(proven) where !(isSameBoot && facts.isStopped(digest)) {
            expect(endpoint.machine.state.attempt?.pinned.digest != digest, "a trial that was cut is tried again")
            expect(
                after.content(of: "\(CutEndpoint.generations)/\(digest).fbpack") == nil,
                "the pack of a trial that was cut is kept")
            let isSettled = endpoint.machine.settled.contains { $0.pinned.digest == digest && $0.ending == .reverted }
            expect(isSettled || isTorn || facts.proven.contains(digest), "a trial that was cut is not settled")
        }
        for mark in marks(on: remains) {
            expect(facts.proven.contains(mark.pinned.digest), "a mark says proven and no journal does")
        }
        return violations
    }

    /// The whole marks beside packs.
    private static func marks(on disk: DiskState) -> [ProvenGeneration] {
        disk.names(in: CutEndpoint.generations).filter { $0.hasSuffix(".proven") }.compactMap { name in
            disk.content(of: "\(CutEndpoint.generations)/\(name)").flatMap { bytes in
                try? CodableJSON.decode(
                    ProvenGeneration.self, from: bytes, limits: .init(bytesMax: 4096), keys: .snakeCase)
            }
        }
    }

    private static func isMarked(_ generation: ProvenGeneration, on disk: DiskState) -> Bool {
        marks(on: disk).contains(generation)
    }

    /// The rules of an endpoint that was left alone until it rests.
    static func violations(atRest endpoint: CutEndpoint, story: CutStory) -> Set<CutViolation> {
        var violations = endpoint.violations
        func expect(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String = "") {
            if !condition { violations.insert(CutViolation(rule, detail())) }
        }
        let machine = endpoint.machine
        expect(machine.state == .idle, "it does not come to rest", machine.state.name)
        let active = endpoint.workers[.active]?.pinned
        expect(active == machine.foothold.record.generation, "what runs is not what it stands on")
        expect(
            active.map { pinned in machine.shelf.contains { $0.pinned == pinned } } ?? machine.shelf.isEmpty,
            "it rests on what is not proven")
        let files = machine.shelf.flatMap { ["\($0.pinned.digest).fbpack", "\($0.pinned.digest).proven"] }
        let names = endpoint.disk.now.disk.names(in: CutEndpoint.generations)
        expect(Set(names) == Set(files), "its files are not those of its generations", "\(names)")
        expect(
            endpoint.disk.now.disk.content(of: CutEndpoint.journal) != nil, "it rests without a journal")
        let recalled = Set(story.recalled.map { endpoint.packs[$0].pinned.digest })
        expect(!machine.shelf.contains { recalled.contains($0.pinned.digest) }, "it keeps what was recalled")
        if let offered = story.offered.map({ endpoint.packs[$0].pinned.digest }) {
            expect(
                machine.shelf.contains { $0.pinned.digest == offered }
                    || machine.settled.contains { $0.pinned.digest == offered },
                "what is offered is neither taken nor refused")
        }
        return violations
    }
}

extension CutChecker {
    /// Whether a story that was not cut went as it says: a story that goes another way proves nothing.
    static func violations(asTold endpoint: CutEndpoint, story: CutStory) -> Set<CutViolation> {
        let packs = endpoint.packs
        let shelf = endpoint.machine.shelf.map(\.pinned)
        let isAsTold =
            shelf == story.provenAfter.map { packs[$0].pinned }
            && endpoint.workers[.active]?.pinned == packs[story.activeAfter].pinned
            && endpoint.machine.foothold.record.mode == story.modeAfter
        guard !isAsTold else { return [] }
        let active = endpoint.workers[.active].map { "\($0.pinned.release)" } ?? "nothing"
        return [
            CutViolation(
                "the story goes another way",
                "\(shelf.map(\.release)), \(active), \(endpoint.machine.foothold.record.mode), \(endpoint.machine.state)"
            )
        ]
    }
}
