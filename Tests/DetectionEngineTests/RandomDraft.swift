@testable import DetectionEngine
import FleetModel

/// Drafts and events of so few letters that much of them collides.
struct RandomDraft {
    /// Fields of the events. Members of `d` are inside an object.
    let names: [String]
    let isOpen: Bool

    static let open = RandomDraft(names: ["a", "b", "c", "d.e", "d.f"], isOpen: true)
    static let closed = RandomDraft(names: ["Image", "CommandLine", "User", "ProcessId"], isOpen: false)

    static let pieces = [
        "a", "b", "A", "B", "ab", "ba", "aab", "\u{E9}", "\u{C9}", "\u{23A}", "\u{2C65}", "\u{1F525}", "\u{212A}", "k",
        "1", "-", "\\", "\"", "/", " ", "\n", "kab", "bbba",
    ]

    static func text(_ random: inout SplitMix64, pieces count: Int) -> String {
        (0..<random.number(0..<(count + 1))).map { _ in pieces[random.number(0..<pieces.count)] }.joined()
    }

    // MARK: Drafts

    func draft(_ random: inout SplitMix64, rules: Int, groups: Int) -> ProgramDraft {
        ProgramDraft(
            groups: (0..<groups).map { group in
                DraftGroup(
                    name: "group \(group)",
                    routes: (0..<random.number(1..<3)).map { _ in route(&random) },
                    rules: (0..<rules).map { Fixture.rule(1 + group * rules + $0, expression(&random, depth: 3)) })
            }, isOpen: isOpen)
    }

    private func route(_ random: inout SplitMix64) -> DraftRoute {
        let category = Fixture.test(SourceTag.category, .endsWith(Fixture.text("ion")))
        let renames = (0..<random.number(0..<3)).map { _ in
            DraftRoute.Rename(field: name(&random), source: name(&random))
        }
        // Most events belong to most groups.
        let when =
            random.number(0..<3) == 0 ? expression(&random, depth: 1) : .any([category, Fixture.always(name(&random))])
        return DraftRoute(when: when, renames: renames)
    }

    private func name(_ random: inout SplitMix64) -> String { names[random.number(0..<names.count)] }

    func expression(_ random: inout SplitMix64, depth: Int) -> RuleExpression {
        let parts = { (random: inout SplitMix64) in
            (0..<random.number(1..<4)).map { _ in self.expression(&random, depth: depth - 1) }
        }
        switch random.number(0..<(depth > 0 ? 10 : 4)) {
        case 0...3: return .test(predicate(&random))
        case 4: return .not(expression(&random, depth: depth - 1))
        case 5, 6: return .all(parts(&random))
        case 7, 8: return .any(parts(&random))
        default:
            let parts = parts(&random)
            return .atLeast(random.number(1..<(parts.count + 1)), parts)
        }
    }

    private func predicate(_ random: inout SplitMix64) -> Predicate {
        let isCased = random.number(0..<4) == 0
        let field = random.number(0..<6) == 0 ? FieldReference.anyValue : .named(name(&random))
        var needle = Self.text(&random, pieces: 3)
        if !isCased { needle = ModelEvent.Text.folded(needle) }
        let bytes = Array(needle.utf8)
        switch random.number(0..<14) {
        case 0, 1: return Predicate(field, .equals(bytes), isCased: isCased)
        case 2, 3: return Predicate(field, .startsWith(bytes), isCased: isCased)
        case 4, 5: return Predicate(field, .endsWith(bytes), isCased: isCased)
        case 6, 7: return Predicate(field, .contains(bytes), isCased: isCased)
        case 8: return Predicate(field, .pattern(pattern(&random, isCased)), isCased: isCased)
        case 9:
            let order = NumberOrder.allCases[random.number(0..<5)]
            let number = Int64(random.number(-2..<3))
            return Predicate(
                field, .number(order, random.number(0..<3) == 0 ? .real(Double(number) / 2) : .integer(number)))
        case 10:
            let programs = ReferenceOperands.expressions.keys.sorted { $0.words.lexicographicallyPrecedes($1.words) }
            let program = programs[random.number(0..<programs.count)]
            let requires = random.number(0..<2) == 0 ? [ReferenceOperands.requires(program)] : []
            return Predicate(field, .regex(program, requires: requires))
        default: return rare(&random, isCased)
        }
    }

    private func rare(_ random: inout SplitMix64, _ isCased: Bool) -> Predicate {
        let field = FieldReference.named(name(&random))
        switch random.number(0..<6) {
        case 0: return Predicate(field, .exists)
        case 1: return Predicate(field, .isNull)
        case 2:
            let networks = ReferenceOperands.networks.keys.sorted {
                ($0.prefixLength, $0.address.value) < ($1.prefixLength, $1.address.value)
            }
            return Predicate(field, .inNetwork(networks[random.number(0..<networks.count)]))
        case 3:
            let part = TimePart.allCases[random.number(0..<6)]
            let values = ReferenceOperands.moments.values.map { $0[Int(part.rawValue)] }.sorted()
            let order = NumberOrder.allCases[random.number(0..<5)]
            return Predicate(field, .time(part, order, values[random.number(0..<values.count)]))
        default:
            let comparison = FieldComparison.allCases[random.number(0..<8)]
            return Predicate(field, .field(comparison, name(&random)), isCased: isCased)
        }
    }

    private func pattern(_ random: inout SplitMix64, _ isCased: Bool) -> [Predicate.PatternElement] {
        var elements: [Predicate.PatternElement] = []
        for _ in 0..<random.number(1..<5) {
            switch random.number(0..<4) {
            case 0: if elements.last != .anyRun { elements.append(.anyRun) }
            case 1: elements.append(.one)
            default:
                let text = Self.text(&random, pieces: 1)
                elements += (isCased ? text : ModelEvent.Text.folded(text)).utf8.map { .byte($0) }
            }
        }
        return elements
    }

    // MARK: Events

    func event(_ random: inout SplitMix64) -> ModelEvent {
        var event = ModelEvent(members: [])
        if !isOpen { event.kind = .processCreation }
        var inner: [ModelEvent.Member] = []
        for name in names where random.number(0..<8) > 0 {
            for _ in 0..<(isOpen && random.number(0..<12) == 0 ? 2 : 1) {
                let parts = name.split(separator: ".")
                if parts.count == 1 {
                    event.members.append(.init(name: name, value: value(&random, depth: isOpen ? 2 : 0)))
                } else {
                    inner.append(.init(name: String(parts[1]), value: value(&random, depth: 1)))
                }
            }
        }
        if !inner.isEmpty {
            let object = ModelEvent.Value.object(inner)
            let isList = random.number(0..<3) == 0
            event.members.append(.init(name: "d", value: isList ? .list([object, .object([inner[0]])]) : object))
        }
        if isOpen, random.number(0..<4) == 0 {
            event.members.append(.init(name: "unknown", value: value(&random, depth: 2)))
        }
        event.members.shuffle(using: &random)
        return event
    }

    private func value(_ random: inout SplitMix64, depth: Int) -> ModelEvent.Value {
        switch random.number(0..<(depth > 0 ? 14 : 11)) {
        case 0: return .null
        case 1: return .bare("\(random.number(-3..<4))")
        case 2: return isOpen ? .bare(["true", "false", "1.5", "-0", "1e0", "0.50"][random.number(0..<6)]) : .bare("0")
        case 3: return .text(ReferenceOperands.addresses[random.number(0..<ReferenceOperands.addresses.count)])
        case 4:
            return .text(ReferenceOperands.moments.keys.sorted()[random.number(0..<ReferenceOperands.moments.count)])
        case 5...10: return .text(Self.text(&random, pieces: 8))
        case 11, 12: return .list((0..<random.number(0..<5)).map { _ in value(&random, depth: depth - 1) })
        default: return .object([.init(name: "x", value: value(&random, depth: depth - 1))])
        }
    }
}
