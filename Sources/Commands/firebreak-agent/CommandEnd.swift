import ArgumentParser
import EndpointAgent
import Glibc

/// Writes a line to standard error, where the service's journal finds it.
func say(_ text: String) {
    var line = Array("firebreak-agent: \(text)\n".utf8)
    _ = write(STDERR_FILENO, &line, line.count)
}

/// The exit code of an agent that could not do its work (sysexits.h), after saying why.
func ended(by error: AgentError) -> ExitCode {
    say("\(error)")
    return switch error.code {
    case .badInput: ExitCode(64)
    case .notCheckedIn, .notEnrolled: ExitCode(69)
    case .stateUnusable: ExitCode(73)
    case .alreadyRunning: ExitCode(75)
    }
}
