package import FleetModel

/// What may stand at a key of a policy's file.
package indirect enum PolicyShape: Sendable {
    case count(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// A number, or a percentage as in `0.1%`.
    case share(ClosedRange<Double>)
    case span(ClosedRange<Moment.Span>)
    case text(bytesMax: Int)
    case word([String])
    /// A list of words; those that begin with `openPrefix` are free after it.
    case words([String], openPrefix: String?, counts: ClosedRange<Int>)
    case timeOfDay
    case utcOffset
    case release
    /// A map whose keys are numbers of the owner itself, gathered under one name.
    case group([PolicyField])
    /// A map that is a part of its own; `absentWord` stands for "there is none".
    case map([PolicyField], absentWord: String?)
    case maps([PolicyField], counts: ClosedRange<Int>)

    /// What a value is of, where a key does not say it more exactly.
    var unit: String {
        switch self {
        case .count, .number: "number"
        case .share: "share"
        case .span: "time"
        case .text: "text"
        case .word: "word"
        case .words: "words"
        case .timeOfDay: "time of day"
        case .utcOffset: "offset from UTC"
        case .release: "release"
        case .group, .map: "map"
        case .maps: "list"
        }
    }

    /// The bounds, as short as a table's cell.
    var bounds: String {
        switch self {
        case .count(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range), .share(let range):
            "\(ScalarForm.text(of: range.lowerBound)) to \(ScalarForm.text(of: range.upperBound))"
        case .span(let range): "\(ScalarForm.text(of: range.lowerBound)) to \(ScalarForm.text(of: range.upperBound))"
        case .text(let bytesMax): "1 to \(bytesMax) bytes"
        case .word(let words): words.joined(separator: ", ")
        case .words(let words, let prefix, let counts):
            "\(Self.words(counts)) of \((words + (prefix.map { ["\($0)NAME"] } ?? [])).joined(separator: ", "))"
        case .timeOfDay: "00:00 to 24:00"
        case .utcOffset: "-14:00 to +14:00"
        case .release: "PACK@VERSION"
        case .group: "a map"
        case .map(_, let absentWord): absentWord.map { "a map, or \($0)" } ?? "a map"
        case .maps(_, let counts): "\(Self.words(counts)) in the list"
        }
    }

    /// What may stand here, for a message.
    var allowed: String {
        switch self {
        case .count: "a whole number, \(bounds)"
        case .number: "a number, \(bounds)"
        case .share: "a number or a percentage, \(bounds)"
        case .span: "a span of time, \(bounds)"
        case .text: "a text of \(bounds)"
        case .word(let words): words.count == 1 ? bounds : "one of \(bounds)"
        case .words: "a list, \(bounds)"
        case .timeOfDay: "a time of day, \(bounds)"
        case .utcOffset: "an offset from UTC, \(bounds)"
        case .release: "a release"
        case .group, .map: bounds
        case .maps: "a list of maps, \(bounds)"
        }
    }

    /// What may stand in the list, for a message.
    var allowedElement: String {
        guard case .words(let words, let prefix, _) = self else { return allowed }
        return "one of \((words + (prefix.map { ["\($0)NAME"] } ?? [])).joined(separator: ", "))"
    }

    /// The keys of the map or of each map of the list.
    package var fields: [PolicyField] {
        switch self {
        case .group(let fields), .map(let fields, _), .maps(let fields, _): fields
        default: []
        }
    }

    private static func words(_ counts: ClosedRange<Int>) -> String {
        counts.lowerBound == 0 ? "at most \(counts.upperBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
    }
}

/// One key of a policy's file: a row of the one table from which reader, writer, schema and documentation are made.
package struct PolicyField: Sendable {
    package enum Need: Sendable {
        /// The key must be there.
        case always
        /// It must be there unless the file extends a policy that has it.
        case unlessExtended
        case never
    }

    package let key: String
    package let shape: PolicyShape
    /// What is counted, or the kind of value where nothing is.
    package let unit: String
    /// What it is: a sentence.
    package let meaning: String
    /// Why it has bounds, and what a larger or a smaller one does.
    package let reason: String
    package let need: Need
    /// The name in `PolicyProblem.field`, without the part before it.
    let member: String
    /// Members (without indices) that its bounds are measured against.
    let against: [String]
    /// Bounds that depend on other keys.
    let bounds: String
    /// A value that may stand there, as it is written.
    package let example: String

    init(_ key: String, _ shape: PolicyShape, _ about: About) {
        self.key = key
        self.shape = shape
        unit = about.unit.isEmpty ? shape.unit : about.unit
        meaning = about.meaning
        reason = about.reason
        need = about.need
        if let member = about.member {
            self.member = member
        } else if case .span = shape {
            member = "\(key)_ms"
        } else {
            member = key
        }
        against = about.against
        bounds = about.bounds
        example = about.example
    }

    /// What the table says of a key, beside its name and shape.
    struct About {
        var unit: String
        var meaning: String
        var reason: String
        var need: Need
        var member: String?
        var against: [String]
        var bounds: String
        var example: String

        init(
            _ meaning: String, unit: String = "", because reason: String, example: String, need: Need = .never,
            member: String? = nil, against: [String] = [], bounds: String = ""
        ) {
            self.meaning = meaning
            self.unit = unit
            self.reason = reason
            self.example = example
            self.need = need
            self.member = member
            self.against = against
            self.bounds = bounds
        }
    }

    /// What a comment says of bounds: with the unit where one value stands there, otherwise what its keys share.
    var boundsWithUnit: String {
        switch shape {
        case .group, .map: bounds
        case .maps: boundsText
        default: "\(unit), \(boundsText)"
        }
    }

    /// All bounds in words.
    package var boundsText: String {
        bounds.isEmpty ? shape.bounds : "\(shape.bounds); \(bounds)"
    }
}
