import CLinuxSensor
import Glibc

/// Rings when a program is executed. To be used by one thread.
///
/// Who waits for the connector itself is woken by every fork and every end too: three times for one execution.
struct ExecutionBell {
    private var descriptor: Int32 = -1
    private var isRefused = false

    /// The descriptor to wait for; nil where the kernel gives none.
    mutating func open() -> Int32? {
        if descriptor < 0, !isRefused {
            descriptor = firebreak_connector_bell_open()
            isRefused = descriptor < 0
        }
        return descriptor < 0 ? nil : descriptor
    }

    /// It rings no more until the next execution.
    func clear() { if descriptor >= 0 { firebreak_connector_bell_clear(descriptor) } }

    /// The kernel rings it no more, which spares it a little at each execution.
    mutating func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}
