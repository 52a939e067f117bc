import FleetModel

/// A rule as the differential test makes it up, and a second evaluator for it: it walks the tree, compares Unicode
/// scalars, and shares no code with compiler or interpreter.
struct ModelRule {
    enum Placement: String, CaseIterable {
        case whole = ""
        case contains = "|contains"
        case startsWith = "|startswith"
        case endsWith = "|endswith"
    }

    enum Item {
        case text(EventField, Placement, isCased: Bool, needsAll: Bool, values: [String])
        case null(EventField)
        case exists(EventField, Bool)
        case number(EventField, [Int64])
        case order(EventField, String, Int64)
    }

    indirect enum Tree {
        case selection(Int)
        case not(Tree)
        case and(Tree, Tree)
        case or(Tree, Tree)
        case quantity(Int)
        case all
    }

    /// Each selection is a list of maps; each map a list of fields.
    var selections: [[[Item]]]
    var tree: Tree
    /// What the test of the test switches off: case is then compared always.
    var foldsCase = true
}

extension ModelRule {
    func matches(_ event: TelemetryEvent) -> Bool {
        let held = selections.map { maps in maps.contains { map in map.allSatisfy { holds($0, event) } } }
        return holds(tree, held)
    }

    private func holds(_ tree: Tree, _ held: [Bool]) -> Bool {
        switch tree {
        case .selection(let index): held[index]
        case .not(let inner): !holds(inner, held)
        case .and(let left, let right): holds(left, held) && holds(right, held)
        case .or(let left, let right): holds(left, held) || holds(right, held)
        case .quantity(let count): held.count { $0 } >= count
        case .all: held.allSatisfy { $0 }
        }
    }

    private func holds(_ item: Item, _ event: TelemetryEvent) -> Bool {
        switch item {
        case .exists(let field, let isPresent): return (event[field] != nil) == isPresent
        case .null(let field): return event[field] == nil || event[field] == .null
        case .number(let field, let numbers):
            guard let text = Self.text(event[field]) else { return false }
            return numbers.contains { String($0) == text }
        case .order(let field, let order, let operand):
            guard let text = Self.text(event[field]), let number = Int64(text), !text.hasPrefix("+") else {
                return false
            }
            return switch order {
            case "lt": number < operand
            case "lte": number <= operand
            case "gt": number > operand
            default: number >= operand
            }
        case .text(let field, let placement, let isCased, let needsAll, let values):
            guard let text = Self.text(event[field]) else { return false }
            let results = values.map { value in
                let scalars = fold(Array(text.unicodeScalars), isCased)
                return Self.fits(fold(Self.tokens(value, placement), isCased), scalars)
            }
            return needsAll ? results.allSatisfy { $0 } : results.contains(true)
        }
    }

    private static func text(_ value: FieldValue?) -> String? {
        switch value {
        case nil, .null: nil
        case .text(let text): text
        case .integer(let integer): "\(integer)"
        }
    }

    private enum Token: Equatable {
        case scalar(Unicode.Scalar)
        case one
        case run
    }

    private func fold(_ scalar: Unicode.Scalar, _ isCased: Bool) -> Unicode.Scalar {
        guard !isCased, foldsCase else { return scalar }
        return Character(scalar).lowercased().unicodeScalars.first ?? scalar
    }

    private func fold(_ scalars: [Unicode.Scalar], _ isCased: Bool) -> [Unicode.Scalar] {
        scalars.map { fold($0, isCased) }
    }

    private func fold(_ tokens: [Token], _ isCased: Bool) -> [Token] {
        tokens.map { if case .scalar(let scalar) = $0 { .scalar(fold(scalar, isCased)) } else { $0 } }
    }

    private static func tokens(_ value: String, _ placement: Placement) -> [Token] {
        let scalars = Array(value.unicodeScalars)
        var tokens: [Token] = [.contains, .endsWith].contains(placement) ? [.run] : []
        var index = 0
        while index < scalars.count {
            if scalars[index] == "\\", index + 1 < scalars.count, ["*", "?", "\\"].contains(scalars[index + 1]) {
                tokens.append(.scalar(scalars[index + 1]))
                index += 2
                continue
            }
            tokens.append(scalars[index] == "*" ? .run : scalars[index] == "?" ? .one : .scalar(scalars[index]))
            index += 1
        }
        if [.contains, .startsWith].contains(placement) { tokens.append(.run) }
        return tokens
    }

    /// All positions that can be reached, element by element.
    private static func fits(_ tokens: [Token], _ text: [Unicode.Scalar]) -> Bool {
        var positions: Set<Int> = [0]
        for token in tokens {
            switch token {
            case .run: positions = positions.min().map { Set($0...text.count) } ?? []
            case .one: positions = Set(positions.filter { $0 < text.count }.map { $0 + 1 })
            case .scalar(let scalar):
                positions = Set(positions.filter { $0 < text.count && text[$0] == scalar }.map { $0 + 1 })
            }
        }
        return positions.contains(text.count)
    }
}

extension ModelRule {
    /// A rule whose values and events are made of so few letters that much of it collides.
    init(random: inout SplitMix64) {
        let count = Int.random(in: 1...4, using: &random)
        selections = (0..<count).map { _ in
            (0..<Int.random(in: 1...2, using: &random)).map { _ in Self.map(&random) }
        }
        var tree = Tree.selection(0)
        for index in 1..<max(1, count) { tree = Self.join(tree, Self.leaf(.selection(index), &random), &random) }
        if Bool.random(using: &random) {
            let quantity = Int.random(in: 0...count, using: &random)
            tree = Self.join(tree, Self.leaf(quantity == 0 ? .all : .quantity(quantity), &random), &random)
        }
        self.tree = Self.leaf(tree, &random)
    }

    private static func leaf(_ tree: Tree, _ random: inout SplitMix64) -> Tree {
        Int.random(in: 0..<3, using: &random) == 0 ? .not(tree) : tree
    }

    private static func join(_ left: Tree, _ right: Tree, _ random: inout SplitMix64) -> Tree {
        Bool.random(using: &random) ? .and(left, right) : .or(left, right)
    }

    private static func map(_ random: inout SplitMix64) -> [Item] {
        let fields: [EventField] = [.image, .commandLine, .user, .processId]
        return fields.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)).map { field in
            switch Int.random(in: 0..<8, using: &random) {
            case 0: .null(field)
            case 1: .exists(field, Bool.random(using: &random))
            default: field == .processId ? number(&random) : text(field, &random)
            }
        }
    }

    private static func number(_ random: inout SplitMix64) -> Item {
        let number = Int64.random(in: -3...3, using: &random)
        return Bool.random(using: &random)
            ? .number(.processId, [number, number + 2])
            : .order(.processId, random.element(of: ["lt", "lte", "gt", "gte"]), number)
    }

    private static func text(_ field: EventField, _ random: inout SplitMix64) -> Item {
        let values = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let pieces = ["a", "b", "A", "B", "\u{E9}", "1", "*", "?", #"\"#, #"\*"#, #"\?"#, #"\\"#]
            return (0..<Int.random(in: 1...4, using: &random)).map { _ in random.element(of: pieces) }.joined()
        }
        return .text(
            field, random.element(of: Placement.allCases), isCased: Int.random(in: 0..<4, using: &random) == 0,
            needsAll: Int.random(in: 0..<4, using: &random) == 0, values: values)
    }

    static func event(_ random: inout SplitMix64) -> TelemetryEvent {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0))
        for field in [EventField.image, .commandLine, .user, .processId] {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: break
            case 1: event[field] = .null
            case 2: event[field] = .integer(Int64.random(in: -3...11, using: &random))
            default:
                let pieces = ["a", "b", "A", "B", "\u{E9}", "\u{C9}", "1", "*", "?", #"\"#]
                let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in random.element(of: pieces) }.joined()
                event[field] = .text(text)
            }
        }
        return event
    }
}

extension ModelRule {
    /// The rule's source, as an author would write it.
    func source(id: String) -> String {
        var lines: [String] = []
        for (index, maps) in selections.enumerated() {
            lines.append("s\(index):")
            for map in maps {
                for (place, item) in map.enumerated() {
                    lines.append((place == 0 ? "    - " : "      ") + Self.yaml(item))
                }
            }
        }
        lines.append("condition:")
        lines.append("    - \(Self.condition(tree))")
        // Uses every selection and never holds: an unused one would be refused.
        let uses = selections.indices.map { "(s\($0) and not s\($0))" }.joined(separator: " or ")
        lines.append("    - \(uses)")
        return Fixture.rule(lines.joined(separator: "\n"), id: id)
    }

    private static func condition(_ tree: Tree) -> String {
        switch tree {
        case .selection(let index): "s\(index)"
        case .not(let inner): "not (\(condition(inner)))"
        case .and(let left, let right): "(\(condition(left)) and \(condition(right)))"
        case .or(let left, let right): "(\(condition(left)) or \(condition(right)))"
        case .quantity(let count): "\(count) of s*"
        case .all: "all of them"
        }
    }

    private static func yaml(_ item: Item) -> String {
        switch item {
        case .null(let field): "\(field.name): null"
        case .exists(let field, let isPresent): "\(field.name)|exists: \(isPresent)"
        case .number(let field, let numbers): "\(field.name): [\(numbers.map { "\($0)" }.joined(separator: ", "))]"
        case .order(let field, let order, let operand): "\(field.name)|\(order): \(operand)"
        case .text(let field, let placement, let isCased, let needsAll, let values):
            "\(field.name)\(placement.rawValue)\(isCased ? "|cased" : "")\(needsAll ? "|all" : ""): "
                + "[\(values.map { "'\($0)'" }.joined(separator: ", "))]"
        }
    }
}
