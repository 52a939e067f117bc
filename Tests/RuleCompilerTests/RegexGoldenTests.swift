import DetectionEngine
import Foundation
import RuleCompiler
import Testing

/// Answers of `re.search` of Python 3.11, in rows of expression, flags, text and 1 or 0. `\n`, `\t`, `\\` and `\u{...}`
/// stand for what a row cannot hold.
@Suite("Regular expressions against Python")
struct RegexGoldenTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/regex-cases.tsv")

    struct Row {
        var pattern: String
        var flags: Substring
        var text: String
        var isMatch: Bool
    }

    static func rows() throws -> [Row] {
        // Split by scalars: a row may begin with a combining one.
        let text = try String(contentsOf: file, encoding: .utf8)
        return try text.unicodeScalars.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(Substring.init)
            try #require(parts.count == 4, "\(line)")
            return Row(
                pattern: unescaped(parts[0]), flags: parts[1], text: unescaped(parts[2]), isMatch: parts[3] == "1")
        }
    }

    static func unescaped(_ text: Substring) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            switch scalars.next() {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "u":
                _ = scalars.next()
                var digits = ""
                while let digit = scalars.next(), digit != "}" { digits.unicodeScalars.append(digit) }
                if let value = UInt32(digits, radix: 16), let named = Unicode.Scalar(value) { result.append(named) }
            default: result.append("\\")
            }
        }
        return String(result)
    }

    @Test("every expression is found where Python finds it, and nowhere else")
    func agreement() throws {
        let rows = try Self.rows()
        var search = RegexSearch()
        var differences: [String] = []
        for row in rows {
            let program = try RegexSyntax.program(of: row.pattern, flags: RegexFixture.flags(row.flags))
            let text = Array(row.text.utf8)
            var steps: UInt64 = 0
            let found = search.matches(text.span, program.words.span, steps: &steps)
            if found != row.isMatch { differences.append("\(row): \(found)") }
            let bound = RegexSearch.stepsMax(instructionCount: program.instructionCount, textBytes: text.count)
            if steps > bound { differences.append("\(row): \(steps) steps of \(bound)") }
        }
        #expect(differences.isEmpty, "\(differences.count), first: \(differences.prefix(5).joined(separator: "\n"))")
        #expect(rows.count > 1_400)
        #expect(rows.count(where: \.isMatch) > 500 && rows.count(where: { !$0.isMatch }) > 500)
    }

    @Test("the comparison bites: without the flags of the rows, answers differ")
    func bites() throws {
        let differences = try Self.rows().count { row in
            try RegexFixture.matches(row.pattern, row.text) != row.isMatch
        }
        #expect(differences > 10)
    }
}
