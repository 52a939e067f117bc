/// One file of Sigma rules: one YAML document for each rule.
package struct RuleSource: Sendable {
    /// As it is named in errors and in the pack, for example `rules/shell_from_web_server.yml`.
    package var file: String
    package var bytes: [UInt8]

    package init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }
}

/// The bounds of rule sources. What is above them is refused.
package enum RuleSourceLimit {
    /// Bytes of one file, 1 MiB: the largest public Sigma rule has 40 KiB. A pack allows no larger source.
    package static let fileBytesMax = 1 << 20
    /// Levels of one YAML document. A Sigma rule needs five; the YAML parser calls itself for each level.
    package static let depthMax = 256
    /// Values of one file, aliases counted as often as they are used: what they stand for may be doubled at each level.
    package static let valueCountMax = 1 << 16
    /// Words and signs of one condition: the largest public rules have about 60.
    package static let conditionTokenCountMax = 1_024
    /// Parentheses and `not`s inside each other in one condition.
    package static let conditionDepthMax = 64
    /// Bytes of the name of a selection.
    package static let selectionNameBytesMax = 128
    /// Texts that one value may stand for, by its placeholders and dashes: more are a slip, and slow.
    package static let variantCountMax = 1_024
    /// Dashes of one value that `|windash` replaces: each makes five texts of one.
    package static let dashCountMax = 3
    /// Tests of one document: a rule in a program has far fewer, and one value with dashes is many tests.
    package static let testCountMax = 1 << 17
    /// Rules of one correlation, and fields by which it groups.
    package static let correlationRuleCountMax = 64
    /// Correlations that refer to one another in a chain.
    package static let correlationDepthMax = 16
    /// Seconds that a correlation looks back at most, a year: the engine holds what it has seen for so long.
    package static let timespanSecondsMax: Int64 = 366 * 86_400
    /// Bytes of one value: a text of an event is never longer than twice this, and no rule needs it.
    package static let valueBytesMax = 4 << 10
}
