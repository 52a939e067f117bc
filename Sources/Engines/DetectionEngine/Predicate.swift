package import FleetModel

/// One test of one field. The parts of rules that are equal share one predicate, which is tested once an event.
///
/// A test of text sees an integer as its decimal digits, and a test of order reads a text that is a whole decimal
/// number: a sensor that sends the other type changes no verdict. Null and absent fields pass `isNull` alone.
package struct Predicate: Hashable, Sendable {
    package var field: EventField
    package var test: Test
    /// Whether case counts. Otherwise ASCII letters are equal in either case, and needles are in lower case.
    package var isCased: Bool

    package init(field: EventField, test: Test, isCased: Bool = false) {
        self.field = field
        self.test = test
        self.isCased = isCased
    }

    package enum Test: Hashable, Sendable {
        /// The event carries the field, be it null.
        case exists
        /// The field is null or absent.
        case isNull
        case equals([UInt8])
        case startsWith([UInt8])
        case endsWith([UInt8])
        /// An empty needle is in every text.
        case contains([UInt8])
        /// The whole text matches. No two `anyRun` are neighbours.
        case pattern([PatternElement])
        case less(Int64)
        case lessOrEqual(Int64)
        case greater(Int64)
        case greaterOrEqual(Int64)
        /// The text is an address in the network.
        case inNetwork(AddressNetwork)
    }

    /// One element of a wildcard pattern.
    package enum PatternElement: Hashable, Sendable {
        case byte(UInt8)
        /// Sigma's `?`: one Unicode scalar.
        case one
        /// Sigma's `*`: any bytes, or none.
        case anyRun

        /// The element's number in a program.
        package var code: UInt16 {
            switch self {
            case .byte(let byte): UInt16(byte)
            case .one: Self.oneCode
            case .anyRun: Self.anyRunCode
            }
        }

        package static let oneCode: UInt16 = 0x100
        package static let anyRunCode: UInt16 = 0x101
    }
}

/// What a predicate's test is in a program: its number, and how its operand is read.
enum Operator: UInt8, CaseIterable, Sendable {
    case exists = 1
    case isNull = 2
    case equals = 3
    case startsWith = 4
    case endsWith = 5
    case contains = 6
    /// Operand: `u16` codes of `PatternElement`.
    case pattern = 7
    /// Operand of the four orders: `i64`.
    case less = 8
    case lessOrEqual = 9
    case greater = 10
    case greaterOrEqual = 11
    /// Operand: `u8` prefix length in bits, then the 4 or 16 bytes of the network's address.
    case inNetwork = 12
}

extension Predicate.Test {
    /// The test's number and operand in a program.
    var encoding: (Operator, [UInt8]) {
        switch self {
        case .exists: (.exists, [])
        case .isNull: (.isNull, [])
        case .equals(let needle): (.equals, needle)
        case .startsWith(let needle): (.startsWith, needle)
        case .endsWith(let needle): (.endsWith, needle)
        case .contains(let needle): (.contains, needle)
        case .pattern(let elements): (.pattern, elements.flatMap { [UInt8]($0.code) })
        case .less(let number): (.less, [UInt8](UInt64(bitPattern: number)))
        case .lessOrEqual(let number): (.lessOrEqual, [UInt8](UInt64(bitPattern: number)))
        case .greater(let number): (.greater, [UInt8](UInt64(bitPattern: number)))
        case .greaterOrEqual(let number): (.greaterOrEqual, [UInt8](UInt64(bitPattern: number)))
        case .inNetwork(let network): (.inNetwork, [UInt8(network.prefixLength)] + network.address.bytes)
        }
    }
}
