import Glibc
import Synchronization

/// Where the signal handler writes; -1 before there is a reader.
///
/// A global, since a signal handler can carry no context. It is touched once before the handler is set, so that its
/// lazy initialisation does not happen inside the handler.
private let endPipe = Atomic<Int32>(-1)

/// SIGTERM and SIGINT as a call, on a thread of its own. One for a process.
///
/// A handler that writes into a pipe, rather than a mask and sigwait: the runtime parks the main thread with an empty
/// mask, and a signal that any thread does not block ends the process.
final class EndSignals: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)
    private let hasEnded = Flag()

    init() {
        // An agent whose control plane or worker closes a connection hears of it by the failed write.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        // Without a descriptor left the default stays: a signal ends the process at once, which is harmless.
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        endPipe.store(ends[1], ordering: .sequentiallyConsistent)
        let reading = Reading(signals: self, descriptor: ends[0])
        let context = Unmanaged.passRetained(reading).toOpaque()
        var thread = pthread_t()
        guard pthread_create(&thread, nil, { EndSignals.body($0) }, context) == 0 else {
            Unmanaged<Reading>.fromOpaque(context).release()
            return
        }
        pthread_detach(thread)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                // The one thing that a handler may safely do here (signal-safety(7)).
                _ = write(endPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
            }
        }
    }

    /// Calls `action` at the first signal, at once if it has come already. A second signal ends the process.
    func onEnd(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
        if hasEnded.isRaised { action() }
    }

    private final class Reading: Sendable {
        let signals: EndSignals
        let descriptor: Int32

        init(signals: EndSignals, descriptor: Int32) {
            self.signals = signals
            self.descriptor = descriptor
        }
    }

    private static func body(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let reading = Unmanaged<Reading>.fromOpaque(context).takeRetainedValue()
        guard waitForByte(reading.descriptor) else { return nil }
        reading.signals.hasEnded.raise()
        reading.signals.action.withLock { $0 }?()
        guard waitForByte(reading.descriptor) else { return nil }
        _exit(128 + SIGTERM)
    }

    private static func waitForByte(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        var count = 0
        repeat { count = read(descriptor, &byte, 1) } while count < 0 && errno == EINTR
        return count == 1
    }
}
