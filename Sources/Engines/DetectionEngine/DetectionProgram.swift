package import FleetModel

/// A loaded program: every byte of it has been checked, as if an enemy had written it.
///
/// Holds the bytes and flat tables over them, at most about three times the bytes.
package struct DetectionProgram: Sendable {
    /// The fault that the program carries on purpose; nil in every real program. The loader obeys no fault: whether
    /// to refuse or to obey is the caller's decision, see ``ProgramError/chaosRefused(_:)``.
    package let chaos: ChaosMarker?
    /// The most steps that one event takes, whatever it holds.
    package let costBound: UInt64
    package var ruleCount: Int { rules.count }

    let bytes: [UInt8]
    /// By kind's raw value: the indices of its rules.
    let rulesOfKinds: [Range<Int>]
    let rules: [Rule]
    let predicates: [LoadedPredicate]
    let instructions: [Instruction]
    let tags: [ByteRange]
    /// Search tables and element codes. See `LoadedPredicate.auxiliary` for this and the next two.
    let table: [UInt16]
    let integers: [Int64]
    let networks: [AddressNetwork]

    /// A part of `bytes`.
    struct ByteRange: Hashable, Sendable {
        var start: Int32
        var count: Int32

        var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
    }

    struct Rule: Sendable {
        var id: ByteRange
        var title: ByteRange
        var author: ByteRange
        var level: RuleLevel
        /// Indices in `tags`.
        var tags: Range<Int32>
        /// Indices in `instructions`. Never empty.
        var code: Range<Int32>
    }

    struct LoadedPredicate: Sendable {
        var test: Operator
        var isCased: Bool
        /// Index of the field's slot.
        var slot: UInt16
        var operand: ByteRange
        /// `contains`: where its search table starts in `table`. `pattern`: where its element codes start there.
        /// `inNetwork`: index in `networks`. The four orders: index in `integers`. 0 for other tests.
        var auxiliary: Int32
    }

    struct Instruction: Sendable {
        var predicate: Int32
        /// Index in `instructions`, or `accept` or `reject`.
        var onTrue: Int32
        var onFalse: Int32

        static let accept: Int32 = -1
        static let reject: Int32 = -2
    }

    /// What rule number `index` says of itself. Made anew each time: matches are rare, and memory is not.
    package func metadata(ofRule index: Int) -> RuleMetadata {
        let rule = rules[index]
        return RuleMetadata(
            id: text(rule.id), title: text(rule.title), level: rule.level,
            tags: tags[Int(rule.tags.lowerBound)..<Int(rule.tags.upperBound)].map(text), author: text(rule.author))
    }

    /// The fields that the program's rules for `kind` look at, ascending.
    package func fields(of kind: EventKind) -> [EventField] {
        let slots = Set(
            rules[rulesOfKinds[Int(kind.rawValue)]].flatMap { rule in
                instructions[Int(rule.code.lowerBound)..<Int(rule.code.upperBound)].map {
                    predicates[Int($0.predicate)].slot
                }
            })
        return slots.sorted().compactMap(EventField.init(rawValue:))
    }

    private func text(_ range: ByteRange) -> String { String(decoding: bytes[range.range], as: UTF8.self) }
}
