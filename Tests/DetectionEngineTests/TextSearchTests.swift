@testable import DetectionEngine
import Testing

@Suite("Text search")
struct TextSearchTests {
    @Test("a needle from an event is found exactly where a plain search finds it, in at most two steps a byte of both")
    func contains() {
        var random = SplitMix64(seed: 0x5EED_3001)
        var hits = 0
        var table: [UInt16] = []
        for _ in 0..<20_000 {
            let text = (0..<random.number(0..<24)).map { _ in [0x61, 0x41, 0x62][random.number(0..<3)] as UInt8 }
            let needle = (0..<random.number(0..<7)).map { _ in [0x61, 0x41, 0x62][random.number(0..<3)] as UInt8 }
            let folds = random.number(0..<2) == 0
            func fold(_ bytes: [UInt8]) -> [UInt8] { folds ? bytes.map { $0 == 0x41 ? 0x61 : $0 } : bytes }
            var steps: UInt64 = 0
            let found = TextSearch.contains(text.span, needle.span, folds: folds, table: &table, steps: &steps)
            #expect(found == ReferenceEvaluation.contains(fold(text), fold(needle)), "\(needle) in \(text)")
            #expect(steps <= 2 * UInt64(text.count + needle.count))
            if found { hits += 1 }
        }
        #expect(hits > 2_000)
    }

    @Test(
        "a literal is found where a plain comparison finds it",
        arguments: [Operator.equals, .startsWith, .endsWith, .contains])
    func literals(test: Operator) {
        var random = SplitMix64(seed: 0x5EED_3005)
        for _ in 0..<10_000 {
            let text = (0..<random.number(0..<6)).map { _ in [0x61, 0x41, 0x62][random.number(0..<3)] as UInt8 }
            let needle = (0..<random.number(0..<4)).map { _ in [0x61, 0x62][random.number(0..<2)] as UInt8 }
            let folded = text.map { $0 == 0x41 ? 0x61 as UInt8 : $0 }
            let expected =
                switch test {
                case .equals: folded == needle
                case .startsWith: folded.starts(with: needle)
                case .endsWith: folded.reversed().starts(with: needle.reversed())
                default: ReferenceEvaluation.contains(folded, needle)
                }
            var steps: UInt64 = 0
            #expect(TextSearch.finds(needle.span, in: text.span, as: test, folds: true, steps: &steps) == expected)
            let cost = ProgramCost.of(test, operandCount: needle.count)
            #expect(steps <= cost.fixed + cost.perByte * UInt64(text.count), "\(steps) for \(needle) in \(text)")
        }
    }

    @Test("a pattern fits exactly the texts that a search of all ways fits, within its bound")
    func patterns() {
        var random = SplitMix64(seed: 0x5EED_3002)
        var hits = 0
        for _ in 0..<20_000 {
            let text = (0..<random.number(0..<10)).map { _ in ["a", "B", "é", "\u{1F525}"][random.number(0..<4)] }
            var codes: [UInt32] = []
            for _ in 0..<random.number(0..<7) {
                let code = [0x61, 0x62, 0x100, 0x101, 0x101][random.number(0..<5)] as UInt32
                if code != 0x101 || codes.last != 0x101 { codes.append(code) }
            }
            let bytes = Array(text.joined().utf8)
            var search = PatternSearch(folds: true)
            let found = search.matches(bytes.span, codes.span)
            #expect(found == Self.fits(codes[...], text[...]), "\(codes) on \(text)")
            #expect(search.steps <= UInt64((bytes.count + 1) * (codes.count + 1)))
            if found { hits += 1 }
        }
        #expect(hits > 2_000)
    }

    /// Every way of dividing the text, by recursion.
    private static func fits(_ codes: ArraySlice<UInt32>, _ text: ArraySlice<String>) -> Bool {
        guard let code = codes.first else { return text.isEmpty }
        let rest = codes.dropFirst()
        if code == 0x101 { return (text.startIndex...text.endIndex).contains { fits(rest, text[$0...]) } }
        guard let first = text.first else { return false }
        return (code == 0x100 || Array(first.lowercased().utf8).map(UInt32.init) == [code])
            && fits(rest, text.dropFirst())
    }

    @Test("patterns are total on bytes that are no UTF-8")
    func patternsOnNoise() {
        var random = SplitMix64(seed: 0x5EED_3003)
        for _ in 0..<20_000 {
            let bytes = (0..<random.number(0..<12)).map { _ in
                [0x61, 0x80, 0xBF, 0xC3, 0xF0][random.number(0..<5)] as UInt8
            }
            let codes = (0..<random.number(0..<5)).map { _ in
                [0x61, 0x80, 0x100, 0x101][random.number(0..<4)] as UInt32
            }
            var search = PatternSearch(folds: false)
            _ = search.matches(bytes.span, codes.span)
            #expect(search.steps <= UInt64((bytes.count + 1) * (codes.count + 1)))
        }
    }

    @Test("a number is read whole or not at all")
    func numbers() {
        let cases: [(String, DetectionNumber?)] = [
            ("0", .integer(0)), ("-0", .integer(0)), ("7", .integer(7)), ("-7", .integer(-7)), ("007", .integer(7)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .real(9_223_372_036_854_775_808)), ("1.5", .real(1.5)), ("-2.5e3", .real(-2500)),
            ("1e400", .real(.infinity)), ("", nil), ("-", nil), ("+7", nil), ("7 ", nil), (" 7", nil), ("0x7", nil),
            ("1.5.5", nil), ("nan", nil), ("inf", nil), ("1e", nil), (".5", nil), ("--1", nil),
            (String(repeating: "1", count: ProgramCost.numberTextBytesMax + 1), nil),
        ]
        for (text, expected) in cases { #expect(DetectionNumber(text: Array(text.utf8).span) == expected, "\(text)") }
    }

    @Test("two integers are compared exactly, where reals would take them for equal")
    func comparisons() {
        let large = Int64(1) << 60
        #expect(!DetectionNumber.integer(large).holds(.equal, .integer(large + 1)))
        #expect(DetectionNumber.integer(large).holds(.less, .integer(large + 1)))
        #expect(DetectionNumber.integer(large).holds(.equal, .real(Double(large))))
        #expect(DetectionNumber.real(1.5).holds(.greater, .integer(1)))
        #expect(DetectionNumber.integer(1).holds(.lessOrEqual, .integer(1)))
        #expect(!DetectionNumber.integer(1).holds(.greater, .integer(1)))
        #expect(DetectionNumber.integer(1).holds(.greaterOrEqual, .integer(1)))
    }
}
