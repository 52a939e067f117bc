@testable import DetectionEngine
import Testing

@Suite("Text search")
struct TextSearchTests {
    @Test("a needle is found exactly where a plain search finds it, in at most two steps a byte")
    func contains() {
        var random = SplitMix64(seed: 0x5EED_3001)
        var hits = 0
        for _ in 0..<50_000 {
            let text = (0..<random.number(0..<24)).map { _ in UInt8(random.number(0..<2)) }
            let needle = (0..<random.number(0..<7)).map { _ in UInt8(random.number(0..<2)) }
            let expected = needle.isEmpty || text.indices.contains { text[$0...].starts(with: needle) }
            var steps: UInt64 = 0
            let table = TextSearch.table(for: needle[...])
            let found = TextSearch.contains(text.span, needle.span, table: table.span, steps: &steps)
            #expect(found == expected, "\(needle) in \(text)")
            #expect(steps <= 2 * UInt64(text.count))
            if found { hits += 1 }
        }
        #expect(hits > 5_000)
    }

    @Test("a pattern fits exactly the texts that a search of all ways fits, within its bound")
    func patterns() {
        var random = SplitMix64(seed: 0x5EED_3002)
        var hits = 0
        for _ in 0..<50_000 {
            let text = (0..<random.number(0..<10)).map { _ in ["a", "b", "é", "\u{1F525}"][random.number(0..<4)] }
            var codes: [UInt16] = []
            for _ in 0..<random.number(0..<7) {
                let code = [0x61, 0x62, 0x100, 0x101, 0x101][random.number(0..<5)] as UInt16
                if code != 0x101 || codes.last != 0x101 { codes.append(code) }
            }
            let bytes = Array(text.joined().utf8)
            var search = PatternSearch()
            let found = search.matches(bytes.span, codes.span)
            #expect(found == Self.fits(codes[...], text[...]), "\(codes) on \(text)")
            #expect(search.steps <= UInt64((bytes.count + 1) * (codes.count + 1)))
            if found { hits += 1 }
        }
        #expect(hits > 5_000)
    }

    /// Every way of dividing the text, by recursion.
    private static func fits(_ codes: ArraySlice<UInt16>, _ text: ArraySlice<String>) -> Bool {
        guard let code = codes.first else { return text.isEmpty }
        let rest = codes.dropFirst()
        if code == 0x101 { return (text.startIndex...text.endIndex).contains { fits(rest, text[$0...]) } }
        guard let first = text.first else { return false }
        return (code == 0x100 || Array(first.utf8).map(UInt16.init) == [code]) && fits(rest, text.dropFirst())
    }

    @Test("patterns are total on bytes that are no UTF-8")
    func patternsOnNoise() {
        var random = SplitMix64(seed: 0x5EED_3003)
        for _ in 0..<50_000 {
            let bytes = (0..<random.number(0..<12)).map { _ in
                [0x61, 0x80, 0xBF, 0xC3, 0xF0][random.number(0..<5)] as UInt8
            }
            let codes = (0..<random.number(0..<5)).map { _ in
                [0x61, 0x80, 0x100, 0x101][random.number(0..<4)] as UInt16
            }
            var search = PatternSearch()
            _ = search.matches(bytes.span, codes.span)
            #expect(search.steps <= UInt64((bytes.count + 1) * (codes.count + 1)))
        }
    }

    @Test("an integer is read whole or not at all")
    func integers() {
        let cases: [(String, Int64?)] = [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("", nil), ("-", nil), ("+7", nil),
            ("7 ", nil), ("0x7", nil), ("99999999999999999999", nil), ("000000000000000000001", nil),
        ]
        for (text, expected) in cases { #expect(TextSearch.integer(Array(text.utf8).span) == expected, "\(text)") }
    }

    @Test("only the letters A to Z change, and only to a to z")
    func folding() {
        for byte in UInt8.min...UInt8.max {
            let isUpperCase = (65...90).contains(byte)
            #expect(TextFold.folded(byte) == (isUpperCase ? byte + 32 : byte))
        }
    }
}
