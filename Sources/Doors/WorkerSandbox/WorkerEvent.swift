package import WorkerWire

/// What an agent learns of one of its workers.
package enum WorkerEvent: Hashable, Sendable {
    case frame(WorkerFrame)
    /// The worker sent what is no frame. It has been killed; `ended` follows.
    case wireBroken(WireError)
    /// The last event: the process is reaped.
    case ended(WorkerEnding)
}

/// How a worker's process ended.
package struct WorkerEnding: Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    package var cause: Cause
    /// What it wrote to standard error, at most `WorkerLimit.lastWordsBytesMax` bytes, invalid UTF-8 repaired.
    /// Written by the worker: to be shown, never believed.
    package var lastWords: String

    package init(cause: Cause, lastWords: String) {
        self.cause = cause
        self.lastWords = lastWords
    }

    /// It ended because it was told to, or because its agent closed the channel.
    package var isOrderly: Bool { cause == .exited(code: WorkerExit.finished.rawValue) }
}

extension WorkerEnding: CustomStringConvertible {
    package var description: String {
        switch cause {
        case .exited(let code):
            switch WorkerExit(rawValue: code) {
            case .finished: "ended as told"
            case .usage: "ended: started with an unknown argument"
            case .wireBroken: "ended: what the agent sent was no frame"
            case .sealRefused: "ended: could not seal itself"
            case .channelMissing: "ended: started without a channel"
            case nil: "ended with exit code \(code)"
            }
        case .killed(let signal):
            switch signal {
            case 4, 5: "crashed (signal \(signal))"
            case 6: "aborted (signal 6)"
            case 7, 8, 11: "crashed on a bad access (signal \(signal))"
            case 9: "was killed (signal 9)"
            case 24: "used up its processor time (signal 24)"
            case 31: "tried a forbidden system call (signal 31)"
            default: "was ended by signal \(signal)"
            }
        }
    }
}
