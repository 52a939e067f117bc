import CWorkerSandbox
import Glibc
import Synchronization
import WorkerWire

/// The thread that starts, serves and reaps one worker.
final class WorkerServer: Sendable {
    let processId: Int32
    let mailbox: WorkerMailbox

    private let child: firebreak_child
    private let wake: WakeEvent
    private let outbound: Mutex<Outbound>

    /// What senders and the thread share. The descriptors are valid while `isReaped` is false, and are used under this
    /// lock or by the thread itself, which alone closes them: a number that was closed may mean another file.
    private struct Outbound {
        var waiting: [UInt8] = []
        var position = 0
        /// No frame is taken any more; set by `finish`, a broken wire or the end of the channel.
        var isClosing = false
        var isReaped = false

        var waitingCount: Int { waiting.count - position }
    }

    private init(child: firebreak_child, wake: WakeEvent) {
        self.child = child
        self.wake = wake
        processId = child.pid
        outbound = Mutex(Outbound())
        mailbox = WorkerMailbox(countMax: WorkerLimit.eventCountMax) { wake.raise() }
    }
}

// MARK: - Start

extension WorkerServer {
    private final class Start: Sendable {
        let launch: WorkerLaunch
        let answer: @Sendable (Result<WorkerServer, SandboxError>) -> Void

        init(launch: WorkerLaunch, answer: @escaping @Sendable (Result<WorkerServer, SandboxError>) -> Void) {
            self.launch = launch
            self.answer = answer
        }
    }

    /// Starts a thread that starts the worker, and answers from that thread, once.
    static func start(
        _ launch: WorkerLaunch, answer: @escaping @Sendable (Result<WorkerServer, SandboxError>) -> Void
    ) {
        let start = Unmanaged.passRetained(Start(launch: launch, answer: answer))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The loop needs little; the default would reserve 8 MiB for each worker.
        pthread_attr_setstacksize(&attributes, 512 * 1024)
        var thread = pthread_t()
        let error = pthread_create(&thread, &attributes, { WorkerServer.body($0) }, start.toOpaque())
        pthread_attr_destroy(&attributes)
        if error != 0 {
            start.release()
            answer(.failure(SandboxError(errno: error, subject: launch.executable)))
        }
    }

    private static func body(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        var signals = sigset_t()
        sigfillset(&signals)
        // Signals to the agent are for its other threads.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        do throws(SandboxError) {
            let server = try spawn(start.launch)
            start.answer(.success(server))
            server.serve()
        } catch {
            start.answer(.failure(error))
        }
        return nil
    }

    private static func spawn(_ launch: WorkerLaunch) throws(SandboxError) -> WorkerServer {
        let wake = try WakeEvent(subject: launch.executable)
        var child = firebreak_child()
        let arguments = Self.strings([launch.executable] + launch.arguments)
        // Nothing of the agent's environment. A crash in the worker must end at once, not in a debugger's report; and
        // one arena is enough for one thread.
        let environment = Self.strings(["SWIFT_BACKTRACE=enable=no", "MALLOC_ARENA_MAX=1"])
        defer { for pointer in arguments + environment { free(pointer) } }
        let result = firebreak_spawn(launch.executable, arguments, environment, &child)
        guard result == 0 else { throw SandboxError(errno: -result, subject: launch.executable) }
        // Until it seals itself it has this from here; then it sets the same itself.
        _ = firebreak_allow_processor(child.pid, WorkerLimit.processorSecondsMax)
        return WorkerServer(child: child, wake: wake)
    }
}

extension WorkerServer {
    /// C strings with a null at the end, to be freed by the caller.
    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text in text.withCString { strdup($0) } } + [nil]
    }
}

// MARK: - What senders may call, from any thread

extension WorkerServer {
    func send(_ bytes: [UInt8]) -> SendOutcome {
        outbound.withLock { outbound in
            guard !outbound.isClosing, !outbound.isReaped else { return .over }
            guard outbound.waitingCount < WorkerLimit.outboundBytesMax else { return .full }
            let isIdle = outbound.waitingCount == 0
            outbound.waiting.append(contentsOf: bytes)
            if isIdle {
                // Written here when the socket takes it: saves the way over the thread.
                flush(&outbound)
                if outbound.waitingCount > 0 { wake.raise() }
            }
            return .accepted
        }
    }

    func finish() {
        outbound.withLock { outbound in
            guard !outbound.isClosing, !outbound.isReaped else { return }
            // The one frame that has no bound to break.
            try? AgentFrame.shutdown.encode(into: &outbound.waiting)
            outbound.isClosing = true
            wake.raise()
        }
    }

    func kill() {
        outbound.withLock { outbound in
            guard !outbound.isReaped else { return }
            outbound.isClosing = true
            _ = firebreak_kill(child.pidfd)
        }
    }

    func usage() -> WorkerUsage? {
        outbound.withLock { outbound in
            guard !outbound.isReaped else { return nil }
            let processor = firebreak_processor_used(processId)
            guard processor >= 0, let pages = Self.residentPages(of: processId) else { return nil }
            return WorkerUsage(
                residentBytes: pages * UInt64(sysconf(Int32(_SC_PAGESIZE))),
                processorMilliseconds: UInt64(processor) / 1_000_000)
        }
    }

    /// The second number of `/proc/PID/statm` (proc(5)).
    private static func residentPages(of processId: Int32) -> UInt64? {
        let file = open("/proc/\(processId)/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        let numbers = String(decoding: text, as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? UInt64(numbers[1]) : nil
    }

    /// Writes what waits, as far as the socket takes it. An error is left to the thread, which sees the channel end.
    private func flush(_ outbound: inout Outbound) {
        while outbound.waitingCount > 0 {
            let written = outbound.waiting.withUnsafeBytes { bytes in
                Glibc.send(
                    child.channel, bytes.baseAddress?.advanced(by: outbound.position), bytes.count - outbound.position,
                    Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { break }
            outbound.position += written
        }
        if outbound.waitingCount == 0 {
            outbound.waiting.removeAll(keepingCapacity: outbound.waiting.capacity <= WorkerLimit.outboundBytesMax)
            outbound.position = 0
        } else if outbound.position > WorkerLimit.outboundBytesMax {
            outbound.waiting.removeFirst(outbound.position)
            outbound.position = 0
        }
    }
}

// MARK: - The thread

extension WorkerServer {
    /// How far the channel has come, in the thread's eyes.
    private enum Channel {
        case open
        /// The worker has closed it, or it was closed on the worker. Polled no more.
        case ended
    }

    private func serve() {
        var decoder = WorkerFrameDecoder()
        var channel = Channel.open
        var closingAt: Int64?
        while true {
            let (wantsWriting, isClosing) = outbound.withLock { ($0.waitingCount > 0, $0.isClosing) }
            if closingAt == nil, isClosing || channel == .ended {
                closingAt = Self.milliseconds() + Int64(WorkerLimit.closingMilliseconds)
            }
            var wanted: Int32 = 0
            if channel == .open, mailbox.hasRoom() { wanted |= POLLIN }
            if channel == .open, wantsWriting { wanted |= POLLOUT }
            var polled = [
                // A descriptor of -1 is skipped: one that has hung up would otherwise wake the poll for ever.
                pollfd(fd: wanted == 0 ? -1 : child.channel, events: Int16(wanted), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.pidfd, events: Int16(POLLIN), revents: 0),
            ]
            let left = closingAt.map { Int32(max(0, $0 - Self.milliseconds())) }
            _ = poll(&polled, nfds_t(polled.count), left == 0 ? Self.killedPollMilliseconds : left ?? -1)
            if left == 0 { _ = firebreak_kill(child.pidfd) }
            if polled[1].revents != 0 { wake.clear() }
            if polled[2].revents != 0 { break }
            if polled[0].revents & Int16(POLLOUT) != 0 { outbound.withLock { flush(&$0) } }
            if polled[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, wanted & POLLIN != 0 {
                channel = receive(&decoder)
            }
        }
        // The process has ended; what it said before is still in the socket, at most one socket buffer.
        while channel == .open { channel = receive(&decoder) }
        reap()
    }

    /// How often a worker that has been killed is looked at again: the kernel may take a while to free its memory.
    private static let killedPollMilliseconds: Int32 = 10

    private static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Reads once. When nothing is there after the process has ended, that is the end of the channel.
    private func receive(_ decoder: inout WorkerFrameDecoder) -> Channel {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: WireLimit.chunkBytesMax) { buffer, count in
            result = recv(child.channel, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            count = max(0, result)
        }
        guard result > 0 else {
            return result < 0 && errno == EINTR ? .open : .ended
        }
        do throws(WireError) {
            try decoder.append(bytes)
            while let frame = try decoder.next() {
                if case .pong = frame { _ = firebreak_allow_processor(processId, WorkerLimit.processorSecondsMax) }
                mailbox.put(.frame(frame))
            }
            return .open
        } catch {
            mailbox.put(.wireBroken(error))
            kill()
            return .ended
        }
    }

    private func reap() {
        var kind: Int32 = 0
        var value: Int32 = 0
        let result = firebreak_reap(child.pidfd, &kind, &value)
        let lastWords = readLastWords()
        outbound.withLock { outbound in
            outbound.isReaped = true
            outbound.waiting = []
            outbound.position = 0
        }
        // Someone else in this process took the child's status: it has ended, how is not known.
        let cause: WorkerEnding.Cause =
            result == 0 && kind == Int32(FIREBREAK_EXITED.rawValue)
            ? .exited(code: value) : .killed(signal: result == 0 ? value : SIGKILL)
        mailbox.put(.ended(WorkerEnding(cause: cause, lastWords: lastWords)))
        mailbox.finish()
        for descriptor in [child.channel, child.words, child.pidfd] { close(descriptor) }
    }

    private func readLastWords() -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: WorkerLimit.lastWordsBytesMax) { buffer, count in
            count = max(0, read(child.words, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
