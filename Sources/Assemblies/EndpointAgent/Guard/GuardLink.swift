import Glibc
import GuardEngine

/// The way to the guard that watches this agent: datagrams, one line each, that nobody answers.
///
/// A guard that is gone costs nothing: what cannot be sent is dropped, and the guard that follows hears the next.
final class GuardLink: Sendable {
    enum Word: Hashable {
        /// The loops that do the work have turned.
        case beat
        /// This build has proven itself.
        case committed
        /// A healthy stretch is over.
        case well
        /// The agent ends in order and by request.
        case stopping
        /// End this agent in good order, and start what is staged.
        case restart
    }

    private let descriptor: Int32
    private let path: String
    private let build: PlainText

    /// - Parameter path: The guard's socket; nil when it cannot be a socket's name, which is at most 107 bytes.
    init?(path: String, build: String) {
        guard !path.isEmpty, path.utf8.count < 108 else { return nil }
        let made = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { return nil }
        descriptor = made
        self.path = path
        self.build = PlainText(Array(build.utf8))
    }

    deinit { close(descriptor) }

    /// Sends without waiting.
    ///
    /// - Returns: False when the guard did not get it.
    @discardableResult
    func say(_ word: Word) -> Bool {
        let said: AgentWord =
            switch word {
            case .beat: .beat(pid: Int(getpid()))
            case .committed: .committed(build: build)
            case .well: .well
            case .stopping: .stopping
            case .restart: .restart
            }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bytes = said.bytes
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0,
                    socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return sent == bytes.count
    }
}
