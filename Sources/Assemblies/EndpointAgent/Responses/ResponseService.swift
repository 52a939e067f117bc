import AgentEngine
import CanonicalCoding
import ControlWire
import Dispatch
import FleetModel
import ResponseActions
import ResponseEngine
import Synchronization
import WorkerWire

/// What is done about matches beside the alert: asks the planner, has carried out what it planned, and tells the update
/// machine when a release asks for too much.
///
/// Planning is quick and under a lock, since executions wait for it. Acts may take as long as a disk does, so they are done
/// one after the other on a queue of their own.
final class ResponseService: Sendable {
    /// Acts that may wait: all that the planner's budget lets through in an hour.
    static let waitingCountMax = ResponsePolicy.perHourBound
    /// An act that finds a person's command at work is tried again so often, a second apart.
    static let triesMax = 10
    /// Between two looks for actions that people took back: a storm that needs people to be seen is no matter of seconds.
    static let undoneInterval = Moment.Span.seconds(60)

    private let planner: Mutex<ResponsePlanner>
    private let door: ResponseDoor
    private let clock: AgentClock
    private let log: AgentLog
    private let workers: WorkerSupervisor
    /// To the update machine.
    private let tell: @Sendable (UpdateInput) -> Void
    private let queue = DispatchQueue(label: "firebreak.responses")
    private let waiting = Atomic<Int>(0)

    /// - Parameter ownFolders: Where this product lies: no rule may touch what is in them.
    /// - Throws: When the journal of actions cannot be read: then nothing destructive may be done.
    init(
        state: String, ownFolders: [String], ownProcessIds: Set<Int32>, policy: EndpointPolicy, clock: AgentClock,
        log: AgentLog, workers: WorkerSupervisor, tell: @escaping @Sendable (UpdateInput) -> Void
    ) throws(ResponseError) {
        let door = try ResponseDoor(state: state)
        let now = clock.now()
        let (settled, errors) = try door.recover(at: now)
        planner = Mutex(
            ResponsePlanner(
                policy: policy.responsePolicy,
                protected: ProtectedList(ownFolders: ownFolders, ownProcessIds: ownProcessIds),
                journal: try door.history(), at: now))
        self.door = door
        self.clock = clock
        self.log = log
        self.workers = workers
        self.tell = tell
        for record in settled { note(record) }
        for error in errors { log.trouble(error.code.rawValue, "\(error)") }
    }

    func set(_ policy: EndpointPolicy) { planner.withLock { $0.policy = policy.responsePolicy } }

    /// Does what the match's rule asks for, as far as it may. A denial is not done here: its execution is over.
    func take(_ detection: Detection) {
        guard detection.match.response.isDestructive, detection.match.response != .deny, let event = detection.event,
            let record = plan(detection, event: event, isHeld: false)
        else { return }
        guard waiting.load(ordering: .relaxed) < Self.waitingCountMax else {
            return log.trouble("response.crowded", "too many actions wait for the disk; \(record.id) is not done")
        }
        waiting.add(1, ordering: .relaxed)
        queue.async { self.carryOut(record, triesLeft: Self.triesMax) }
    }

    /// Whether an execution that waits is to be denied. A denial is noted before this returns.
    func denies(_ detection: Detection, event: TelemetryEvent) -> Bool {
        guard let record = plan(detection, event: event, isHeld: true), case .deny = record.action else { return false }
        door.note(denial: record, at: clock.now())
        note(record)
        return true
    }

    /// What the broker says of a release whose denials were more than its budget.
    func denialsOverBudget(_ pinned: PinnedRelease) {
        tell(.workerFailed(.active, pinned.digest, .destructive("it denied more executions than the broker's budget")))
    }

    /// Hears of actions that people took back with the command, which works on the same journal, until cancelled.
    func keepLooking() async {
        var known = Set(((try? door.history()) ?? []).filter { $0.state == .undone }.map(\.id))
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Self.undoneInterval.milliseconds))
            guard !Task.isCancelled, let records = try? door.history() else { continue }
            for record in records where record.state == .undone && known.insert(record.id).inserted {
                let release = planner.withLock { $0.tookBack(record, at: clock.now()) }
                guard let release, let active = await workers.release(in: .active), active.release == release else {
                    continue
                }
                tell(.workerFailed(.active, active.digest, .destructive("people took back too much of what it did")))
            }
        }
    }

    private func carryOut(_ record: ResponseRecord, triesLeft: Int) {
        let protected = planner.withLock { $0.protected }
        do throws(ResponseError) {
            note(try door.carryOut(record, protected: protected, at: clock.now()))
        } catch {
            if error.code == .busy, triesLeft > 1 {
                return queue.asyncAfter(deadline: .now() + .seconds(1)) {
                    self.carryOut(record, triesLeft: triesLeft - 1)
                }
            }
            log.trouble(error.code.rawValue, "\(error)")
        }
        waiting.subtract(1, ordering: .relaxed)
    }

    private func plan(_ detection: Detection, event: TelemetryEvent, isHeld: Bool) -> ResponseRecord? {
        let request = ResponseRequest(
            response: detection.match.response, rule: detection.match.ruleID, release: detection.pinned.release,
            event: event, isHeld: isHeld)
        switch planner.withLock({ $0.plan(request, at: clock.now()) }) {
        case .alert: return nil
        case .act(let record): return record
        case .withheld(let reason):
            log.write(
                .response,
                [
                    ("rule", .string(detection.match.ruleID)), ("asked", .string(detection.match.response.name)),
                    ("withheld", .string(reason.sentence)),
                ])
            return nil
        case .storm:
            tell(
                .workerFailed(
                    .active, detection.pinned.digest, .destructive("it asked for more destructive actions than allowed")
                ))
            return nil
        }
    }

    private func note(_ record: ResponseRecord) {
        log.write(
            .response,
            [
                ("id", .string(record.id.text)), ("rule", .string(record.rule)),
                ("release", .string(record.release.text)), ("state", .string(record.state.rawValue)),
                ("note", .string(record.note)),
            ])
    }
}

extension EndpointPolicy {
    /// The part that bounds what rules may do.
    var responsePolicy: ResponsePolicy {
        ResponsePolicy(
            allowed: responsesAllowed, perMinuteMax: Int(destructiveActionsPerMinute),
            perHourMax: Int(destructiveActionsPerHour), undonePerHourMax: Int(undoneActionsPerHour))
    }
}
