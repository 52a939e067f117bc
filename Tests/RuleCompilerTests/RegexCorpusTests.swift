import DetectionEngine
import Foundation
import RuleCompiler
import Testing

/// The expressions of the public Sigma rules of all systems, where these lie beside the checkout.
@Suite("Public regular expressions")
struct RegexCorpusTests {
    static let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/sigma")
    static let areThere = FileManager.default.fileExists(atPath: rules.path(percentEncoded: false))

    /// The values in single quotes of keys that end in `|re`, beside the key and in a list below it.
    static func expressions() throws -> [(pattern: String, flags: RegexFlags)] {
        let files = try #require(FileManager.default.enumerator(at: rules, includingPropertiesForKeys: nil))
        var found: [(String, RegexFlags)] = []
        for case let url as URL in files where url.pathExtension == "yml" {
            let bytes = try Data(contentsOf: url)
            guard bytes.firstRange(of: Data("|re".utf8)) != nil else { continue }
            found += expressions(in: String(decoding: bytes, as: UTF8.self))
        }
        return found
    }

    static func expressions(in text: String) -> [(String, RegexFlags)] {
        var found: [(String, RegexFlags)] = []
        var listFlags: RegexFlags?
        for line in text.split(separator: "\n") {
            var item = line.drop { $0 == " " }
            guard !item.hasPrefix("#") else { continue }
            if let modifier = item.firstRange(of: "|re"), let colon = item[modifier.upperBound...].firstIndex(of: ":"),
                item[modifier.upperBound..<colon].allSatisfy({ "|ims".contains($0) })
            {
                listFlags = RegexFixture.flags(item[modifier.upperBound..<colon])
                item = item[colon...].dropFirst()
            } else if item.hasPrefix("- '") {
                item = item.dropFirst()
            } else {
                listFlags = nil
            }
            if let listFlags, let pattern = quoted(item) { found.append((pattern, listFlags)) }
        }
        return found
    }

    /// A scalar of YAML in single quotes, in which two of these stand for one.
    static func quoted(_ text: Substring) -> String? {
        let text = text.drop { $0 == " " }
        guard text.hasPrefix("'") else { return nil }
        let parts = text.dropFirst().replacing("''", with: "\u{0}").split(
            separator: "'", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0].replacing("\u{0}", with: "'")) : nil
    }

    @Test(
        "every public expression compiles, to at most a quarter of the instructions that are allowed",
        .enabled(if: areThere, "../shared/sigma is not beside the checkout"))
    func compile() throws {
        let expressions = try Self.expressions()
        #expect(expressions.count > 200)
        var withLiterals = 0
        for (pattern, flags) in expressions {
            let program = try RegexSyntax.program(of: pattern, flags: flags)
            #expect(program.instructionCount * 4 <= RegexLimit.instructionCountMax, "\(pattern)")
            if RegexSyntax.requiredLiterals(of: pattern, flags: flags) != nil { withLiterals += 1 }
        }
        #expect(withLiterals * 4 > expressions.count * 3, "\(withLiterals) of \(expressions.count)")
    }
}
