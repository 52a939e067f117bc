import Foundation
import Testing

/// House rules that a machine can check. A rule that is not checked is a wish.
@Suite("House")
struct HouseTests {
    /// Lines of one file: one subject, readable in one sitting.
    static let fileLinesMax = 400
    /// Lines of one function: it fits a screen.
    static let functionLinesMax = 70

    @Test("a file has one subject: no source file is longer than 400 lines")
    func filesAreShort() throws {
        let long = try SourceTree.swiftFiles(under: "Sources").filter { $0.lines.count > Self.fileLinesMax }
        #expect(long.isEmpty, "\(long.map { "\($0.path): \($0.lines.count) lines" }.joined(separator: "\n"))")
    }

    @Test("a function fits a screen: none is longer than 70 lines")
    func functionsAreShort() throws {
        var long: [String] = []
        for file in try SourceTree.swiftFiles(under: "Sources") {
            long += Self.longFunctions(in: file.lines).map { "\(file.path):\($0.line): \($0.count) lines" }
        }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }

    @Test("the length check bites: a function of 71 lines is found")
    func lengthCheckBites() {
        let text = "struct A {\n    func long() {\n" + String(repeating: "        step()\n", count: 69) + "    }\n}\n"
        let found = Self.longFunctions(in: text.split(separator: "\n", omittingEmptySubsequences: false))
        #expect(found.map(\.count) == [71])
    }

    /// What a tier must not contain, and what to do instead.
    static let bans: [(tiers: [String], pattern: String, instead: String)] = [
        (["Model", "Engines"], #"\bDate\(\)"#, "take `now: Moment` as a parameter"),
        (["Model", "Engines"], #"\bTask\.sleep"#, "return an action with a time; the driver waits"),
        (["Model", "Engines"], #"\.random\("#, "take a seed"),
        (["Model", "Engines"], #"(^|[^\w.])print\("#, "return a value"),
        (["Model", "Engines", "Doors", "Assemblies", "Commands"], #"\btry!"#, "handle the error"),
        (["Model", "Engines", "Doors", "Assemblies", "Commands"], #"\bas!"#, "use as? and say what to do otherwise"),
        (["Model", "Engines", "Doors", "Assemblies", "Commands"], #"\bfatalError\("#, "precondition with a sentence"),
        (["Model", "Engines", "Doors", "Assemblies", "Commands"], #"\b(TODO|FIXME)\b"#, "finish it, or file it"),
    ]

    @Test("what a tier must not contain is not there")
    func bansHold() throws {
        var violations: [String] = []
        for ban in Self.bans {
            let pattern = try Regex(ban.pattern)
            for tier in ban.tiers {
                for file in try SourceTree.swiftFiles(under: "Sources/\(tier)") {
                    for (index, line) in file.lines.enumerated()
                    where !Self.isComment(line) && line.contains(pattern) {
                        violations.append("\(file.path):\(index + 1): \(ban.pattern): \(ban.instead)")
                    }
                }
            }
        }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("an unchecked promise has its proof beside it")
    func promisesHaveProofs() throws {
        var bare: [String] = []
        for file in try SourceTree.swiftFiles(under: "Sources") {
            let lines = file.lines
            for (index, line) in lines.enumerated()
            where !Self.isComment(line)
                && (line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)"))
            {
                let before = lines[max(0, index - 6)..<index]
                if !before.contains(where: Self.isComment) { bare.append("\(file.path):\(index + 1)") }
            }
        }
        #expect(bare.isEmpty, "\(bare.joined(separator: "\n"))")
    }

    @Test("every folder of tests is in the suite")
    func testTargetsAreInTheSuite() throws {
        let manifest = try SourceTree.text(of: "Package.swift")
        for folder in try SourceTree.folders(under: "Tests") where folder.hasSuffix("Tests") {
            let entry = try Regex("tests\\(\\s*\"\(folder)\"")
            #expect(manifest.contains(entry), "\(folder) is not in Package.swift")
        }
    }

    @Test("every link in the documents leads somewhere")
    func linksLead() throws {
        let link = try Regex(#"\]\(([^)#\s]+)(#[^)]*)?\)"#)
        var broken: [String] = []
        for path in try SourceTree.files(under: "") where path.hasSuffix(".md") && !path.hasPrefix(".build") {
            let folder = (path as NSString).deletingLastPathComponent
            for match in try SourceTree.text(of: path).matches(of: link) {
                let target = match.output[1].substring.map(String.init) ?? ""
                if target.contains("://") || target.hasPrefix("mailto:") { continue }
                if !SourceTree.exists(folder.isEmpty ? target : "\(folder)/\(target)") {
                    broken.append("\(path): \(target)")
                }
            }
        }
        #expect(broken.isEmpty, "\(broken.joined(separator: "\n"))")
    }

    static func isComment(_ line: Substring) -> Bool {
        line.drop { $0 == " " }.hasPrefix("//")
    }

    /// Functions and initialisers whose lines, from signature to closing brace, are more than `functionLinesMax`.
    /// Relies on the format: a closing brace stands alone under the column where its function began.
    static func longFunctions(in lines: [Substring]) -> [(line: Int, count: Int)] {
        var found: [(line: Int, count: Int)] = []
        var open: [(indent: Int, line: Int)] = []
        for (index, line) in lines.enumerated() {
            let indent = line.prefix { $0 == " " }.count
            let words = line.split(separator: " ")
            let isComment = Self.isComment(line)
            if !isComment, words.contains("func") || line.contains("init(") && line.hasSuffix("{"), !line.contains("}")
            {
                open.append((indent, index))
            } else if let last = open.last, line.drop(while: { $0 == " " }).hasPrefix("}"), indent == last.indent {
                open.removeLast()
                let count = index - last.line + 1
                if count > functionLinesMax { found.append((last.line + 1, count)) }
            }
        }
        return found
    }
}
