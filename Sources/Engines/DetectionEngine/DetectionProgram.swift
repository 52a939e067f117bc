package import FleetModel

/// A loaded program: every word of it has been checked, as if an enemy had written it.
///
/// Holds flat tables alone, some two times the bytes that were loaded. The tables name each other by index.
package struct DetectionProgram: Sendable {
    /// The fault that the program carries on purpose; nil in every real program. The loader obeys no fault: whether
    /// to refuse or to obey is the caller's decision, see ``ProgramError/chaosRefused(_:)``.
    package let chaos: ChaosMarker?
    /// Whether fields have any name; otherwise they are those of ``TelemetrySchema``.
    package let isOpen: Bool
    /// The most steps that an event takes, whatever it holds.
    package let cost: ProgramCost
    package var ruleCount: Int { rules.count - routes.count }
    /// The most steps of an event of the sensor.
    package var costBound: UInt64 { cost.steps(eventBytes: EventCoding.eventBytesMax) }

    let texts: [UInt8]
    /// Names of fields, ascending as bytes. A field's number is its index.
    let fields: [Part]
    /// By byte: its class in all automata.
    let classes: [UInt8]
    let nodes: [ScanNode]
    /// Lists of predicates, each `count, link, predicate...`: `link` is the list of a shorter needle that ends at the
    /// same place, or 0. Index 0 is no list.
    let outputs: [UInt32]
    let scanners: [Scanner]
    /// By group: the scanners that run for each of its events.
    let eagerScanners: [[Int]]
    /// By scanner: what tells of parts of a text that they need no walk; nil for those that walk over every byte.
    let filters: [BlockFilter?]
    /// By scanner: whether a look at the bytes of a whole event may tell that it need not run: it looks at any value, and
    /// its needles are in ASCII.
    let glances: [Bool]
    let predicates: [LoadedPredicate]
    let instructions: [Instruction]
    /// First the routes, then the rules, group by group.
    let rules: [Rule]
    let routes: [Route]
    let renames: [Rename]
    /// The first is that of the routes.
    let groups: [Group]
    /// Scanners of predicates, rules that predicates trigger, and rules that are always looked at.
    let lists: [UInt32]
    /// Codes of patterns, words of regular expressions, and numbers.
    let operands: [UInt32]
    let networks: [AddressNetwork]
    let tags: [Part]
    let correlations: [Correlation]

    /// A part of `texts`, or of another table.
    struct Part: Hashable, Sendable {
        var start: UInt32
        var count: UInt32

        var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
    }

    struct Rule: Sendable {
        var id: Part
        var title: Part
        var author: Part
        var level: RuleLevel
        var response: RuleResponse
        /// False when only correlations use its matches.
        var isReported: Bool
        var tags: Part
        /// Part of `instructions`. Empty only in correlations.
        var code: Part
    }

    /// What follows when the rule of the same index in `rules` holds.
    struct Route: Sendable {
        var group: UInt32
        var renames: Part
    }

    struct Rename: Sendable {
        var field: UInt32
        var source: UInt32
    }

    struct Group: Sendable {
        var name: Part
        var rules: Part
        var predicates: Part
        var scanners: Part
        /// Part of `lists`: rules that nothing triggers.
        var always: Part
    }

    struct Scanner: Sendable {
        var kind: ScanKind
        /// Whether it runs for each event of the group, or when a diagram asks for what it finds.
        var isEager: Bool
        /// A field, or ``anyValue``.
        var field: UInt32
        /// Index in `nodes`.
        var root: UInt32
    }

    static let anyValue = UInt32.max

    struct LoadedPredicate: Sendable {
        var test: Operator
        var isCased: Bool
        /// `NumberOrder`, `FieldComparison` or `TimePart`, where the test has one.
        var detail: UInt8
        /// A `NumberOrder` beside a `TimePart`.
        var order: UInt8
        /// A field, or ``anyValue``.
        var field: UInt32
        /// `found`: its scanners in `lists`. Literals: in `texts`. Patterns, expressions, numbers: in `operands`.
        /// Networks: index in `networks`. Other fields: its number.
        var operand: Part
        /// Part of `lists`: the rules that it triggers.
        var triggers: Part
    }

    struct Instruction: Sendable {
        var predicate: UInt32
        /// Index in `instructions`, or `accept` or `reject`.
        var onTrue: Int32
        var onFalse: Int32

        static let accept: Int32 = -1
        static let reject: Int32 = -2
    }

    struct Correlation: Sendable {
        var rule: Rule
        var kind: DraftCorrelation.Kind
        /// Rules by index, or correlations before it by index plus ``correlationFlag``.
        var sources: [UInt32]
        /// By source: the fields by which its matches are told apart.
        var groupFields: [[UInt32]]
        var timespanSeconds: Int64
        var bounds: [DraftCorrelation.Bound]
        /// The field whose values are counted; nil unless `kind` is `valueCount`.
        var valueField: UInt32?

        static let correlationFlag: UInt32 = 1 << 31
    }

    /// What rule number `index` says of itself. Made anew each time: matches are rare, and memory is not.
    package func metadata(ofRule index: Int) -> RuleMetadata { metadata(of: rules[index]) }

    /// What correlation number `index` says of itself.
    package func metadata(ofCorrelation index: Int) -> RuleMetadata { metadata(of: correlations[index].rule) }

    private func metadata(of rule: Rule) -> RuleMetadata {
        RuleMetadata(
            id: text(rule.id), title: text(rule.title), level: rule.level, tags: tags[rule.tags.range].map(text),
            author: text(rule.author), response: rule.response)
    }

    /// How many rules ask for `response`.
    package func ruleCount(asking response: RuleResponse) -> Int {
        ruleNumbers.count { rules[$0].response == response }
    }

    /// The id of rule number `index`.
    package func id(ofRule index: Int) -> String { text(rules[index].id) }

    /// The id of correlation number `index`.
    package func id(ofCorrelation index: Int) -> String { text(correlations[index].rule.id) }

    package var correlationCount: Int { correlations.count }

    /// Numbers of the rules; below are the routes.
    package var ruleNumbers: Range<Int> { routes.count..<rules.count }

    package func fieldName(_ number: Int) -> String { text(fields[number]) }

    func text(_ range: Part) -> String { String(decoding: texts[range.range], as: UTF8.self) }
}

/// A state of an automaton.
struct ScanNode: Sendable {
    /// The child by class `c` is at `base + c`, if it names this node as its parent.
    var base: UInt32 = 0
    /// 0 for a cell that is no state.
    var parent: UInt32 = 0
    /// Of `substrings`: the state to go on from when there is no child. Of the others: the list in `outputs` that
    /// counts when the text ends here.
    var failure: UInt32 = 0
    /// The list in `outputs` that counts when a text gets here; 0 for none.
    var output: UInt32 = 0

    static let isRoot = UInt32.max
}

/// How an automaton walks over a text. The raw value is the number in a program.
enum ScanKind: UInt8, Sendable, CaseIterable {
    /// From the beginning, until there is no child: needles that begin a text, or are the text.
    case prefixes = 0
    /// From the end backwards, until there is no child: needles, in reverse, that end a text.
    case suffixes = 1
    /// Over the whole text backwards: needles, in reverse, anywhere in it (Aho and Corasick 1975).
    case substrings = 2
}

/// What a predicate's test is in a program.
enum Operator: UInt8, CaseIterable, Sendable {
    case found = 0
    case exists = 1
    case isNull = 2
    case equals = 3
    case startsWith = 4
    case endsWith = 5
    case contains = 6
    case pattern = 7
    case regex = 8
    /// Operand: 0 and 64 bits of an integer, or 1 and 64 bits of a real.
    case number = 9
    case inNetwork = 10
    case field = 11
    /// Operand: as of `number`.
    case time = 12
}

extension DetectionProgram {
    /// Rules that nothing triggers, so that they are looked at for each event of their group.
    package var alwaysRuleCount: Int { groups.dropFirst().reduce(0) { $0 + Int($1.always.count) } }

    /// Counts of the program's tables, for people.
    package var shape: String {
        "\(groups.count - 1) log sources, \(fields.count) fields, \(scanners.count) automata of \(nodes.count) cells, "
            + "\(predicates.count) predicates, \(instructions.count) instructions"
    }
}
