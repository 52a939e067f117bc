import ArgumentParser
import Glibc

// Exactly 0 or 1: the argument parser's own codes would be others.
do {
    let command = try TufClientCommand.parse()
    try await command.run()
} catch {
    let isHelp = TufClientCommand.exitCode(for: error) == .success
    let message = isHelp ? TufClientCommand.fullMessage(for: error) : "firebreak-tuf-client: \(error)"
    let bytes = Array((message + "\n").utf8)
    // Nothing is left to do when nobody hears it.
    _ = write(isHelp ? STDOUT_FILENO : STDERR_FILENO, bytes, bytes.count)
    exit(isHelp ? 0 : 1)
}
