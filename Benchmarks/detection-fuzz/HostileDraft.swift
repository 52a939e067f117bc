import DetectionEngine
import FleetModel
import FuzzSupport

/// Random rules over few fields and letters, with everything that a rule may ask.
enum HostileDraft {
    static let openNames = ["Image", "CommandLine", "User", "a", "b.c", "b.d", "@timestamp", "Hashes", "ProcessId"]
    static let closedNames = EventField.allCases.map(\.name)
    static let pieces = [
        "a", "b", "ab", "aab", "\u{E9}", "\u{2C65}", "\u{1F525}", "k", "1", "-", "\\", "\"", "/", " ", "\n",
        "powershell",
        "cmd.exe", "whoami", "\\\\", "aaaaaaaa",
    ]

    static func text(_ random: inout SplitMix64, pieces count: Int) -> [UInt8] {
        (0..<random.number(0..<(count + 1))).flatMap { _ in Array(random.element(of: pieces).utf8) }
    }

    static func draft(_ random: inout SplitMix64) -> ProgramDraft {
        let isOpen = random.number(0..<3) > 0
        let names = isOpen ? openNames : closedNames
        let ruleCount = random.number(1..<16)
        let groups = (0..<random.number(1..<10)).map { group in
            DraftGroup(
                name: "group \(group)",
                routes: (0..<random.number(1..<3)).map { _ in
                    DraftRoute(
                        when: route(&random, names),
                        renames: (0..<random.number(0..<6)).map { _ in
                            .init(field: random.element(of: names), source: random.element(of: names))
                        })
                },
                rules: (0..<ruleCount).map { rule in
                    DraftRule(
                        metadata: metadata("\(group).\(rule)"), expression: sayable(&random, names, depth: 3))
                })
        }
        var draft = ProgramDraft(groups: groups, isOpen: isOpen)
        draft.correlations = (0..<random.number(0..<6)).map { number in
            correlation(number, rules: groups.flatMap { $0.rules.map(\.metadata.id) }, names, &random)
        }
        return draft
    }

    private static func metadata(_ id: String) -> RuleMetadata {
        RuleMetadata(id: id, title: "Rule \(id)", level: .low, tags: ["attack.t1"], author: "")
    }

    private static func route(_ random: inout SplitMix64, _ names: [String]) -> RuleExpression {
        let name = random.element(of: names)
        let always = RuleExpression.any([
            .test(Predicate(.named(name), .exists)), .not(.test(Predicate(.named(name), .exists))),
            .test(Predicate(.named(SourceTag.category), .endsWith(Array("ion".utf8)))),
        ])
        return random.number(0..<3) == 0 ? sayable(&random, names, depth: 1) : always
    }

    private static func correlation(
        _ number: Int, rules: [String], _ names: [String], _ random: inout SplitMix64
    ) -> DraftCorrelation {
        let kind = random.element(of: DraftCorrelation.Kind.allCases)
        let sources = (0..<random.number(1..<4)).map { _ in random.element(of: rules) }
        let isTemporal = kind == .temporal || kind == .temporalOrdered
        return DraftCorrelation(
            metadata: metadata("correlation.\(number)"), kind: kind,
            rules: number > 0 ? sources + ["correlation.\(number - 1)"] : sources,
            groupBy: (0..<random.number(0..<3)).map { _ in .init(name: random.element(of: names)) },
            timespanSeconds: Int64(random.number(1..<100_000)),
            bounds: isTemporal ? [] : [.init(.greaterOrEqual, Int64(random.number(0..<50)))],
            valueField: kind == .valueCount ? random.element(of: names) : nil, reportsRules: random.number(0..<2) == 0)
    }

    /// An expression that asks something of the event.
    private static func sayable(_ random: inout SplitMix64, _ names: [String], depth: Int) -> RuleExpression {
        let expression = expression(&random, names, depth: depth)
        return (try? expression.check()) == nil ? .test(predicate(&random, names)) : expression
    }

    private static func expression(_ random: inout SplitMix64, _ names: [String], depth: Int) -> RuleExpression {
        func parts(_ random: inout SplitMix64) -> [RuleExpression] {
            (0..<random.number(1..<5)).map { _ in expression(&random, names, depth: depth - 1) }
        }
        switch random.number(0..<(depth > 0 ? 10 : 4)) {
        case 0...3: return .test(predicate(&random, names))
        case 4: return .not(expression(&random, names, depth: depth - 1))
        case 5, 6: return .all(parts(&random))
        case 7, 8: return .any(parts(&random))
        default:
            let parts = parts(&random)
            return .atLeast(random.number(1..<(parts.count + 1)), parts)
        }
    }

    private static func predicate(_ random: inout SplitMix64, _ names: [String]) -> Predicate {
        let named = FieldReference.named(random.element(of: names))
        let field = random.number(0..<8) == 0 ? .anyValue : named
        let needle = text(&random, pieces: 3)
        let isCased = random.number(0..<4) == 0
        let order = random.element(of: NumberOrder.allCases)
        switch random.number(0..<12) {
        case 0: return Predicate(field, .equals(needle), isCased: isCased)
        case 1: return Predicate(field, .startsWith(needle), isCased: isCased)
        case 2: return Predicate(field, .endsWith(needle), isCased: isCased)
        case 3, 4: return Predicate(field, .contains(needle), isCased: isCased)
        case 5:
            let rest: [Predicate.PatternElement] = (needle + [UInt8(ascii: "a")]).map { byte in
                random.number(0..<3) == 0 ? .one : .byte(byte)
            }
            return Predicate(field, .pattern([.anyRun] + rest + [.anyRun] + rest), isCased: isCased)
        case 6: return Predicate(field, regex(&random))
        case 7: return Predicate(field, .number(order, random.number(0..<2) == 0 ? .integer(1) : .real(0.5)))
        case 8: return Predicate(field, AddressNetwork(text: "10.0.0.0/8").map { .inNetwork($0) } ?? .equals([]))
        case 9:
            return Predicate(named, .time(random.element(of: TimePart.allCases), order, Int64(random.number(0..<60))))
        case 10: return Predicate(named, random.number(0..<2) == 0 ? .exists : .isNull)
        default:
            let comparison = random.element(of: FieldComparison.allCases)
            return Predicate(named, .field(comparison, random.element(of: names)), isCased: isCased)
        }
    }

    private static func regex(_ random: inout SplitMix64) -> Predicate.Test {
        let count = random.number(2..<16)
        let instructions = (1..<count).map { _ -> RegexInstruction in
            switch random.number(0..<6) {
            case 0, 1: .scalar(random.element(of: ["a", "b", "\u{E9}", "1"]))
            case 2: random.number(0..<2) == 0 ? .any : .oneOf(0)
            case 3: .split(random.number(0..<count))
            case 4: .jump(random.number(0..<count))
            default: .assert(random.element(of: [.textStart, .textEnd, .lineEnd, .wordBoundary(0)]))
            }
        }
        let program = try? RegexProgram(
            instructions: instructions + [.match], classes: [RegexClass([0x61...0x63, 0xE0...0xFF])])
        return program.map { .regex($0, requires: []) } ?? .equals([])
    }
}
