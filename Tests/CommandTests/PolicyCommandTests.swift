import ControlWire
import Foundation
import PolicyDocument
import RolloutEngine
import TestSupport
import Testing

@testable import firebreak

@Suite("firebreak policy")
struct PolicyCommandTests {
    private let folder: URL

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "firebreak-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func run(_ arguments: String...) throws -> CommandRun { try CommandRun(arguments, in: folder) }

    private func write(_ text: String, to name: String) throws {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    @Test("the shipped policies are right, and the numbers that count are shown")
    func shipped() throws {
        let names = ["laptop-fleet", "server-fleet", "customer-example"]
        for name in names {
            let path = Checkout.path("content/policies/\(name).yml")
            let outcome = try run("policy", "check", path)
            #expect(outcome.exit == .ok && outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(outcome.output.contains("\(path): OK, "))
        }
        let laptop = try run("policy", "check", Checkout.path("content/policies/laptop-fleet.yml"))
        #expect(laptop.output.contains("loss_budget"))
        #expect(laptop.output.split(separator: "\n").contains { $0.hasPrefix("bake.time ") && $0.contains(" 1h ") })
    }

    @Test("every mistake of every file is told on standard error with its place; exit 2")
    func mistakes() throws {
        try write("name: a\nextends: demo\nloss_budgt: 5\nwatch: 90\n", to: "a.yml")
        try write("customer: b\nrings: []\n", to: "b.yml")
        try write("name: c\nextends: demo\n", to: "c.yml")
        let outcome = try run("policy", "check", "a.yml", "b.yml", "c.yml", "d.yml")
        #expect(outcome.exit == .badInput)
        #expect(outcome.errors.contains("3 of 4 files were refused (policy.file_invalid)"), "\(outcome.errors)")
        for place in ["a.yml:3:1: loss_budgt: ", "a.yml:4:8: watch: ", "b.yml:2:8: rings: ", "d.yml: the file cannot"] {
            #expect(outcome.errors.contains("  \(place)"), "\(outcome.errors)")
        }
        #expect(outcome.output.contains("c.yml: OK, rollout policy c") && !outcome.output.contains("a.yml"))
    }

    @Test("with --json each file is a line, whose problems have file, line, column, path and message")
    func json() throws {
        try write("name: a\nextends: demo\nloss_budgt: 5\n", to: "a.yml")
        try write("name: c\nextends: demo\n", to: "c.yml")
        let outcome = try run("policy", "check", "a.yml", "c.yml", "--json")
        #expect(outcome.exit == .badInput)
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(
            lines[0].contains(#""ok":false"#) && lines[0].contains(#""line":3"#) && lines[0].contains(#""column":1"#))
        #expect(lines[0].contains(#""path":"loss_budgt""#) && lines[0].contains(#""message":"found an unknown key"#))
        #expect(lines[1].contains(#""kind":"rollout""#) && lines[1].contains(#""path":"bake.time""#))
        let body = try ManagementJSON.decode(ErrorBody.self, from: Array(outcome.errors.utf8))
        #expect(body.error.code == "policy.file_invalid")
    }

    @Test("what show prints is a file of the same policy", arguments: PolicyFile.builtIn)
    func show(policy: RolloutPolicy) throws {
        let shown = try run("policy", "show", policy.name)
        #expect(try PolicyFile.rolloutPolicy(shown.output, name: "shown") == policy)
        try write("name: mine\nextends: \(policy.name)\n", to: "mine.yml")
        let mine = try run("policy", "show", "mine.yml")
        var expected = policy
        expected.name = "mine"
        #expect(try PolicyFile.rolloutPolicy(mine.output, name: "shown") == expected)
        #expect(try run("policy", "show", "nothing.yml").exit == .badInput)
    }

    @Test("the schema is printed, or written to a file")
    func schema() throws {
        #expect(try run("policy", "schema").output == PolicySchema.text)
        #expect(try run("policy", "schema", "--out", "s.json").exit == .ok)
        #expect(try String(contentsOf: folder.appending(path: "s.json"), encoding: .utf8) == PolicySchema.text)
        #expect(try run("policy", "schema", "--json").output.hasPrefix(#"{"$defs":{"#))
    }
}
