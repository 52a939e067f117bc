import CLinuxSensor
import FleetModel

/// Makes events out of what the process connector says and `/proc` still knows. Lives on the sensor's thread.
struct ProcessWatch {
    private var table: ProcessTable
    private var users: UserNames
    private let files: ProcFiles
    /// By processor: the number that the kernel's next event has.
    private var expected: [UInt32: UInt32] = [:]
    private(set) var lostCount: UInt64 = 0
    private(set) var incompleteCount: UInt64 = 0
    var untrackedCount: UInt64 { table.untrackedCount }

    init(files: ProcFiles = ProcFiles(), users: UserNames = UserNames(), table: ProcessTable = ProcessTable()) {
        self.files = files
        self.users = users
        self.table = table
    }

    /// Remembers the processes that are there already. Subscribe to the connector first: what starts meanwhile is then
    /// in its queue.
    mutating func seed() {
        let boot = SensorClock.bootMoment()
        let now = SensorClock.monotonicMilliseconds()
        var found: [(ticks: UInt64, node: ProcessNode)] = []
        for processId in files.processIds().prefix(SensorLimit.processCountMax) {
            guard
                let facts = files.facts(
                    of: processId, textBytesMax: SensorLimit.lineageTextBytesMax, wantsStart: true)
            else { continue }
            found.append((facts.startTicks ?? 0, node(processId, facts, boot: boot, now: now)))
        }
        // By start, so that parents come before their children even when process ids have wrapped.
        for process in found.sorted(by: { $0.ticks < $1.ticks }) { table.adopt(process.node) }
    }

    /// The event that a kernel event means, if it means one.
    ///
    /// - Parameters:
    ///   - hasEnded: Whether the process is known to have ended since: `/proc` is not asked then, for the most part in vain.
    ///   - executions: What processes opened to execute it, for those that are gone from `/proc` already.
    mutating func handle(
        _ event: firebreak_process_event, hasEnded: Bool = false, executions: inout ExecutionNames
    ) -> TelemetryEvent? {
        countLoss(before: event)
        let moment = SensorClock.moment(ofMonotonic: event.nanoseconds)
        switch UInt32(bitPattern: event.kind) {
        case FIREBREAK_PROCESS_FORK.rawValue:
            if !table.contains(event.parent_pid) { adopt(event.parent_pid) }
            table.fork(parent: event.parent_pid, child: event.pid, at: moment)
            return nil
        case FIREBREAK_PROCESS_EXEC.rawValue:
            return creation(of: event.pid, hasEnded: hasEnded, at: moment, &executions)
        case FIREBREAK_PROCESS_USER.rawValue:
            table.change(event.pid, user: users.name(of: event.user, now: SensorClock.monotonicMilliseconds()))
            return nil
        case FIREBREAK_PROCESS_EXIT.rawValue:
            executions.forget(event.pid)
            return termination(of: event.pid, at: moment)
        default: return nil
        }
    }

    /// The kernel numbers its events for each processor; what is missing between two that came was lost.
    private mutating func countLoss(before event: firebreak_process_event) {
        guard event.cpu != FIREBREAK_NO_CPU else { return }
        if let expected = expected[event.cpu] {
            let missing = event.sequence &- expected
            // Half of the range and more would be a step back, which the kernel does not make.
            if missing < UInt32.max / 2 { lostCount += UInt64(missing) }
        }
        expected[event.cpu] = event.sequence &+ 1
    }

    private mutating func creation(
        of processId: Int32, hasEnded: Bool, at moment: Moment, _ executions: inout ExecutionNames
    ) -> TelemetryEvent {
        // Read before anything else is done: it may be gone in a moment. A little more than an event may carry, so that
        // the encoding marks a longer one as cut.
        let facts = hasEnded ? nil : files.facts(of: processId, textBytesMax: EventCoding.textBytesMax + 4)
        let now = SensorClock.monotonicMilliseconds()
        if !table.contains(processId) {
            if let parent = facts?.parentProcessId, parent > 0, !table.contains(parent) { adopt(parent) }
            table.adopt(node(processId, facts ?? ProcessFacts(), boot: nil, now: now))
        }
        let user = facts?.user.map { users.name(of: $0, now: now) }
        // Never the parent's: what forked is not what runs.
        let image = facts?.image ?? executions.image(of: processId)
        executions.forget(processId)
        table.execute(processId, image: image, commandLine: facts?.commandLine, user: user)
        if image == nil || facts?.commandLine == nil { incompleteCount += 1 }

        var event = TelemetryEvent(kind: .processCreation, at: moment, lineage: table.lineage(of: processId))
        event[.processId] = .integer(Int64(processId))
        event[.image] = image.map(FieldValue.text)
        event[.commandLine] = facts?.commandLine.map(FieldValue.text)
        event[.currentDirectory] = facts?.currentDirectory.map(FieldValue.text)
        event[.user] = Self.known(user ?? table.node(of: processId)?.user)
        event[.logonId] = facts?.loginUser.map { .integer(Int64($0)) }
        addParent(of: processId, facts, to: &event)
        return event
    }

    private func addParent(of processId: Int32, _ facts: ProcessFacts?, to event: inout TelemetryEvent) {
        if let parent = table.parent(of: processId) {
            event[.parentProcessId] = .integer(Int64(parent.processId))
            event[.parentImage] = Self.known(parent.image)
            event[.parentCommandLine] = Self.known(parent.commandLine)
            event[.parentUser] = Self.known(parent.user)
        } else if let parentId = facts?.parentProcessId {
            event[.parentProcessId] = .integer(Int64(parentId))
        }
    }

    private mutating func termination(of processId: Int32, at moment: Moment) -> TelemetryEvent? {
        let lineage = table.lineage(of: processId)
        // A process without an image is a thread of the kernel's, or was never seen.
        guard let node = table.end(processId), !node.image.isEmpty else { return nil }
        var event = TelemetryEvent(kind: .processTermination, at: moment, lineage: lineage)
        event[.processId] = .integer(Int64(processId))
        event[.image] = .text(node.image)
        event[.user] = Self.known(node.user)
        return event
    }

    /// Remembers a process whose start was not seen, as far as it is still there.
    private mutating func adopt(_ processId: Int32) {
        let now = SensorClock.monotonicMilliseconds()
        guard let facts = files.facts(of: processId, textBytesMax: SensorLimit.lineageTextBytesMax) else { return }
        table.adopt(node(processId, facts, boot: nil, now: now))
    }

    private mutating func node(_ processId: Int32, _ facts: ProcessFacts, boot: Moment?, now: Int64) -> ProcessNode {
        let startedAt = boot.flatMap { boot in
            facts.startTicks.map { SensorClock.moment(ofStartTicks: $0, boot: boot) }
        }
        return ProcessNode(
            processId: processId, parentProcessId: facts.parentProcessId ?? 0, image: facts.image ?? "",
            commandLine: facts.commandLine ?? "", user: facts.user.map { users.name(of: $0, now: now) } ?? "",
            startedAt: startedAt)
    }

    /// What is known of a process that something else was heard of; nil when nothing is. One that has ended lately is
    /// known from before.
    ///
    /// - Parameter isFresh: Whether the table is kept up to date. Otherwise `/proc` is asked each time, since an id may
    ///   be another process by now.
    mutating func actor(_ processId: Int32, isFresh: Bool) -> ProcessActor? {
        guard processId > 0 else { return nil }
        if isFresh ? table.lately(processId) == nil : true { adopt(processId) }
        guard let node = table.lately(processId) else { return nil }
        return ProcessActor(node: node, lineage: table.lineage(of: processId))
    }

    mutating func userName(_ user: UInt32) -> String {
        users.name(of: user, now: SensorClock.monotonicMilliseconds())
    }

    /// The table's empty text stands for not known, and what is not known is absent.
    static func known(_ text: String?) -> FieldValue? {
        text.flatMap { $0.isEmpty ? nil : .text($0) }
    }
}

/// Who did something, and how it came to run.
struct ProcessActor: Equatable {
    let node: ProcessNode
    let lineage: [ProcessNode]

    /// Puts the actor's fields into an event of any kind; what is not known is absent.
    func sign(_ event: inout TelemetryEvent) {
        event.lineage = lineage
        event[.image] = ProcessWatch.known(node.image)
        event[.user] = ProcessWatch.known(node.user)
    }
}
