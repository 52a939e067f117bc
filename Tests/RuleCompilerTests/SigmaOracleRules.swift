import Foundation

/// Makes detections and events of so few letters that much of them collides.
struct SigmaOracleRules {
    var random: SplitMix64

    static let placeholders = ["x": ["a", "b*"], "y": ["1"]]

    private static let pieces = [
        "a", "b", "A", "B", "\u{E9}", "\u{C9}", "1", "2", "-a", "/b", " -x", "*", "?", #"\"#, #"\*"#, #"\?"#, #"\\"#,
        "%",
        ".", "Zm9v", "\u{3A9}",
    ]
    private static let chains = [
        [], ["contains"], ["startswith"], ["endswith"], ["contains", "all"], ["all"], ["cased"], ["contains", "cased"],
        ["endswith", "cased"], ["startswith", "cased"], ["windash"], ["windash", "contains"],
        ["contains", "all", "windash"], ["re"], ["re", "i"], ["re", "m"], ["re", "s"], ["re", "neq"], ["cidr"],
        ["exists"], ["lt"], ["lte"], ["gt"], ["gte"], ["neq"], ["contains", "neq"], ["contains", "all", "neq"],
        ["base64"], ["base64", "contains"], ["base64offset", "contains"], ["wide", "base64offset", "contains"],
        ["utf16be", "base64", "contains"], ["windash", "base64offset", "contains"], ["fieldref"],
        ["fieldref", "contains"], ["fieldref", "startswith"], ["fieldref", "endswith"], ["fieldref", "neq"],
        ["fieldref", "cased"], ["cidr", "neq"], ["gt", "neq"], ["exists", "neq"], ["expand"], ["contains", "expand"],
        ["expand", "contains", "all"],
    ]
    private static let conditions = [
        "s1", "not s1", "s1 and s2", "s1 or not s2", "1 of s*", "all of s*", "not 1 of s*", "1 of them", "2 of them",
        "s1 and not (s2 or s3)", "not s1 and not s2 or s3", "not not s1", "s1 or s2 and s3", "2 of s* and not s3",
    ]
    private static let patterns = [
        "a", "^a", "b$", "a|b", "[ab]+1", "a.b", "(a|B)b?", "[0-9]+", "a{2}", ".*1", "[^a]", "^(?:a|1)$",
    ]
    private static let fields = ["F", "G", "H"]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func one<Element>(of list: [Element]) -> Element { random.element(of: list) }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func count(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func text() -> String {
        (0..<count(1...4)).map { _ in one(of: Self.pieces) }.joined()
    }

    private mutating func value(_ chain: [String]) -> Any {
        if chain.contains("re") { return one(of: Self.patterns) }
        if chain.contains("cidr") { return one(of: ["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.0.0.0/30"]) }
        if chain.contains("exists") { return chance(50) }
        if chain.contains("fieldref") { return one(of: Self.fields) }
        if !Set(chain).isDisjoint(with: ["lt", "lte", "gt", "gte"]) {
            return one(of: [0, 1, 2, 10, -1, 1.5] as [Double])
        }
        if chain.contains(where: { $0.hasPrefix("base64") }) { return one(of: ["foo", "ab", "abc", "-ab", "a b c"]) }
        if chain.contains("expand") { return one(of: ["%x%", "a%x%", "%y%%x%", "%", "%z", "\\\\%y%"]) }
        if chain.isEmpty, chance(10) { return one(of: [NSNull(), "", true, false, 1, 10, 1.5, 0] as [Any]) }
        return text()
    }

    private mutating func map() -> [String: Any] {
        var map: [String: Any] = [:]
        for _ in 0..<count(1...2) {
            let chain = one(of: Self.chains)
            let values = (0..<(chain.contains("exists") || chance(60) ? 1 : count(2...3))).map { _ in value(chain) }
            map[([one(of: Self.fields)] + chain).joined(separator: "|")] = values.count == 1 ? values[0] : values
        }
        return map
    }

    private mutating func selection() -> Any {
        switch count(0...99) {
        case ..<70: map()
        case ..<85: [map(), map()]
        case ..<95: (0..<count(1...2)).map { _ in one(of: ["a", "b1", "a*b", "\u{C9}", "12", 10] as [Any]) }
        default: ["|all": ["a", one(of: ["b", "1", "a?b"])]]
        }
    }

    mutating func detection() -> [String: Any] {
        var detection: [String: Any] = ["s1": selection(), "s2": selection(), "s3": selection()]
        let condition = one(of: Self.conditions)
        detection["condition"] = chance(10) ? [condition, one(of: Self.conditions)] : condition
        return detection
    }

    private mutating func found() -> Any {
        switch count(0...99) {
        case ..<8: return NSNull()
        case ..<14: return ""
        case ..<26: return one(of: [0, 1, 2, 10, -1, 1.5, true, false, 12] as [Any])
        case ..<36: return (0..<2).map { _ in one(of: ["a", "b", "ab", "1", 1, "10.0.0.1"] as [Any]) }
        case ..<46:
            return one(of: ["10.0.0.1", "11.1.1.1", "1", "10", "-1", "1.5", "true", "YWI=", "YQBiAA==", "AGEAYg=="])
        default:
            let pieces = Self.pieces.filter { !$0.hasPrefix(#"\"#) } + [#"\"#, "\u{2013}a", "\n"]
            return (0..<count(1...5)).map { _ in one(of: pieces) }.joined()
        }
    }

    /// An event of `product: test`.
    mutating func event() -> [String: Any] {
        var event: [String: Any] = ["@product": "test"]
        for field in Self.fields where chance(85) { event[field] = found() }
        return event
    }

    static func json(_ object: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
    }

    /// The source of a rule with a detection: JSON is YAML.
    static func source(_ detection: [String: Any], id: String) throws -> String {
        try json([
            "title": "Test", "id": id, "level": "low", "logsource": ["product": "test"], "detection": detection,
        ])
    }
}
