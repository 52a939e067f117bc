import CLinuxSensor
import Glibc

/// Rings when a program is executed, and at one in 256 of the connector's other events, so that those are read before
/// they fill its buffer.
///
/// Who waits for the connector itself is woken by every fork and every end too: three times for one execution.
///
/// To be made before the connector that is read when it rings: the kernel tells the youngest listener first, so what rang
/// is there to be read.
final class ExecutionBell: Sendable {
    /// Nil where the kernel gives none.
    let descriptor: Int32?

    init() {
        let opened = firebreak_connector_bell_open()
        descriptor = opened < 0 ? nil : opened
    }

    deinit {
        if let descriptor { _ = close(descriptor) }
    }

    /// It rings no more until the next execution.
    func clear() {
        if let descriptor { firebreak_connector_bell_clear(descriptor) }
    }
}
