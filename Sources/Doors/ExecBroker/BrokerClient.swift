package import BrokerEngine
import CExecBroker
import Glibc
import Synchronization

/// An engine's word on an ask.
package struct BrokerAnswer: Hashable, Sendable {
    package var verdict: Verdict
    /// Names the content that the verdict follows; a broker whose budget is overspent reports it.
    package var pack: UInt64

    package init(_ verdict: Verdict, pack: UInt64) {
        self.verdict = verdict
        self.pack = pack
    }
}

/// Whether executions can be denied, as far as is known.
package enum BrokerState: Equatable, Sendable {
    /// Not connected. Protection is reduced: executions are seen, not held.
    case absent(BrokerError)
    /// Connected, and how the broker stood when it last told. Protection is reduced unless the mode is `asking`.
    case present(BrokerStatus)

    /// Whether a verdict of ours would be carried out.
    package var isHolding: Bool {
        if case .present(let status) = self { status.mode == .asking } else { false }
    }
}

/// The agent's side of the broker: one thread that hears asks and one socket that takes verdicts.
///
/// The thread connects, and connects again for ever, with a wait that doubles from `ClientLimit.retryMillisecondsFirst`
/// to `ClientLimit.retryMillisecondsMax`. Nothing here waits for the broker: a verdict that cannot be sent is dropped,
/// and the broker's deadline allows the execution.
package final class BrokerClient: Sendable {
    /// Bounds of a client.
    package enum ClientLimit {
        /// The first wait before connecting again: a broker that was ended by its watchdog is back within this.
        package static let retryMillisecondsFirst: Int32 = 100
        /// The longest wait: an absent broker costs one call in five seconds.
        package static let retryMillisecondsMax: Int32 = 5000
    }

    /// What the broker asks, heard on the client's own thread: answer at once, or return nil and `send` it later. Each
    /// millisecond spent in here is one that another execution waits.
    package typealias Judge = @Sendable (ExecutionAsk) -> BrokerAnswer?

    /// Each change of state, the latest only when nobody listens; a new client begins `absent`. To be iterated once.
    package let states: AsyncStream<BrokerState>
    private let shared: Shared

    /// Begins to connect.
    package static func start(socket: String, judge: @escaping Judge) throws(BrokerError) -> BrokerClient {
        let wake = firebreak_broker_client_event_open()
        guard wake >= 0 else { throw BrokerError(errno: -wake, subject: socket) }
        let (states, continuation) = AsyncStream.makeStream(of: BrokerState.self, bufferingPolicy: .bufferingNewest(1))
        let shared = Shared(path: socket, wake: wake, judge: judge, states: continuation)
        try shared.startThread()
        return BrokerClient(states: states, shared: shared)
    }

    private init(states: AsyncStream<BrokerState>, shared: Shared) {
        self.states = states
        self.shared = shared
    }

    deinit { shared.stop() }

    /// The latest state.
    package var state: BrokerState { shared.line.withLock { $0.state } }

    /// Asks that came since the start.
    package var askCount: UInt64 { shared.line.withLock { $0.askCount } }

    /// Sends a verdict without waiting. False when there is no broker or it does not take it: then its deadline decides.
    @discardableResult
    package func send(_ answer: BrokerAnswer, on id: UInt64) -> Bool { shared.send(answer, on: id) }

    /// Asks for a fresh status, which comes through `states`. False when there is no broker.
    @discardableResult
    package func refresh() -> Bool { shared.send(.askStatus) }

    /// Ends the connection and the thread. The broker allows what waits.
    package func stop() { shared.stop() }
}
