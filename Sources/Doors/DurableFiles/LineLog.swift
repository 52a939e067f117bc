import Glibc
import Synchronization

/// A log of lines, appended at once, bounded by rotation: `NAME` and `NAME.1`, each at most half of the bound.
///
/// It is not fsynced line by line: a log tells, and no decision hangs on it. A kill leaves at most the last line torn.
package final class LineLog: Sendable {
    private let path: String
    private let fileBytesMax: Int
    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32 = -1
        var bytes = 0
        /// Lines that could not be written since the last that could.
        var lost: UInt64 = 0
    }

    /// - Parameter bytesMax: Of both files together.
    package init(path: String, bytesMax: Int) {
        self.path = path
        fileBytesMax = max(1, bytesMax / 2)
        state = Mutex(State())
    }

    deinit {
        state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
        }
    }

    /// Appends one line; `line` has no line feed. A line that cannot be written is counted, and not waited for: a full
    /// disk must not stop what the log only tells about.
    package func append(_ line: [UInt8]) {
        state.withLock { state in
            if state.descriptor >= 0, state.bytes + line.count + 1 > fileBytesMax {
                close(state.descriptor)
                state.descriptor = -1
                rename(path, path + ".1")
            }
            if state.descriptor < 0 { openFile(&state) }
            guard state.descriptor >= 0 else {
                state.lost += 1
                return
            }
            // One write call: with O_APPEND lines of two processes do not mix.
            let whole = line + [UInt8(ascii: "\n")]
            let written = write(state.descriptor, whole, whole.count)
            if written > 0 { state.bytes += written }
            if written == whole.count {
                state.lost = 0
            } else {
                state.lost += 1
            }
        }
    }

    /// Lines lost since the last line that was written.
    package var lostCount: UInt64 { state.withLock { $0.lost } }

    private func openFile(_ state: inout State) {
        state.descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard state.descriptor >= 0 else { return }
        let end = lseek(state.descriptor, 0, SEEK_END)
        state.bytes = Int(max(0, end))
        // A kill in the middle of a write leaves half a line: the next must not be glued to it.
        var last: UInt8 = 0
        if end > 0, pread(state.descriptor, &last, 1, end - 1) == 1, last != UInt8(ascii: "\n") {
            state.bytes += max(0, write(state.descriptor, "\n", 1))
        }
    }
}
