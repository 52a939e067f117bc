/// One test of one field. The parts of rules that are equal share one predicate, which is tested once an event.
///
/// A test of text sees a number or a truth value as it is written, and a test of order reads a text that is a whole
/// number: a sensor that sends the other type changes no verdict. Null and absent fields pass `isNull` alone. A list
/// passes when one of its elements does.
package struct Predicate: Hashable, Sendable {
    package var field: FieldReference
    package var test: Test
    /// Whether case counts. Otherwise letters are equal in either case, and needles have been through ``TextFold``.
    package var isCased: Bool

    package init(_ field: FieldReference, _ test: Test, isCased: Bool = false) {
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
        /// The expression is found in the text, whose case counts unless the expression says otherwise.
        ///
        /// `requires` are sets of texts in the form of ``TextFold``: one of each set is in every text that matches.
        case regex(RegexProgram, requires: [[[UInt8]]])
        case number(NumberOrder, DetectionNumber)
        /// The text is an address in the network.
        case inNetwork(AddressNetwork)
        /// The field is compared with another field of the same event.
        case field(FieldComparison, String)
        /// A part of the moment that the text is (RFC 3339, or seconds since 1970), in UTC.
        case time(TimePart, NumberOrder, Int64)
    }

    /// One element of a wildcard pattern.
    package enum PatternElement: Hashable, Sendable {
        case byte(UInt8)
        /// Sigma's `?`: one Unicode scalar.
        case one
        /// Sigma's `*`: any bytes, or none.
        case anyRun

        /// The element's number in a program.
        package var code: UInt32 {
            switch self {
            case .byte(let byte): UInt32(byte)
            case .one: Self.oneCode
            case .anyRun: Self.anyRunCode
            }
        }

        package static let oneCode: UInt32 = 0x100
        package static let anyRunCode: UInt32 = 0x101
    }
}

/// What a predicate looks at.
package enum FieldReference: Hashable, Sendable {
    /// A field by its name, compared exactly. The members of an object inside an object are named by dots, `a.b`.
    case named(String)
    /// Any value that the event itself carries: Sigma's keywords.
    case anyValue
}

/// How two numbers compare. The raw value is the number in a program.
package enum NumberOrder: UInt8, Hashable, Sendable, CaseIterable {
    case equal = 0
    case less = 1
    case lessOrEqual = 2
    case greater = 3
    case greaterOrEqual = 4
}

/// A number of a rule or an event.
package enum DetectionNumber: Hashable, Sendable {
    case integer(Int64)
    /// Never not-a-number.
    case real(Double)

    /// Two integers are compared exactly, others as reals.
    package func holds(_ order: NumberOrder, _ operand: DetectionNumber) -> Bool {
        switch (self, operand) {
        case (.integer(let left), .integer(let right)): Self.compare(left, order, right)
        default: Self.compare(real, order, operand.real)
        }
    }

    package var real: Double {
        switch self {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        }
    }

    static func compare<Value: Comparable>(_ left: Value, _ order: NumberOrder, _ right: Value) -> Bool {
        switch order {
        case .equal: left == right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

/// How a field is compared with another field. The raw value is the number in a program.
package enum FieldComparison: UInt8, Hashable, Sendable, CaseIterable {
    case equals = 0
    case contains = 1
    case startsWith = 2
    case endsWith = 3
    /// Both are numbers, and the first is smaller; and so on.
    case less = 4
    case lessOrEqual = 5
    case greater = 6
    case greaterOrEqual = 7
}

/// A part of a moment (Sigma 2.1.0, modifiers `minute` to `year`). The raw value is the number in a program.
package enum TimePart: UInt8, Hashable, Sendable, CaseIterable {
    /// 0 to 59.
    case minute = 0
    /// 0 to 23.
    case hour = 1
    /// 1 to 31.
    case day = 2
    /// 1 to 53 (ISO 8601 week).
    case week = 3
    /// 1 to 12.
    case month = 4
    case year = 5
}
