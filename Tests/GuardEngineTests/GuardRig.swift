@testable import GuardEngine

/// A host for the machine: a disk, marks, packs, a journal, and at most one agent. It runs what the machine says in the
/// driver's order, and may be cut off after any step of it.
struct GuardRig {
    /// Two minutes for a build on trial, so that stories end soon.
    static let policy = GuardPolicy(trialDeadline: 120_000)
    var machine = GuardMachine(policy: policy, seed: 1)
    var now: UInt64 = 1_000_000
    var boot = 1
    // What survives a power cut.
    var record: [UInt8]? { didSet { reading = record.map(GuardRecord.decode) ?? .absent } }
    private(set) var reading = RecordReading.absent
    var marks: [SlotState?] = [nil, nil]
    var builds: [DigestText?]
    var journal = JournalReading.absent
    /// Packs, and whether each has its mark.
    var packs: [(digest: DigestText, isProven: Bool)] = []
    // What survives the guard.
    var agent: StartOrder?
    /// Every action that was run, and every order.
    var actions: [GuardAction] = []
    var starts: [StartOrder] = []
    /// Steps until the guard is cut off; nil for never.
    var cutAfter: Int?
    var isDead = false
    /// What is never to happen, as it happened.
    var violations: [String] = []
    /// Builds that were condemned once.
    var condemned: [DigestText] = []

    init(hasSecondBuild: Bool = false) {
        builds = [Sample.digest(1), hasSecondBuild ? Sample.digest(2) : nil]
    }

    private static func index(_ slot: BuildSlot) -> Int { slot == .a ? 0 : 1 }
    func facts(_ slot: BuildSlot) -> SlotFacts {
        SlotFacts(hasBuild: builds[Self.index(slot)] != nil, mark: marks[Self.index(slot)])
    }

    /// One step of the disk; false when the guard is cut off before it.
    private mutating func step(_ body: (inout GuardRig) -> Void) {
        guard !isDead else { return }
        if let left = cutAfter {
            guard left > 0 else {
                isDead = true
                return
            }
            cutAfter = left - 1
        }
        body(&self)
    }

    mutating func give(_ input: GuardInput, after milliseconds: UInt64 = 10) {
        guard !isDead else { return }
        now += milliseconds
        if case .boot = input {} else if case .whole(let found) = reading { machine.refresh(found) }
        let before = machine.record
        let due = machine.handle(input, at: now)
        var isWhole = false
        if case .whole = reading { isWhole = true }
        if !isWhole || machine.record != before {
            let bytes = machine.record.encode()
            step { $0.record = bytes }
        }
        for action in due { step { $0.act(action) } }
        check()
    }

    private mutating func act(_ action: GuardAction) {
        actions.append(action)
        switch action {
        case .condemn(let digest): packs.removeAll { $0.digest == digest }
        case .condemnUnproven:
            packs.removeAll { !$0.isProven }
            give(.swept, after: 0)
        case .mark(let slot, let state):
            marks[Self.index(slot)] = state
            if state.standing == .condemned, let digest = state.digest { condemned.append(digest) }
        case .startAgent(let order): started(order)
        case .endAgent:
            agent = nil
            give(.agentEnded(.exited(code: 0)))
        case .killAgent:
            agent = nil
            give(.agentEnded(.signalled(9)))
        case .finish, .tell: break
        }
    }

    private mutating func started(_ order: StartOrder) {
        starts.append(order)
        if agent != nil { violations.append("a second agent was started") }
        agent = order
        guard case .whole(let record) = reading else {
            violations.append("an agent was started without a record")
            return
        }
        let state = record[order.slot]
        let wanted: SlotState.Standing = order.isTrial ? .trying : .proven
        if state.standing != wanted { violations.append("started a slot that is \(state.standing)") }
        if record.running != order.slot { violations.append("the record does not know of the agent") }
        if let build = builds[Self.index(order.slot)], condemned.contains(build) || record.refuses(build) {
            violations.append("started a condemned build")
        }
        if case .whole(let header) = journal, header.stage == .trial, let digest = header.digest,
            header.bootID != machine.record.bootID, !(header.isStopped && record.wasClean),
            packs.contains(where: { $0.digest == digest })
        {
            violations.append("started on a trial that did not end in good order")
        }
    }

    private mutating func check() {
        let record = machine.record
        if record.deaths > GuardLimit.deathsMax || record.actionsUsed > GuardLimit.actionsMax
            || record.uncleanBoots > GuardLimit.uncleanBootsToObserve
        {
            violations.append("a count is above its bound")
        }
        if record.bootCount > 0, record[record.force].standing != .proven { violations.append("force is not proven") }
        if record.trial == record.force { violations.append("the slot in force is on trial") }
    }

    // MARK: Events

    /// The guard begins: after a boot, or after it was killed.
    mutating func begin() {
        isDead = false
        cutAfter = nil
        machine = GuardMachine(policy: Self.policy, seed: UInt64(now))
        let start = GuardStart(
            bootID: "boot-\(boot)", record: reading, journal: journal, slotA: facts(.a), slotB: facts(.b))
        give(.boot(start))
        give(.watch(adopted: agent != nil))
    }

    mutating func killGuard() { begin() }

    mutating func powerCut() {
        agent = nil
        boot += 1
        begin()
    }

    mutating func reboot(agentSaysStopped: Bool = true) {
        if agentSaysStopped, case .whole(var header) = journal {
            header.isStopped = true
            journal = .whole(header)
        }
        give(.end)
        give(.shutdown)
        agent = nil
        boot += 1
        begin()
    }

    /// The agent of the order in hand ends like this.
    mutating func agentEnds(_ end: AgentEnd) {
        guard agent != nil else { return }
        agent = nil
        give(.agentEnded(end))
    }

    /// Lets time pass until an agent runs.
    mutating func waitForAgent() {
        for _ in 0..<10 where agent == nil { give(.tick, after: machine.wakeAfter(now: now) ?? 100) }
    }

    mutating func say(_ word: AgentWord) { if agent != nil { give(.said(word)) } }

    mutating func install(_ digest: DigestText) {
        guard !isDead, machine.objection(to: digest) == nil else { return }
        give(.stagingBegan)
        let slot = machine.record.stagingSlot
        step { $0.builds[Self.index(slot)] = nil }
        step { $0.builds[Self.index(slot)] = digest }
        give(.staged(digest))
    }

    mutating func restart() { give(.said(.restart)) }

    mutating func beginTrial(_ digest: DigestText) {
        if !packs.contains(where: { $0.digest == digest }) { packs.append((digest, false)) }
        journal = .whole(
            JournalHeader(
                bootID: "boot-\(boot)", stage: .trial, digest: digest, isStopped: false, mode: machine.record.mode))
    }

    var told: [String] {
        actions.compactMap { if case .tell(let text) = $0 { String(decoding: text.bytes, as: UTF8.self) } else { nil } }
    }
}
