import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Where the demo speaks: permanent lines above, and a live panel below them that is drawn anew. Without a terminal
/// there is no panel and no colour: plain lines, and only when something changed.
final actor Screen {
    /// Colours of the panel; plain text without a terminal or under NO_COLOR (no-color.org).
    enum Ink: String {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case blue = "36"
        case grey = "90"
        case bold = "1"
    }

    let isTerminal: Bool
    private let hasColour: Bool
    private var panelLineCount = 0
    private var lastPlainLine = ""
    private let startedAt = ContinuousClock.now

    init() {
        isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        hasColour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    /// The text in a colour, where there are colours.
    nonisolated func ink(_ text: String, _ ink: Ink) -> String {
        hasColour ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A heading: what happens now.
    func act(_ number: Int, _ title: String) {
        say("")
        say("\(ink("\(number)", .blue))  \(ink(title, .bold))")
    }

    /// A line that stays.
    func say(_ line: String) {
        clearPanel()
        write(line + "\n")
    }

    /// A line under a heading.
    func note(_ line: String) { say("   \(line)") }

    /// Draws the panel anew. Without a terminal, `plain` is printed instead, when it differs from the last one.
    func show(panel lines: [String], plain: String) {
        guard isTerminal else {
            if plain != lastPlainLine { write("   \(clock) \(plain)\n") }
            lastPlainLine = plain
            return
        }
        clearPanel()
        write(lines.map { "   \($0)\n" }.joined())
        panelLineCount = lines.count
    }

    /// Leaves the panel standing as it is: the next line goes below it.
    func keepPanel() { panelLineCount = 0 }

    /// Seconds since the start, as `  12.3 s`.
    private var clock: String {
        let elapsed = ContinuousClock.now - startedAt
        let tenths = elapsed.components.seconds * 10 + elapsed.components.attoseconds / 100_000_000_000_000_000
        let text = "\(tenths / 10).\(tenths % 10) s"
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }

    private func clearPanel() {
        guard panelLineCount > 0 else { return }
        write("\u{1B}[\(panelLineCount)A\u{1B}[J")
        panelLineCount = 0
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
