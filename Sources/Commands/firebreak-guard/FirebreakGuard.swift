import CGuard

/// The guard's command. Embedded Swift: no runtime to speak of, no network, no content, and under 2 MB resident.
@main
struct FirebreakGuard {
    static func main() {
        firebreak_guard_begin()
        var words: [PlainText] = []
        for index in 1..<max(1, firebreak_guard_argument_count()) {
            if let word = firebreak_guard_argument(index) { words.append(PlainText(cString: word)) }
        }
        let code = run(words)
        if code != .done { firebreak_guard_exit(code.rawValue) }
    }

    private static func run(_ words: [PlainText]) -> GuardExit {
        let options: GuardOptions
        do throws(UsageError) {
            options = try GuardOptions(reading: words)
        } catch {
            Voice.complain(error.message + "; see firebreak-guard --help")
            return .usage
        }
        switch options.command {
        case .help:
            Voice.print(GuardHelp.page)
            return .done
        case .boot: return BootCommand.run(options)
        case .watch: return WatchLoop.run(options)
        case .shutdown: return ShutdownCommand.run(options)
        case .status: return StatusCommand.run(options)
        case .remedy: return RemedyCommand.run(options)
        case .installBuild: return InstallCommand.run(options)
        case .recallBuild: return RecallCommand.run(options)
        }
    }
}

/// Exit codes, as the help page lists them.
enum GuardExit: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    /// A remedy or a build was refused.
    case refused = 3
    /// A build was refused that was condemned here before.
    case failedBefore = 4
}

/// What the guard says.
enum Voice {
    private static let name: PlainText = "firebreak-guard: "

    /// To standard output, as it is.
    static func print(_ text: PlainText) { firebreak_guard_say(1, text.bytes, text.bytes.count) }
    /// A line to standard error, where the service's log finds it.
    static func complain(_ text: PlainText) { say(text, where: 2) }
    /// A line to the console and the log: what was done at boot.
    static func announce(_ text: PlainText) { say(text, where: 3) }

    private static func say(_ text: PlainText, where place: Int32) {
        let line = name + text + "\n"
        firebreak_guard_say(place, line.bytes, line.bytes.count)
    }
}

extension PlainText {
    init(cString: UnsafePointer<CChar>) {
        var bytes: [UInt8] = []
        var place = cString
        while place.pointee != 0 {
            bytes.append(UInt8(bitPattern: place.pointee))
            place += 1
        }
        self.init(bytes)
    }

    /// Lends the text as C has it. A zero byte in it ends it, as it ends every path.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let ended = bytes + [0]
        return ended.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { preconditionFailure("a text has at least its end") }
                return body(start)
            }
        }
    }

    func hasSuffix(_ suffix: PlainText) -> Bool {
        bytes.count >= suffix.bytes.count && bytes[(bytes.count - suffix.bytes.count)...].elementsEqual(suffix.bytes)
    }

    /// The path of what is called `name` in this directory.
    func appending(_ name: PlainText) -> PlainText { self + "/" + name }
}
