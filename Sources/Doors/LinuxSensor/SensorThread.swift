import CLinuxSensor
import Glibc

/// A thread of a sensor, and the way to end it.
///
/// A thread of its own and not a task: reading the kernel's events blocks, and a process that lives for a millisecond
/// is seen only by who wakes at once.
final class SensorThread: Sendable {
    /// Readable when the thread shall end.
    let stopDescriptor: Int32

    private init(stopDescriptor: Int32) { self.stopDescriptor = stopDescriptor }

    deinit { close(stopDescriptor) }

    func stop() { firebreak_sensor_event_raise(stopDescriptor) }

    /// Runs `body` on a new thread. `body` returns soon after `stopDescriptor` has become readable.
    static func start(_ body: @escaping @Sendable (SensorThread) -> Void) throws(SensorError) -> SensorThread {
        let descriptor = firebreak_sensor_event_open()
        guard descriptor >= 0 else { throw SensorError(connectorErrno: -descriptor) }
        let thread = SensorThread(stopDescriptor: descriptor)
        let context = Unmanaged.passRetained(Body(thread: thread, run: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 512 * 1024)
        var handle = pthread_t()
        let error = pthread_create(&handle, &attributes, { SensorThread.main($0) }, context.toOpaque())
        pthread_attr_destroy(&attributes)
        guard error == 0 else {
            context.release()
            throw SensorError(connectorErrno: error)
        }
        return thread
    }

    /// Waits until `descriptor` is readable or `milliseconds` have passed (-1: for ever). False when the thread shall
    /// end. A `descriptor` of -1 waits for the time alone.
    func wait(for descriptor: Int32, milliseconds: Int32) -> Bool {
        wait(for: descriptor, watching: -1, milliseconds: milliseconds) != .stop
    }

    /// What ended a wait.
    enum Wake {
        case stop
        /// The file that was watched has changed.
        case changed
        case other
    }

    /// As above, and ends too when the kernel says that the file `watched` has other contents, as it does for
    /// `/proc/self/mountinfo`.
    func wait(for descriptor: Int32, watching watched: Int32, milliseconds: Int32) -> Wake {
        var polled = [
            pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watched, events: Int16(POLLPRI), revents: 0),
        ]
        _ = poll(&polled, nfds_t(polled.count), milliseconds)
        if polled[0].revents != 0 { return .stop }
        return polled[2].revents != 0 ? .changed : .other
    }

    private final class Body: Sendable {
        let thread: SensorThread
        let run: @Sendable (SensorThread) -> Void

        init(thread: SensorThread, run: @escaping @Sendable (SensorThread) -> Void) {
            self.thread = thread
            self.run = run
        }
    }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        body.run(body.thread)
        return nil
    }
}
