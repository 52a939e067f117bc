import PolicyDocument
import RolloutEngine
import Testing

@Suite("Text of a policy's file")
struct SourceTests {
    private func refusal(_ bytes: [UInt8]) -> PolicyDocumentError? {
        do {
            _ = try PolicyFile.document(bytes, name: "p.yml")
            return nil
        } catch {
            return error
        }
    }

    private func refusal(_ text: String) -> PolicyDocumentError? { refusal(Array(text.utf8)) }

    @Test(
        "what is no plain YAML of one policy is refused at its place, and the words say what to do",
        arguments: [
            ("", "1:1 ", "empty"), ("# only a comment\n", "1:1 ", "empty"), ("~\n", "1:1 ", "empty"),
            ("name: a\n\tloss_budget: 5\n", "2:1 ", "spaces"), ("name: \u{1}\n", "1:7 ", "U+0001"),
            ("name: a\rextends: demo\n", "1:8 ", "line end U+000D"),
            ("name: a\nwatch: 1h\u{2028}extends: demo\n", "2:10 ", "line end U+2028"),
            ("name: a\nextends: demo\n---\nname: b\n", "4:1 ", "second document"),
            ("name: &n a\nextends: demo\n", "1:7 ", "anchor"), ("name: *n\nextends: demo\n", "1:7 ", "alias"),
            ("name: !!str a\nextends: demo\n", "1:7 ", "tag"), ("name: !x a\nextends: demo\n", "1:7 ", "tag"),
            ("name: [a\nextends: demo\n", "2:8 ", "YAML"), ("name: \"a\nextends: demo\n", "3:1 ", "YAML"),
            ("[a, b]\n", "1:1 ", "no key of a policy"), ("hello\n", "1:1 ", "no key of a policy"),
            ("? {a: 1}\n: 2\nname: a\nextends: demo\n", "1:3 ", "no word"),
            ("name: a\nextends: demo\n<<: {alpha: 1}\n", "3:1 <<", "unknown key"),
        ])
    func refused(text: String, place: String, words: String) throws {
        let error = try #require(refusal(text))
        let shown = error.description.lowercased()
        #expect(error.problems.map(\.place).contains(place), "\(error)")
        #expect(shown.contains(words.lowercased()), "\(error)")
    }

    @Test("a byte that is no UTF-8 is told by line and column, characters counted")
    func invalidUTF8() throws {
        let error = try #require(refusal(Array("name: ä\nextends: ü".utf8) + [0xFF, 0x41]))
        #expect(error.code == .unreadable && error.problems.map(\.place) == ["2:11 "])
        for cut in 1...3 {
            let truncated = Array("a: 漢🦊".utf8).dropLast(cut)
            #expect(refusal(Array(truncated))?.problems.first?.column == 5, "\(cut)")
        }
    }

    @Test("a file above its bound is refused unread")
    func tooLarge() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: PolicyFileLimit.fileBytesMax + 1)
        #expect(refusal(bytes)?.problems.first?.found == "262145 bytes")
    }

    @Test("the mark before a text, and the line ends of other systems, change nothing")
    func marksAndLineEnds() throws {
        let text = "\u{FEFF}name: a\r\nextends: demo\r\nloss_budget: 0\r\n"
        #expect(rolloutProblems(text).map(\.place) == ["3:14 loss_budget"])
    }

    @Test("each key that is there twice is told, with the line of the first, and the rest is still read")
    func repeatedKeys() {
        let text = """
            name: a
            extends: demo
            alpha: 0.01
            bake:
              time: 7s
              use: 0s
              "time": 8s
            cohorts: {first_step: 1, by: [os, {first_step: 3}], first_step: 2}
            alpha: 0.02
            loss_budget: 0
            alpha: 0.03
            """
        let problems = rolloutProblems(text)
        #expect(
            problems.map(\.place) == [
                "7:4 time", "8:35 cohorts.by[1]", "8:53 first_step", "9:1 alpha", "10:14 loss_budget", "11:1 alpha",
            ], "\(problems.map(\.description).joined(separator: "\n"))")
        #expect(problems[3].found == "the key twice, first in line 3")
    }

    @Test("a few lines that stand for billions of values are refused at once")
    func billionLaughs() throws {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        let error = try #require(refusal(text + "? *a40\n: 1\n"))
        #expect(error.description.contains("aliases"))
        var short = "a0: &a0 [x, x]\n"
        for level in 1...8 { short += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(refusal(short + "? *a8\n: 1\nname: a\n") != nil)
    }

    @Test("deep nesting is refused before the parser would go there")
    func depth() throws {
        for text in [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000),
            String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
            String(repeating: ": ", count: 100_000), "- \"[\"\n" + String(repeating: "- ", count: 100_000),
        ] {
            let error = try #require(refusal(text))
            #expect(error.description.contains("levels"))
        }
    }

    @Test("a file of many keys in one line, as programs write JSON, is read")
    func oneLine() throws {
        let ring = #"{"name":"r0","windows":[{"days": ["mon"], "from": "22:00", "to": "06:00"}], "soak": "1h"}"#
        let rings = (0..<16).map { ring.replacing("r0", with: "ring-\($0)") }.joined(separator: ", ")
        let policy = try PolicyFile.customerPolicy(#"{"customer": "a", "rings": [\#(rings)]}"#, name: "c.json")
        #expect(policy.rings.count == 16)
    }

    @Test("the kind of a file is told by its keys")
    func kinds() throws {
        #expect(
            try PolicyFile.document(Array("name: a\nextends: demo\n".utf8), name: "") != .rollout(.demo))
        let customer = try PolicyFile.document(Array("customer: a\nrings: [{name: b}]\n".utf8), name: "")
        #expect(customer == .customer(CustomerPolicy(customer: "a", rings: [.init(name: "b")])))
        #expect(refusal("some: thing\n")?.code == .kindUnknown)
        #expect(refusal("urgent: anytime\n")?.code == .kindUnknown)
        #expect(refusal("loss_budget: 5\n")?.code == .invalid)
    }
}
