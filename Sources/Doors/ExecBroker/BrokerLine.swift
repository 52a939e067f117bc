import BrokerEngine
import CExecBroker
import Glibc
import Synchronization

extension BrokerClient {
    /// What the thread and the callers share.
    final class Shared: Sendable {
        struct Line {
            /// -1 while not connected. Closed under the lock only, so that no verdict goes to another's descriptor.
            var socket: Int32 = -1
            var isStopped = false
            var askCount: UInt64 = 0
            var state: BrokerState
        }

        let path: String
        let line: Mutex<Line>
        private let wake: Int32
        private let judge: Judge
        private let states: AsyncStream<BrokerState>.Continuation

        init(path: String, wake: Int32, judge: @escaping Judge, states: AsyncStream<BrokerState>.Continuation) {
            self.path = path
            self.wake = wake
            self.judge = judge
            self.states = states
            line = Mutex(Line(state: .absent(BrokerError(errno: ENOTCONN, subject: path))))
        }

        deinit { _ = firebreak_broker_close(wake) }

        func stop() {
            line.withLock { $0.isStopped = true }
            firebreak_broker_client_event_raise(wake)
        }

        func send(_ answer: BrokerAnswer, on id: UInt64) -> Bool {
            send(.verdict(id: id, answer.verdict, pack: answer.pack))
        }

        func send(_ request: BrokerRequest) -> Bool {
            let bytes = request.encoded()
            return line.withLock { line in
                line.socket >= 0 && firebreak_broker_datagram_send(line.socket, bytes, bytes.count) == 0
            }
        }

        func startThread() throws(BrokerError) {
            let context = Unmanaged.passRetained(self)
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            pthread_attr_setstacksize(&attributes, 512 * 1024)
            var handle = pthread_t()
            let error = pthread_create(&handle, &attributes, { Shared.main($0) }, context.toOpaque())
            pthread_attr_destroy(&attributes)
            guard error == 0 else {
                context.release()
                throw BrokerError(errno: error, subject: path)
            }
        }

        private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let context else { return nil }
            let shared = Unmanaged<Shared>.fromOpaque(context).takeRetainedValue()
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            firebreak_broker_client_hurry()
            shared.serve()
            return nil
        }

        private var isStopped: Bool { line.withLock { $0.isStopped } }

        private func serve() {
            var wait = ClientLimit.retryMillisecondsFirst
            while !isStopped {
                do throws(BrokerError) {
                    try connect()
                    wait = ClientLimit.retryMillisecondsFirst
                    try listen()
                } catch { hangUp(error) }
                // Readable only when stopped.
                if !isStopped { _ = firebreak_broker_client_wait(wake, -1, wait) }
                wait = min(wait * 2, ClientLimit.retryMillisecondsMax)
            }
            hangUp(BrokerError(errno: ENOTCONN, subject: path))
            states.finish()
        }

        private func connect() throws(BrokerError) {
            let socket = firebreak_broker_client_connect(path)
            guard socket >= 0 else { throw BrokerError(errno: -socket, subject: path) }
            line.withLock { $0.socket = socket }
            guard send(.hello(version: BrokerWire.version, .engine)) else {
                throw BrokerError(errno: ECONNRESET, subject: path)
            }
        }

        /// Hears the broker until the connection is over or the client is stopped.
        private func listen() throws(BrokerError) {
            let socket = line.withLock { $0.socket }
            var datagram = [UInt8](repeating: 0, count: BrokerLimit.datagramBytesMax)
            while !isStopped {
                let ready = firebreak_broker_client_wait(socket, wake, -1)
                guard ready >= 0 else { throw BrokerError(errno: -ready, subject: path) }
                guard ready & 1 != 0 else { continue }
                let count = firebreak_broker_datagram_receive(socket, &datagram, datagram.count)
                if count == -EAGAIN { continue }
                guard count > 0 else { throw BrokerError(errno: count == 0 ? ECONNRESET : -count, subject: path) }
                try hear(Array(datagram[..<Int(count)]))
            }
        }

        private func hear(_ bytes: [UInt8]) throws(BrokerError) {
            let reply: BrokerReply
            do { reply = try BrokerReply(decoding: bytes) } catch {
                throw BrokerError(
                    .malformed, subject: path, message: "a datagram cannot be read (\(error)); update the broker")
            }
            switch reply {
            case .ask(let ask):
                line.withLock { $0.askCount += 1 }
                if let answer = judge(ask) { _ = send(answer, on: ask.id) }
            case .status(let status): become(.present(status))
            case .refused(let version):
                throw BrokerError(
                    .malformed, subject: path,
                    message: "it speaks version \(version), we \(BrokerWire.version); update the broker")
            }
        }

        private func hangUp(_ error: BrokerError) {
            line.withLock { line in
                if line.socket >= 0 { _ = firebreak_broker_close(line.socket) }
                line.socket = -1
            }
            become(.absent(error))
        }

        private func become(_ state: BrokerState) {
            let isNew = line.withLock { line in
                defer { line.state = state }
                return line.state != state
            }
            if isNew { states.yield(state) }
        }
    }
}
