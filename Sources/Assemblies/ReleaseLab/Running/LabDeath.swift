import FleetModel
import WorkerSandbox
import WorkerWire

/// Why a worker is no longer there, or never was.
struct LabDeath: Error, Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        /// It could not be started.
        case missing(SandboxError)
        case ended(WorkerEnding)
        /// It did not answer within this time, and was killed.
        case hung(Moment.Span)
        /// It sent what no worker sends, and was killed.
        case lied(String)
    }

    var cause: Cause
    /// What it said before it ended by its own decision.
    var fault: String?

    /// For findings: `crashed (signal 4): last words`.
    var words: String {
        switch cause {
        case .missing(let error): return error.description
        case .hung(let deadline):
            return "did not answer for \(deadline.milliseconds) ms and was killed"
        case .lied(let what): return "sent what no worker sends, and was killed: \(what)"
        case .ended(let ending):
            // The first line says what went wrong; what may follow is a list of addresses.
            let first = ending.lastWords.split(separator: "\n").first.map(String.init) ?? ""
            return [fault ?? ending.description, first].filter { !$0.isEmpty }.joined(separator: ": ")
        }
    }

    /// The finding's code for a death in the midst of events.
    var code: LabFinding.Code {
        switch cause {
        case .missing: .workerMissing
        case .ended: .workerDied
        case .hung: .workerHung
        case .lied: .workerLied
        }
    }
}
