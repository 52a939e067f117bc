/// Why a command line is none.
struct UsageError: Error {
    let message: PlainText
}

/// The command line.
struct GuardOptions {
    enum Command {
        case help
        case boot
        case watch
        case shutdown
        case status
        case remedy
        case installBuild
        case recallBuild
    }

    var command = Command.help
    var paths = GuardPaths(state: "/var/lib/firebreak", install: "/opt/firebreak")
    var trust: PlainText = "/etc/firebreak/trusted.keys"
    var isTest = false
    var isJSON = false
    var isNow = false
    var policy = GuardPolicy()
    /// Files, a folder, or the agent's own arguments.
    var rest: [PlainText] = []

    /// Arguments of one command line: an agent's with all its tags have a tenth of it.
    private static let wordCountMax = 256

    init(reading words: [PlainText]) throws(UsageError) {
        guard words.count <= Self.wordCountMax else { throw UsageError(message: "more than 256 arguments") }
        guard let name = words.first else { throw UsageError(message: "a command is missing") }
        if name == "--help" || name == "-h" || name == "help" { return }
        guard let command = Self.command(name) else { throw UsageError(message: "there is no command \(name)") }
        self.command = command
        var times: [(name: PlainText, milliseconds: UInt64)] = []
        var index = 1
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                rest += words[index...]
                break
            }
            if word == "--help" || word == "-h" {
                self.command = .help
                return
            }
            if takesFlag(word) { continue }
            guard word.bytes.first == UInt8(ascii: "-") else {
                rest.append(word)
                continue
            }
            guard index < words.count else { throw UsageError(message: "\(word) needs a value, or is not known") }
            try take(word, value: words[index], times: &times)
            index += 1
        }
        policy = try Self.policy(times)
        try check()
    }

    private static func command(_ name: PlainText) -> Command? {
        if name == "boot" { return .boot }
        if name == "watch" { return .watch }
        if name == "shutdown" { return .shutdown }
        if name == "status" { return .status }
        if name == "remedy" { return .remedy }
        if name == "install-build" { return .installBuild }
        if name == "recall-build" { return .recallBuild }
        return nil
    }

    private mutating func takesFlag(_ word: PlainText) -> Bool {
        if word == "--test", command == .remedy {
            isTest = true
        } else if word == "--json", command == .status {
            isJSON = true
        } else if word == "--now", command == .installBuild {
            isNow = true
        } else {
            return false
        }
        return true
    }

    private mutating func take(
        _ word: PlainText, value: PlainText, times: inout [(name: PlainText, milliseconds: UInt64)]
    ) throws(UsageError) {
        if word == "--state" {
            paths.state = value
        } else if word == "--install" {
            paths.install = value
        } else if word == "--trust" {
            trust = value
        } else if let time = word.rest(after: "--"), time.hasSuffix("-ms"), let milliseconds = value.decimal {
            times.append((time, milliseconds))
        } else {
            throw UsageError(message: "\(word) is not known here, or its value is none")
        }
    }

    private static func policy(_ times: [(name: PlainText, milliseconds: UInt64)]) throws(UsageError) -> GuardPolicy {
        let usual = GuardPolicy()
        var beat = usual.beatDeadline
        var trial = usual.trialDeadline
        var end = usual.endDeadline
        var restart = usual.restartDelay
        var retry = usual.retryDelay
        for time in times {
            if time.name == "beat-ms" {
                beat = time.milliseconds
            } else if time.name == "trial-ms" {
                trial = time.milliseconds
            } else if time.name == "end-ms" {
                end = time.milliseconds
            } else if time.name == "restart-ms" {
                restart = time.milliseconds
            } else if time.name == "retry-ms" {
                retry = time.milliseconds
            } else {
                throw UsageError(message: "--\(time.name) is not known")
            }
        }
        return GuardPolicy(
            beatDeadline: beat, trialDeadline: trial, endDeadline: end, restartDelay: restart, retryDelay: retry)
    }

    private func check() throws(UsageError) {
        switch command {
        case .installBuild:
            guard rest.count == 1 else { throw UsageError(message: "install-build takes one folder") }
        case .boot, .shutdown, .status, .recallBuild:
            guard rest.isEmpty else { throw UsageError(message: "this command takes no names") }
        case .help, .watch, .remedy: break
        }
        // A socket's path is at most 107 bytes long (unix(7)).
        guard paths.socket.bytes.count < 108 else { throw UsageError(message: "the path of --state is too long") }
    }
}
