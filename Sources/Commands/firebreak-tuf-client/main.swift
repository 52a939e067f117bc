import Glibc

// Exactly 0 or 1: the interface has no other codes.
do {
    guard let command = try TufClientCommand(Array(CommandLine.arguments.dropFirst())) else {
        say(TufClientCommand.usage, to: STDOUT_FILENO)
        exit(0)
    }
    try await command.run()
} catch {
    say("firebreak-tuf-client: \(error)\n", to: STDERR_FILENO)
    exit(1)
}

func say(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    // Nothing is left to do when nobody hears it.
    _ = write(descriptor, bytes, bytes.count)
}
