package import DetectionEngine
package import FleetModel
import RuleCompiler

/// Runs rules over files of events, and counts.
package struct DetectionRun: ~Copyable {
    private var interpreter: ProgramInterpreter
    private let tags: SourceTags
    package private(set) var tally: DetectionTally

    package init(_ program: DetectionProgram, tags: SourceTags = SourceTags()) {
        interpreter = ProgramInterpreter(program)
        self.tags = tags
        tally = DetectionTally(program)
    }

    /// Evaluates the events of one file.
    ///
    /// - Parameters:
    ///   - wantsDetails: Whether `onMatch` is to have fields and values with each match.
    ///   - onMatch: Called for each match, in the order of events.
    ///   - onRefusal: Called for each event that is none, with its index.
    ///   - onProgress: Called now and then with the bytes read so far.
    package mutating func run(
        _ file: inout EventFile, wantsDetails: Bool, onMatch: (_ match: FileMatch) throws -> Void,
        onRefusal: (_ index: Int, _ error: EventCodingError) throws -> Void,
        onProgress: (_ bytesRead: Int) -> Void
    ) throws {
        var bytesSeen = 0
        var nextReport = Self.progressBytes
        try file.forEach { event, index in
            bytesSeen += event.count + 1
            if bytesSeen >= nextReport {
                nextReport = bytesSeen + Self.progressBytes
                onProgress(bytesSeen)
            }
            let evaluation = interpreter.evaluate(json: event, tags: tags)
            tally.add(evaluation)
            if let refusal = evaluation.refusal {
                try onRefusal(index, refusal)
                return true
            }
            for rule in interpreter.matchedRules {
                tally.countMatch(ofRule: rule)
                let details = wantsDetails ? interpreter.match(ofRule: rule) : nil
                try onMatch(FileMatch(event: index, ruleID: interpreter.program.id(ofRule: rule), details: details))
            }
            for number in interpreter.matchedCorrelations {
                tally.countMatch(ofCorrelation: number)
                let details = wantsDetails ? interpreter.match(ofCorrelation: number) : nil
                let id = interpreter.program.id(ofCorrelation: number)
                try onMatch(FileMatch(event: index, ruleID: id, details: details))
            }
            return true
        }
        tally.forgottenGroupCount = interpreter.forgottenGroupCount
    }

    /// Bytes between two calls of `onProgress`: a few hundredths of a second.
    private static let progressBytes = 4 << 20
}

/// A match in a file.
package struct FileMatch: Sendable {
    /// Index of the event in its file, from 0; of a correlation, of the event that completed it.
    package let event: Int
    package let ruleID: String
    /// Nil unless asked for.
    package let details: DetectionMatch?
}

/// What a run has seen so far.
package struct DetectionTally: Sendable {
    package private(set) var eventCount = 0
    package private(set) var refusedCount = 0
    package private(set) var matchCount = 0
    /// Events with a match or several.
    package private(set) var matchedEventCount = 0
    package private(set) var steps: UInt64 = 0
    /// Groups of matches that correlations had to forget.
    package internal(set) var forgottenGroupCount: UInt64 = 0

    private let program: DetectionProgram
    private var ruleCounts: [Int]
    private var correlationCounts: [Int]

    init(_ program: DetectionProgram) {
        self.program = program
        ruleCounts = Array(repeating: 0, count: program.ruleNumbers.upperBound)
        correlationCounts = Array(repeating: 0, count: program.correlationCount)
    }

    mutating func add(_ evaluation: Evaluation) {
        eventCount += 1
        if evaluation.refusal != nil { refusedCount += 1 }
        if evaluation.matchCount > 0 { matchedEventCount += 1 }
        matchCount += evaluation.matchCount
        steps &+= evaluation.steps
    }

    mutating func countMatch(ofRule number: Int) { ruleCounts[number] += 1 }

    mutating func countMatch(ofCorrelation number: Int) { correlationCounts[number] += 1 }

    /// Rules and correlations that matched, with their counts: the gravest first, then the most frequent.
    package var rulesThatMatched: [(rule: RuleMetadata, count: Int)] {
        let rules = ruleCounts.indices.filter { ruleCounts[$0] > 0 }.map {
            (program.metadata(ofRule: $0), ruleCounts[$0])
        }
        let others = correlationCounts.indices.filter { correlationCounts[$0] > 0 }.map {
            (program.metadata(ofCorrelation: $0), correlationCounts[$0])
        }
        return (rules + others).sorted { left, right in
            if left.0.level != right.0.level { return left.0.level > right.0.level }
            return left.1 != right.1 ? left.1 > right.1 : left.0.id < right.0.id
        }.map { (rule: $0.0, count: $0.1) }
    }
}
