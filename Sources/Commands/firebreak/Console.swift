import ControlWire
import Foundation
import Glibc

/// Where a command speaks: standard output for what was asked for, standard error for everything else.
struct Console {
    /// Colours, as the terminal's own palette has them.
    enum Ink: String {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case blue = "36"
        case grey = "90"
        case bold = "1"
    }

    /// Whether standard output is a terminal that can be drawn on.
    let isTerminal: Bool
    /// Whether to colour: a terminal, and NO_COLOR (no-color.org) unset or empty.
    let hasColour: Bool
    /// Whether standard error is a terminal that can be drawn on: that is where progress is shown.
    var isErrorTerminal = false

    /// The console of this process.
    static let standard = {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        return Console(
            isTerminal: isTerminal, hasColour: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty,
            isErrorTerminal: isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb")
    }()

    /// The text in a colour, where there are colours.
    func ink(_ text: String, _ ink: Ink) -> String { hasColour ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text }

    /// Writes a line to standard output, at once.
    func say(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// Writes a value as one line of JSON: the management API's own form.
    func say(json value: some Encodable) throws {
        write(String(decoding: try ManagementJSON.encode(value), as: UTF8.self) + "\n", to: STDOUT_FILENO)
    }

    /// Takes back the last `lineCount` lines, on a terminal.
    func erase(lineCount: Int) {
        if lineCount > 0 { write("\u{1B}[\(lineCount)A\u{1B}[J", to: STDOUT_FILENO) }
    }

    /// Shows a line on standard error in the place of the one before, cut to the terminal's width; an empty one takes
    /// it back.
    func draw(_ line: String) { write("\r\u{1B}[K\u{1B}[?7l\(line)\u{1B}[?7h", to: STDERR_FILENO) }

    func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes all of it, or ends: a reader that went away (`| head`) wants no more.
    private func write(_ text: String, to descriptor: Int32) {
        var bytes = ArraySlice(text.utf8)
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                exit(CommandExit.failure.rawValue)
            }
            bytes = bytes.dropFirst(count)
        }
    }
}

extension String {
    /// The text with control and format characters shown as U+FFFD. Names and messages come from endpoints and from
    /// content: none of them may move the cursor, colour the screen or turn the direction of writing.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
