import CWorkerSandbox
import Glibc
package import WorkerWire

/// The worker's end of the socket to its agent: reads block, replies are written together.
package struct WorkerChannel {
    private var replies: [UInt8] = []

    /// Replies are written when this many bytes wait, or before the next read: one call then serves many events.
    private static let repliesBytesMax = 32 * 1024

    package enum Portion {
        case bytes([UInt8])
        /// The agent has closed the channel, or is gone.
        case ended
    }

    package init() {}

    /// Whether descriptor 3 is a socket. Checked first: anything else means that a person started the program.
    package static func isPresent() -> Bool {
        var status = stat()
        return fstat(FIREBREAK_CHANNEL_FD, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// The next bytes; waits for them. Replies are written first.
    package mutating func read() -> Portion {
        guard flush() else { return .ended }
        while true {
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: WireLimit.chunkBytesMax) { buffer, count in
                result = Glibc.read(FIREBREAK_CHANNEL_FD, buffer.baseAddress, buffer.count)
                count = max(0, result)
            }
            if result > 0 { return .bytes(bytes) }
            guard result < 0, errno == EINTR else { return .ended }
        }
    }

    /// Queues a reply. False when the agent is gone.
    package mutating func reply(_ frame: WorkerFrame) -> Bool {
        frame.encode(into: &replies)
        return replies.count < Self.repliesBytesMax || flush()
    }

    /// Writes what is queued. False when the agent is gone.
    package mutating func flush() -> Bool {
        var position = 0
        while position < replies.count {
            let written = replies.withUnsafeBytes { bytes in
                Glibc.write(
                    FIREBREAK_CHANNEL_FD, bytes.baseAddress?.advanced(by: position), bytes.count - position)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            position += written
        }
        replies.removeAll(keepingCapacity: true)
        return true
    }
}
