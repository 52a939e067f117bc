import AgentEngine
import BrokerEngine
import ExecBroker
import FleetModel
import LinuxSensor
import Synchronization
import WorkerWire

/// Answers the broker about executions that wait. Where nothing that runs here would deny, the answer is immediate and
/// costs no hop; otherwise the active worker is asked, and the response planner decides about what it says.
///
/// Nothing in here can hold up an execution for longer than the broker's deadline: past it the broker allows.
final class ExecutionJudge: Sendable {
    private let workers: WorkerSupervisor
    private let responses: ResponseService
    private let onDenied: @Sendable (Detection) -> Void
    private let client = Mutex<BrokerClient?>(nil)
    /// Why there is no client although a broker was asked for.
    private let failure = Mutex<String?>(nil)
    private let watching = Mutex<Task<Void, Never>?>(nil)

    init(workers: WorkerSupervisor, responses: ResponseService, onDenied: @escaping @Sendable (Detection) -> Void) {
        self.workers = workers
        self.responses = responses
        self.onDenied = onDenied
    }

    /// Begins to answer at the broker's socket. A broker that is not there is looked for, for ever.
    func start(socket: String, log: AgentLog) {
        do throws(BrokerError) {
            let started = try BrokerClient.start(socket: socket) { [weak self] ask in
                guard let self, self.workers.denials.isAny else { return BrokerAnswer(.allow, pack: 0) }
                Task { await self.judge(ask) }
                return nil
            }
            client.withLock { $0 = started }
            let task = Task { [weak self] in
                var before = BreakerReason.none
                for await state in started.states {
                    guard case .present(let status) = state else { continue }
                    if status.reason == .denialBudget, before != .denialBudget { self?.overspent(status.pack) }
                    before = status.reason
                }
            }
            watching.withLock { $0 = task }
        } catch {
            failure.withLock { $0 = "executions are not held: \(error)" }
            log.trouble(error.code.rawValue, "\(error)")
        }
    }

    func stop() {
        watching.withLock { $0?.cancel() }
        client.withLock { $0 }?.stop()
    }

    /// Why executions are seen and not held; nil when they are, or when no broker was asked for.
    var trouble: String? {
        guard let client = client.withLock({ $0 }) else { return failure.withLock { $0 } }
        switch client.state {
        case .absent(let error): return "executions are not held: \(error)"
        case .present(let status) where status.mode == .observing:
            return "the broker only observes for a while, because of \(status.reason.name)"
        case .present: return nil
        }
    }

    private func judge(_ ask: ExecutionAsk) async {
        let event = HeldExecution.event(
            processId: ask.processId, path: String(decoding: ask.path, as: UTF8.self))
        guard let (match, pinned) = await workers.judge(event) else {
            return answer(ask, .allow, pack: 0)
        }
        let detection = Detection(match: match, event: event, pinned: pinned)
        guard responses.denies(detection, event: event) else {
            return answer(ask, .allow, pack: pinned.tag)
        }
        answer(ask, .deny, pack: pinned.tag)
        onDenied(detection)
    }

    private func answer(_ ask: ExecutionAsk, _ verdict: Verdict, pack: UInt64) {
        client.withLock { $0 }?.send(BrokerAnswer(verdict, pack: pack), on: ask.id)
    }

    /// The broker denied more than its budget for the content with this tag.
    private func overspent(_ tag: UInt64) {
        Task {
            guard let active = await workers.release(in: .active), active.tag == tag else { return }
            responses.denialsOverBudget(active)
        }
    }
}

extension PinnedRelease {
    /// The release in the broker's words: the first eight bytes of its digest.
    var tag: UInt64 { digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
