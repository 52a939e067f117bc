import ControlClient
import ControlWire
import LogClient
import LogStore
import TransparencyLog

/// Why a command did not do what was asked: an exit code, and words that say what to do.
struct CommandFailure: Error, Equatable {
    var exit: CommandExit
    /// Stable, for programs: the control plane's code where it refused, otherwise ours.
    var code: String
    /// What it is about; empty where the message says it.
    var subject = ""
    var message: String
    /// Every place that is wrong, a line each.
    var details: [String] = []
    /// A sentence, or empty.
    var nextStep: String

    /// What is shown on standard error. Messages may quote content and endpoints: they are made printable.
    var text: String {
        let place = subject.isEmpty ? "" : "\(subject): "
        let head = "firebreak: \(place)\(message) (\(code))"
        return ([head] + details.map { "  \($0)" } + (nextStep.isEmpty ? [] : ["  \(nextStep)"]))
            .map(\.printable).joined(separator: "\n")
    }
}

extension CommandFailure {
    init(_ error: ClientError) {
        let exit: CommandExit =
            switch error.code {
            case .unreachable, .timedOut, .untrusted: .unreachable
            case .unauthorized, .refused: .refused
            case .badInput: .badInput
            case .failed, .malformed, .oversized: .failure
            }
        // What was called tells a person something only when the server gave no reason of its own.
        let isExplained = error.serverCode != nil || error.code == .unreachable || error.code == .untrusted
        self.init(
            exit: exit, code: error.serverCode ?? error.code.rawValue, subject: isExplained ? "" : error.subject,
            message: error.message, nextStep: error.nextStep)
    }

    /// Any error that a command let through.
    init(of error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ClientError: self.init(error)
        case let error as LogError: self.init(error)
        case let error as LogClientError: self.init(error)
        case let error as LogStoreError: self.init(error)
        default:
            self.init(.failed, exit: .failure, message: "\(error)")
        }
    }

    /// The body that `--json` prints on standard error: the control plane's own form.
    var body: ErrorBody {
        let words = ([subject.isEmpty ? message : "\(subject): \(message)"] + details).joined(separator: "; ")
        return ErrorBody(code: code, message: words, nextStep: nextStep)
    }
}
