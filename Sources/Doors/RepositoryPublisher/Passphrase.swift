import Glibc

/// Where a passphrase comes from. Never from the command line: every user of the host could read it there.
package enum Passphrase: Sendable {
    /// The first line of a file that is its owner's alone.
    case file(String)
    /// What an environment variable has.
    case given(String)
    /// Asked for at the terminal, without echo.
    case terminal

    /// Reads it.
    ///
    /// - Throws: ``KeyFileError`` `.passphraseMissing` when there is none, as without a terminal.
    package func read(prompt: String) throws(KeyFileError) -> [UInt8] {
        switch self {
        case .file(let path):
            let bytes = try SigningKeyFile.readOwn(path, bytesMax: EncryptedKeyFile.passphraseBytes.upperBound + 1)
            return Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
        case .given(let text): return Array(text.utf8)
        case .terminal: return try Self.ask(prompt)
        }
    }

    private static func ask(_ prompt: String) throws(KeyFileError) -> [UInt8] {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        var before = termios()
        guard terminal >= 0, tcgetattr(terminal, &before) == 0 else {
            if terminal >= 0 { close(terminal) }
            throw KeyFileError(.passphraseMissing, subject: "passphrase", message: "there is no terminal to ask at")
        }
        defer { close(terminal) }
        var silent = before
        // Byte by byte and without signals: the terminal must not be left silent by a Ctrl-C.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            throw KeyFileError(.passphraseMissing, subject: "passphrase", message: "the terminal would show it")
        }
        defer {
            say("\n", to: terminal)
            tcsetattr(terminal, TCSAFLUSH, &before)
        }
        say(prompt, to: terminal)
        return try line(from: terminal)
    }

    /// A line; Ctrl-C and the end of the input give it up, the backspace key takes a byte back.
    static func line(from descriptor: Int32) throws(KeyFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count == 1, byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return bytes }
            guard count == 1, byte != 3, byte != 4, bytes.count < EncryptedKeyFile.passphraseBytes.upperBound else {
                throw KeyFileError(.passphraseMissing, subject: "passphrase", message: "none was given")
            }
            if byte == 0x7F || byte == 8 {
                bytes = Array(bytes.dropLast())
            } else {
                bytes.append(byte)
            }
        }
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
