import CanonicalCoding
import DetectionEngine
import FileDetection
import FleetModel

/// Prints matches as they come.
struct MatchPrinter {
    enum Style {
        case none
        case json
        case text
    }

    private let console: Console
    private let style: Style
    private let namesFile: Bool
    /// Ids of rules below the level that is wanted.
    private let leftOut: Set<String>
    private var lines: [String] = []
    /// Matches at or above the level.
    private(set) var matchCount = 0

    /// Lines that are written together.
    private static let lineCountMax = 256
    /// Characters of a field's value on a line.
    private static let valueCountMax = 120

    init(console: Console, style: Style, leastLevel: RuleLevel, namesFile: Bool, program: DetectionProgram) {
        self.console = console
        self.style = style
        self.namesFile = namesFile
        let rules = program.ruleNumbers.map { program.metadata(ofRule: $0) }
        let correlations = (0..<program.correlationCount).map { program.metadata(ofCorrelation: $0) }
        leftOut = Set((rules + correlations).filter { $0.level < leastLevel }.map(\.id))
    }

    var wantsDetails: Bool { style == .text }

    mutating func print(_ match: FileMatch, of file: String) {
        guard leftOut.isEmpty || !leftOut.contains(match.ruleID) else { return }
        matchCount += 1
        switch style {
        case .none: return
        case .json: lines.append(json(match, file))
        case .text: lines.append(text(match, file))
        }
        if lines.count >= Self.lineCountMax { flush() }
    }

    mutating func flush() {
        if !lines.isEmpty { console.say(lines.joined(separator: "\n")) }
        lines.removeAll(keepingCapacity: true)
    }

    private func json(_ match: FileMatch, _ file: String) -> String {
        let place = namesFile ? #","file":\#(Self.quoted(file))"# : ""
        return #"{"rule":\#(Self.quoted(match.ruleID)),"event":\#(match.event)\#(place)}"#
    }

    private static func quoted(_ text: String) -> String {
        (try? CanonicalJSON.encode(.string(text))).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private func text(_ match: FileMatch, _ file: String) -> String {
        guard let details = match.details else { return "" }
        let place = namesFile ? "\(file):\(match.event)" : "\(match.event)"
        let fields = details.fields.map { field in
            let value =
                switch field.value {
                case .null: "null"
                case .integer(let number): String(number)
                case .text(let text): text
                }
            let shown = value.count > Self.valueCountMax ? value.prefix(Self.valueCountMax - 1) + "…" : value[...]
            return "\(field.name)=\(shown)"
        }
        let level = console.ink(details.rule.level.name, details.rule.level.ink)
        let head = "\(place)  \(level)  \(details.rule.title.printable)  \(console.ink(match.ruleID, .grey))"
        return fields.isEmpty ? head : "\(head)  \(fields.joined(separator: " ").printable)"
    }
}

extension RuleLevel {
    /// The colour of a level.
    var ink: Console.Ink {
        switch self {
        case .informational, .low: .grey
        case .medium: .yellow
        case .high, .critical: .red
        }
    }
}

/// The table of `--summary`.
struct DetectionSummary {
    private let rows: [(rule: RuleMetadata, count: Int)]
    private let eventCount: Int

    init(_ tally: DetectionTally, leastLevel: RuleLevel) {
        rows = tally.rulesThatMatched.filter { $0.rule.level >= leastLevel }
        eventCount = tally.eventCount
    }

    func lines(on console: Console) -> [String] {
        guard !rows.isEmpty else { return ["no rule matched any of \(eventCount) events"] }
        var table = Table(("matches", .right), ("level", .left), ("rule", .left), ("id", .left))
        for (rule, count) in rows {
            table.add([.init(count), .init(rule.level.name, rule.level.ink), .init(rule.title), .init(rule.id, .grey)])
        }
        return table.lines(on: console)
    }
}

/// How far the reading of a file is, on standard error.
struct ReadingProgress {
    private let line: SimulationProgress
    private let path: String
    private let byteCount: Int?
    private let startedAt = ContinuousClock.now

    private static let barCount = 24

    init(console: Console, isQuiet: Bool, path: String, byteCount: Int?) {
        line = SimulationProgress(console: console, isQuiet: isQuiet)
        self.path = path
        self.byteCount = byteCount
    }

    func show(_ bytesRead: Int) {
        line.show(
            {
                let seconds =
                    Double((ContinuousClock.now - startedAt).components.attoseconds) * 1e-18
                    + Double((ContinuousClock.now - startedAt).components.seconds)
                let speed = seconds > 0 ? Int(Double(bytesRead) / seconds / 1e6) : 0
                guard let byteCount, byteCount > 0 else { return "\(path)  \(bytesRead >> 20) MiB  \(speed) MB/s" }
                let share = min(1, Double(bytesRead) / Double(byteCount))
                let full = Int(share * Double(Self.barCount))
                let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.barCount - full)
                return "\(path)  \(bar) \(Int(share * 100))%  \(speed) MB/s"
            }())
    }

    func end() { line.end() }
}
