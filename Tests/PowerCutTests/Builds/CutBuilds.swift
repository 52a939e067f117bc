import AgentEngine
import DurableFiles
@testable import EndpointAgent
import FleetModel
import UpdateTrust

/// An agent whose builds are taken, tried and recalled: the real machine, journal and folder over a `CutDisk`, driven as
/// `BuildDriver` drives them, with a guard that is played.
struct CutBuilds {
    enum Event: Sendable {
        case offer(Int)
        case recall(Int)
        /// The build on trial has shown the guard that it works.
        case prove
    }

    /// A driver that breaks a rule: what the sweep must find.
    enum Mutation: String, Sendable, CaseIterable {
        case handsOverBeforeJournal
        case forgetsToGoBack
        case leavesWhatItFetched
        case takesFailedForRefused
    }

    enum Death: Sendable { case atOnce, later }

    struct Story: Sendable {
        let name: String
        let events: [Event]
        /// Builds that die when they are tried: before they have written anything down, or after.
        var dying: [Int: Death] = [:]
        /// A build that is recalled while the guard copies one.
        var recalledMeanwhile: (recalled: Int, copied: Int)?
        /// What runs at the end when nothing is cut.
        let runsAfter: Int

        static let all = [
            Story(name: "a build is tried and kept", events: [.offer(1), .prove], runsAfter: 1),
            Story(name: "a build dies at once", events: [.offer(1)], dying: [1: .atOnce], runsAfter: 0),
            Story(
                name: "a build dies, and the next one is kept", events: [.offer(1), .offer(2), .prove],
                dying: [1: .later], runsAfter: 2),
            Story(name: "a build is recalled on its trial", events: [.offer(1), .recall(1)], runsAfter: 0),
            Story(
                name: "a build is recalled while it is handed over", events: [.offer(1)],
                recalledMeanwhile: (1, copied: 1),
                runsAfter: 0),
            Story(
                name: "the build that is kept is recalled", events: [.offer(1), .prove, .offer(2), .prove, .recall(2)],
                runsAfter: 1),
            Story(
                name: "the build that is kept is recalled while the next one is handed over",
                events: [.offer(1), .prove, .offer(2), .prove], recalledMeanwhile: (1, copied: 2),
                runsAfter: 2),
        ]

        var offered: Int? { events.lazy.compactMap { if case .offer(let number) = $0 { number } else { nil } }.last }
        var recalled: Set<Int> {
            Set(events.compactMap { if case .recall(let number) = $0 { number } else { nil } })
                .union([recalledMeanwhile?.recalled].compactMap { $0 })
        }
    }

    static let journal = "\(CutEndpoint.state)/builds.json"
    static let folder = "\(CutEndpoint.state)/builds"
    /// Starts of the agent in one life: each build is started twice at most, once to be tried and once to be left.
    static let startCountMax = 20

    let disk: CutDisk
    let story: Story
    let mutation: Mutation?
    private let files: DurableFiles
    private let programs: BuildFolder
    private(set) var builds: JournalledBuilds
    private(set) var record = PlayedGuard(installed: CutBuilds.program(0))
    private(set) var violations: Set<CutViolation> = []
    private var inbox: [BuildInput] = []
    private var isEnding = false
    private var startCount = 0
    private var now = Moment(milliseconds: 1_700_000_000_000)

    init(disk: CutDisk, story: Story, mutation: Mutation? = nil) {
        self.disk = disk
        self.story = story
        self.mutation = mutation
        files = DurableFiles(calls: disk)
        programs = BuildFolder(path: Self.folder, files: files)
        builds = JournalledBuilds(path: Self.journal, files: files)
    }

    static func bytes(_ number: Int) -> [UInt8] { Array("the agent of build \(number)".utf8) }
    static func program(_ number: Int) -> Digest { ContentDigest.sha256(bytes(number)) }
    static func pinned(_ number: Int) -> PinnedRelease {
        PinnedRelease(
            release: ReleaseID(accepted: "firebreak-agent@1.\(number).0"),
            digest: ContentDigest.sha256(Array("release \(number)".utf8)))
    }

    private var recalls: [RecalledRelease] {
        story.recalled.sorted().map { RecalledRelease(pinned: Self.pinned($0), reason: "bad") }
    }

    /// What there is before the story: folders, and the guard's record of the first installation.
    func prepare() throws {
        try files.makeDirectory(Self.folder)
        try record.write(files)
    }

    /// The guard starts an agent on what the disk holds, and again as often as it ends.
    mutating func start() {
        guard let found = try? PlayedGuard.read(files) else {
            if !disk.isDead { violations.insert(CutViolation("the guard's record is gone")) }
            return
        }
        record = found
        isEnding = true
        settle()
    }

    mutating func tell() {
        for event in story.events where !disk.isDead {
            switch event {
            case .offer(let number): give(.offer(ReleaseOffer(pinned: Self.pinned(number), location: "")))
            case .recall(let number):
                give(.recalls(recalls.filter { $0.pinned == Self.pinned(number) }))
            case .prove: prove()
            }
        }
    }

    /// The control plane goes on offering and recalling, and what works is proven.
    mutating func rest() {
        for _ in 0..<8 where !disk.isDead {
            now = now + .minutes(15)
            if !recalls.isEmpty { give(.recalls(recalls)) }
            if let number = story.offered { give(.offer(ReleaseOffer(pinned: Self.pinned(number), location: ""))) }
            prove()
        }
    }

    private mutating func prove() {
        guard record.isTrying, change({ $0.prove() }) else { return }
        give(.committed)
    }

    private mutating func give(_ input: BuildInput) {
        inbox.append(input)
        settle()
    }

    /// Until nothing waits and the agent runs on.
    private mutating func settle() {
        while !disk.isDead {
            if isEnding {
                begin()
            } else if !inbox.isEmpty {
                step(inbox.removeFirst())
            } else {
                return
            }
        }
    }

    /// A process of the agent begins, and dies at once when its build does.
    private mutating func begin() {
        startCount += 1
        guard startCount < Self.startCountMax else {
            isEnding = false
            _ = violations.insert(CutViolation("the agent is started for ever"))
            return
        }
        inbox = []
        guard change({ $0.start() }) else { return }
        let death = story.dying.first { Self.program($0.key) == record.running }?.value
        if let death {
            if death == .later { take() }
            _ = change { $0.condemn() }
            return
        }
        isEnding = false
        take()
    }

    private mutating func take() {
        if mutation != .leavesWhatItFetched { programs.clear() }
        builds = JournalledBuilds(path: Self.journal, files: files)
        var troubles = 0
        let journal = builds.read { _ in troubles += 1 }
        guard !disk.isDead else { return }
        if troubles > 0 { violations.insert(CutViolation("the journal of builds is torn")) }
        if !disk.now.facts.buildJournals.contains(journal) {
            violations.insert(CutViolation("the journal of builds is neither the old nor the new one"))
        }
        disk.tell { $0.buildJournals = [journal] }
        step(.started(journal, running: record.running, isOnTrial: record.isTrying))
    }

    private mutating func step(_ input: BuildInput) {
        var next = builds.machine
        let planned = next.handle(input, at: now)
        if mutation == .handsOverBeforeJournal {
            for action in planned { if case .install = action { perform(action) } }
        }
        disk.tell { $0.buildJournals.append(next.journal) }
        let actions = builds.handle(input, at: now)
        guard !disk.isDead else { return }
        disk.tell { [journal = builds.machine.journal] in $0.buildJournals = [journal] }
        let isStart = if case .started = input { true } else { false }
        for action in actions where !disk.isDead && !(mutation == .forgetsToGoBack && isStart && action == .goBack) {
            perform(action)
        }
    }

    private mutating func perform(_ action: BuildAction) {
        switch action {
        case .fetch(let offer): fetch(offer.pinned)
        case .install(let digest): install(digest)
        case .restart: isEnding = true
        case .goBack:
            var isLeft = false
            if change({ isLeft = $0.goBack() }), isLeft { isEnding = true }
        case .report: break
        }
    }

    private func number(of digest: Digest) -> Int? { (0...9).first { Self.pinned($0).digest == digest } }

    private mutating func fetch(_ pinned: PinnedRelease) {
        guard let number = number(of: pinned.digest) else { return }
        guard (try? programs.keep(Self.bytes(number), as: BuildFolder.programs.agent, of: pinned.digest)) != nil else {
            return inbox.append(.fetchFailed(pinned.digest, message: "the disk"))
        }
        inbox.append(.fetched(pinned.digest, agent: Self.program(number)))
    }

    private mutating func install(_ digest: Digest) {
        guard let number = number(of: digest) else { return }
        var code: Int32 = 1
        guard change({ code = $0.install(Self.program(number)) }) else { return }
        programs.discard(digest)
        if let meanwhile = story.recalledMeanwhile, meanwhile.copied == number {
            inbox.append(.recalls(recalls.filter { $0.pinned == Self.pinned(meanwhile.recalled) }))
        }
        switch code {
        case 0: inbox.append(.installed(digest))
        case GuardProgram.failedBefore where mutation != .takesFailedForRefused: inbox.append(.failedBefore(digest))
        default: inbox.append(.notInstalled(digest, message: "exit code \(code)"))
        }
    }

    /// - Returns: Whether the guard lives to tell of it.
    private mutating func change(_ body: (inout PlayedGuard) -> Void) -> Bool {
        var next = record
        body(&next)
        guard next == record || (try? next.write(files)) != nil else { return false }
        record = next
        return true
    }
}

extension CutBuilds {
    /// The rules of an agent that was left alone until it rests.
    var violationsAtRest: Set<CutViolation> {
        var violations = violations
        func expect(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String = "") {
            if !condition { violations.insert(CutViolation(rule, detail())) }
        }
        let journal = builds.machine.journal
        let running = (0...9).first { Self.program($0) == record.running } ?? 0
        switch journal.attempt?.stage {
        case nil, .reverted, .refused: break
        case let stage?: expect(false, "it does not come to rest", "\(stage)")
        }
        expect(!record.isTrying && record.slots[record.other].standing != .staged, "a trial does not end")
        expect(
            !story.recalled.contains(running) || !record.canGoBack, "a recalled build runs on, and there is another",
            "\(running)")
        expect(story.dying[running] == nil, "a build runs that dies", "\(running)")
        if let kept = journal.kept {
            expect(kept.agent == record.running, "what is kept is not what runs", "\(kept.pinned.release)")
        }
        for number in 1...9 {
            let pinned = Self.pinned(number)
            let hasFailed = record.condemned.contains(Self.program(number))
            let isBarred = journal.failed.contains(pinned.digest)
            expect(
                !isBarred || hasFailed || story.recalled.contains(number), "a build is barred that did no harm",
                "\(number)")
            expect(
                !hasFailed || isBarred || story.offered != number, "a build that failed may be tried again", "\(number)"
            )
        }
        // Each of two cuts may lose the guard's answer.
        expect(record.handedOverAgain.count <= 2, "a build that failed is handed over time and again")
        if let offered = story.offered, !journal.failed.contains(Self.pinned(offered).digest) {
            expect(running == offered, "what is offered is neither kept nor barred")
            expect(journal.kept?.pinned == Self.pinned(offered), "what runs is not known to be kept")
        }
        expect(disk.now.disk.names(in: Self.folder).isEmpty, "a program that was fetched is left lying")
        return violations
    }
}
