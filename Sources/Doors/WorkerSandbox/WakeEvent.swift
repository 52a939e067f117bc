import CWorkerSandbox
import Glibc

/// Wakes a thread out of its poll. Shared by all who may have to; the descriptor is closed with the last of them.
final class WakeEvent: Sendable {
    let descriptor: Int32

    /// - Throws: the errno of a system that has no descriptor left.
    init(subject: String) throws(SandboxError) {
        descriptor = firebreak_event_open()
        guard descriptor >= 0 else { throw SandboxError(errno: -descriptor, subject: subject) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func raise() { firebreak_event_raise(descriptor) }
    func clear() { firebreak_event_clear(descriptor) }
}
