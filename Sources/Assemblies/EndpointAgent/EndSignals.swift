import Glibc
import Synchronization

/// SIGTERM and SIGINT as a call, on a thread that waits for them.
///
/// Blocked in the making thread, and so in every thread made after it: make it before anything else.
final class EndSignals: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)
    private let hasEnded = Flag()

    init() {
        // An agent whose control plane or worker closes a connection hears of it by the failed write.
        signal(SIGPIPE, SIG_IGN)
        var signals = Self.signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let error = pthread_create(&thread, nil, { EndSignals.body($0) }, context)
        guard error == 0 else {
            // Without the thread a SIGTERM would do nothing: let it end the process instead, which is harmless.
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            Unmanaged<EndSignals>.fromOpaque(context).release()
            return
        }
        pthread_detach(thread)
    }

    /// Calls `action` at the first signal, at once if it has come already. A second signal ends the process.
    func onEnd(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
        if hasEnded.isRaised { action() }
    }

    private static var signals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }

    private static func body(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let this = Unmanaged<EndSignals>.fromOpaque(context).takeRetainedValue()
        var signals = Self.signals
        var number: Int32 = 0
        guard sigwait(&signals, &number) == 0 else { return nil }
        this.hasEnded.raise()
        this.action.withLock { $0 }?()
        guard sigwait(&signals, &number) == 0 else { return nil }
        _exit(128 + number)
    }
}
