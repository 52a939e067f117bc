@testable import DetectionEngine
import Testing

@Suite("Case")
struct TextFoldTests {
    private static func folded(_ text: String) -> String {
        String(decoding: TextFold.folded(Array(text.utf8)), as: UTF8.self)
    }

    @Test("of the ASCII letters A to Z change, and only to a to z")
    func ascii() {
        for byte in UInt8.min...UInt8.max {
            let isUpperCase = (65...90).contains(byte)
            #expect(TextFold.folded(byte) == (isUpperCase ? byte + 32 : byte))
        }
    }

    @Test("letters beyond ASCII change as Python's str.lower changes them, where that is one letter for one")
    func letters() {
        let cases: [(String, String)] = [
            ("\u{C9}", "\u{E9}"), ("\u{178}", "\u{FF}"), ("\u{1E9E}", "\u{DF}"), ("\u{394}", "\u{3B4}"),
            ("\u{3A3}", "\u{3C3}"), ("\u{416}", "\u{436}"), ("\u{531}", "\u{561}"), ("\u{10A0}", "\u{2D00}"),
            ("\u{13A0}", "\u{AB70}"), ("\u{23A}", "\u{2C65}"), ("\u{23E}", "\u{2C66}"), ("\u{2126}", "\u{3C9}"),
            ("\u{212A}", "k"), ("\u{212B}", "\u{E5}"), ("\u{FF21}", "\u{FF41}"), ("\u{10400}", "\u{10428}"),
            ("\u{1E900}", "\u{1E922}"), ("\u{1C5}", "\u{1C6}"),
            // No change: lower case already, no letter, or two letters for one.
            ("\u{DF}", "\u{DF}"), ("\u{E9}", "\u{E9}"), ("\u{130}", "\u{130}"), ("\u{131}", "\u{131}"),
            ("\u{D7}", "\u{D7}"), ("\u{1F525}", "\u{1F525}"), ("\u{4E2D}", "\u{4E2D}"),
        ]
        for (upper, lower) in cases {
            #expect(Self.folded("a" + upper + "Z") == "a" + lower + "z", "\(upper.unicodeScalars.map(\.value))")
        }
    }

    @Test("what is in lower case stays, and nothing but the sign of Kelvin becomes ASCII")
    func laws() {
        var ascii: [UInt32] = []
        var restless: [UInt32] = []
        var grown: [UInt32] = []
        for value in 0x80...0x10_FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let lower = TextFold.lowerCase(value)
            if lower < 0x80 { ascii.append(value) }
            if lower != value, TextFold.lowerCase(lower) != lower { restless.append(value) }
            if let folded = Unicode.Scalar(lower) {
                let count = (scalar: String(scalar).utf8.count, folded: String(folded).utf8.count)
                if count.folded > count.scalar { grown.append(value) }
                if count.folded > TextFold.foldedBytesMax(count.scalar) { Issue.record("\(value) grows too long") }
            } else {
                Issue.record("\(value) becomes no scalar")
            }
        }
        #expect(ascii == [0x212A])
        #expect(restless == [])
        #expect(grown == [0x23A, 0x23E], "what the bound of steps reckons with: two bytes become three")
    }

    @Test("letters change as the standard library changes them, in all of Unicode 14")
    func standard() {
        for value in 0x80...0x10_FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major <= 14 else { continue }
            let mapping = scalar.properties.lowercaseMapping.unicodeScalars
            let expected = mapping.count == 1 ? mapping.first?.value ?? value : value
            if TextFold.lowerCase(value) != expected { Issue.record("\(value) becomes \(TextFold.lowerCase(value))") }
        }
    }

    @Test("bytes that are no UTF-8 stay as they are, and those around them change")
    func invalid() {
        let cases: [([UInt8], [UInt8])] = [
            ([0x41, 0xC3], [0x61, 0xC3]), ([0xC3, 0x41], [0xC3, 0x61]), ([0x89, 0xC3, 0x89], [0x89, 0xC3, 0xA9]),
            // An overlong A, a surrogate, a value beyond Unicode, a sequence cut short before a letter.
            ([0xC1, 0x81], [0xC1, 0x81]), ([0xED, 0xA0, 0x80], [0xED, 0xA0, 0x80]),
            ([0xF4, 0x90, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80]),
            ([0xE1, 0xBA, 0xC3, 0x89], [0xE1, 0xBA, 0xC3, 0xA9]),
            ([0xFF, 0xFE, 0x5A], [0xFF, 0xFE, 0x7A]), ([], []),
        ]
        for (bytes, expected) in cases { #expect(TextFold.folded(bytes) == expected, "\(bytes)") }
    }
}
