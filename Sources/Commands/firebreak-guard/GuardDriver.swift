import CGuard

/// Runs the guard's machine: reads the record, asks the machine, makes the record durable, then acts.
struct GuardDriver {
    let paths: GuardPaths
    var machine: GuardMachine
    /// The agent in hand.
    var child: firebreak_guard_child?
    /// What the agent is started with.
    var agentArguments: [PlainText] = []
    private(set) var isFinished = false
    /// The record in memory is newer than the one on disk, which cannot be written.
    private(set) var isUnwritten = false
    private var due: [GuardInput] = []

    init(_ options: GuardOptions) {
        paths = options.paths
        machine = GuardMachine(policy: options.policy, seed: firebreak_guard_seed())
    }

    /// Gives the machine one input and does what it says, and what follows from that.
    mutating func step(_ input: GuardInput) {
        // Every guard process may change the record; each change is a reading, a decision and a writing under the lock.
        // Without a lock file the disk is read-only, and then nobody changes anything.
        let lock = HeldLock(paths.recordLock, waits: true)
        due = [input]
        // A step leads to a second at most: a start that fails, or a sweep that was done.
        while !due.isEmpty { decide(due.removeFirst()) }
        _ = consume lock
    }

    private mutating func decide(_ input: GuardInput) {
        if case .boot = input {} else { refresh() }
        let before = machine.record
        var actions = machine.handle(input, at: firebreak_guard_now())
        if isUnwritten || machine.record != before {
            let error = Disk.write(machine.record.encode(), to: paths.record)
            isUnwritten = error != 0
            if isUnwritten {
                Voice.complain("the record cannot be written (errno \(Int(error))); nothing is tried until it can")
                if actions.contains(where: Self.isTrialStart) {
                    actions = machine.handle(.recordUnwritable, at: firebreak_guard_now())
                }
                actions = actions.filter { $0.isRetreat }
            }
        }
        for action in actions { act(action) }
    }

    private static func isTrialStart(_ action: GuardAction) -> Bool {
        if case .startAgent(let order) = action { return order.isTrial }
        return false
    }

    /// Takes what another guard process has written. A record that is torn while a guard lives is written anew by it.
    private mutating func refresh() {
        guard !isUnwritten else { return }
        if case .bytes(let bytes) = Disk.read(paths.record, bytesMax: GuardLimit.recordBytesMax),
            case .whole(let record) = GuardRecord.decode(bytes)
        {
            machine.refresh(record)
        } else {
            isUnwritten = true
        }
    }

    private mutating func act(_ action: GuardAction) {
        switch action {
        case .condemn(let digest): condemn(paths.generations.appending(digest.text))
        case .condemnUnproven: if condemnUnproven() { due.append(.swept) }
        case .mark(let slot, let state):
            let error = Disk.write(SlotMark.encode(state), to: paths.mark(of: slot))
            if error != 0 { Voice.complain("slot \(slot.word) cannot be marked (errno \(Int(error)))") }
        case .startAgent(let order): startAgent(order)
        case .endAgent: signal(SIGTERM, isForGroup: false)
        case .killAgent: signal(SIGKILL, isForGroup: true)
        case .finish: isFinished = true
        case .tell(let text): Voice.complain(text)
        }
    }

    /// Renames a pack so that no agent takes it for one.
    private func condemn(_ path: PlainText) {
        let error = Disk.rename(path + GuardPaths.packSuffix, to: path + GuardPaths.condemnedSuffix)
        if error != 0, error != ENOENT {
            Voice.complain("\(path) cannot be taken away (errno \(Int(error))); its agent refuses it all the same")
        }
    }

    private func condemnUnproven() -> Bool {
        guard let names = Disk.names(in: paths.generations) else { return false }
        for name in names where name.hasSuffix(GuardPaths.packSuffix) {
            let stem = PlainText(name.bytes.dropLast(GuardPaths.packSuffix.bytes.count))
            if !names.contains(stem + GuardPaths.markSuffix) { condemn(paths.generations.appending(stem)) }
        }
        return true
    }

    private mutating func startAgent(_ order: StartOrder) {
        let agent = paths.agent(in: order.slot)
        guard Disk.isProgram(agent) else {
            due.append(.agentUnstartable("\(agent) is no program"))
            return
        }
        let arguments = Self.texts([agent] + agentArguments)
        let boot: PlainText = order.wasClean ? "clean" : "unclean"
        let build: PlainText = order.isTrial ? "trial" : "proven"
        let facts: [PlainText] = [
            "FIREBREAK_GUARD_SOCKET=" + paths.socket, "FIREBREAK_SLOT=" + order.slot.word,
            "FIREBREAK_MODE=" + order.mode.word, "FIREBREAK_BOOT=" + boot, "FIREBREAK_BUILD=" + build,
        ]
        let environment = Self.texts(facts)
        var started = firebreak_guard_child()
        let count = agentArguments.count + 1
        let error = agent.withCString { path in
            arguments.withCString { arguments in
                environment.withCString { environment in
                    paths.pidFile.withCString { pidFile in
                        firebreak_guard_spawn(path, arguments, count, environment, facts.count, pidFile, &started)
                    }
                }
            }
        }
        guard error == 0 else {
            due.append(.agentUnstartable("errno \(Int(-error))"))
            return
        }
        child = started
        Voice.complain(
            "agent \(Int(started.pid)) started from slot \(order.slot.word) (\(build)), mode \(order.mode.word)")
    }

    private func signal(_ number: Int32, isForGroup: Bool) {
        guard var child else { return }
        firebreak_guard_signal(&child, number, isForGroup ? 1 : 0)
    }

    /// Texts as CGuard takes a list of them: each ended by a zero byte.
    static func texts(_ list: [PlainText]) -> PlainText {
        var texts: PlainText = ""
        for text in list { texts += text + PlainText([0]) }
        return texts
    }

    /// The agent's journal as it is on disk now.
    var journal: JournalReading {
        switch Disk.read(paths.journal, bytesMax: GuardLimit.journalBytesMax) {
        case .absent: .absent
        case .bytes(let bytes): JournalHeader.decode(bytes).reading
        case .failed(let error): .torn("the journal cannot be read (errno \(error))")
        }
    }

    /// What the disk holds, for the machine's first input.
    func found() -> GuardStart {
        let record: RecordReading =
            switch Disk.readSettled(paths.record, bytesMax: GuardLimit.recordBytesMax) {
            case .absent: .absent
            case .bytes(let bytes): GuardRecord.decode(bytes)
            case .failed(let error): .torn("the record cannot be read (errno \(error))")
            }
        return GuardStart(
            bootID: Disk.bootID, record: record, journal: journal, slotA: facts(of: .a), slotB: facts(of: .b))
    }

    private func facts(of slot: BuildSlot) -> SlotFacts {
        var mark: SlotState?
        if case .bytes(let bytes) = Disk.read(paths.mark(of: slot), bytesMax: GuardLimit.markBytesMax) {
            mark = SlotMark.decode(bytes)
        }
        return SlotFacts(hasBuild: Disk.isProgram(paths.agent(in: slot)), mark: mark)
    }
}
