import ContentPack
import Glibc

/// Obeys the fault markers that are the host's, for tests of whole machines: only an agent started with `--host-chaos`
/// has one. It stands for content that is run with the kernel's rights, which ours never is.
struct HostChaos: Sendable {
    /// Panics the kernel as a bad driver would, at once: nothing is written back, and no signal handler runs.
    var panic: @Sendable () -> Void = {
        let trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC)
        guard trigger >= 0 else { return }
        var command = UInt8(ascii: "c")
        _ = write(trigger, &command, 1)
        close(trigger)
    }
    /// Stops the thread that asks, for ever: this agent never becomes ready and never beats.
    var hang: @Sendable () -> Void = {
        while true { pause() }
    }

    func obey(_ chaos: PackChaos) {
        switch chaos {
        case .panicHost: panic()
        case .hangHost: hang()
        case .crashOnLoad, .hangOnLoad: break
        }
    }
}
