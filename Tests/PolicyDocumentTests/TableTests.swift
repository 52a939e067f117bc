import CanonicalCoding
import FleetModel
import Foundation
import PolicyDocument
import RolloutEngine
import TestSupport
import Testing

/// Reader, writer, schema, shipped files and documentation are made from one table; these tests hold them, and the
/// engine's own bounds, to it.
@Suite("The table of keys")
struct TableTests {
    /// The document with `value` at `path`, as one flow map: `bake.time` becomes `bake: {time: …}`.
    private func nested(_ path: String, _ value: String) -> String {
        let keys = path.split(separator: ".").map(String.init)
        var text = value
        for key in keys.dropFirst().reversed() { text = "{\(key): \(text)}" }
        return "\(keys[0]): \(text)"
    }

    private func rollout(_ path: String, _ value: String) -> [PolicyFileProblem] {
        let start = path == "name" || path == "extends" ? "" : "name: a\nextends: laptop-fleet\n"
        let rest = path == "name" ? "extends: demo\n" : path == "extends" ? "name: a\n" : ""
        return rolloutProblems("\(start)\(rest)\(nested(path, value))\n")
    }

    /// A customer policy with the example of every key, except that `path` has `value`.
    private func customer(_ path: String, _ value: String) -> String {
        func example(_ fields: [PolicyField], _ prefix: String) -> String {
            fields.map { field in
                let inner = prefix.isEmpty ? field.key : "\(prefix).\(field.key)"
                if inner == path { return "\(field.key): \(value)" }
                if case .maps(let fields, _) = field.shape {
                    return "\(field.key): [{\(example(fields, "\(inner)[]"))}]"
                }
                return "\(field.key): \(inner == "pins[].ring" ? "canary" : field.example)"
            }.joined(separator: ", ")
        }
        return "{\(example(PolicyReference.customerFields, ""))}"
    }

    @Test("the example of every key may stand there")
    func examplesAreAccepted() {
        for (path, field) in PolicyReference.leaves(PolicyReference.rolloutFields, path: "") {
            #expect(rollout(path, field.example).isEmpty, "\(path): \(rollout(path, field.example))")
        }
        for field in PolicyReference.rolloutFields {
            #expect(rollout(field.key, field.example).isEmpty, "\(field.key): \(rollout(field.key, field.example))")
        }
        #expect(customerProblems(customer("", "")).isEmpty, "\(customerProblems(customer("", "")))")
        for (path, field) in PolicyReference.leaves(PolicyReference.customerFields, path: "") {
            let value = path == "pins[].ring" ? "canary" : path == "rings" ? "[{name: canary}]" : field.example
            let problems = customerProblems(customer(path, value))
            #expect(problems.isEmpty, "\(path): \(problems)")
        }
    }

    @Test("every key says what it is and why it is bounded, in words that fit a table")
    func everyKeyIsExplained() {
        let all =
            PolicyReference.leaves(PolicyReference.rolloutFields, path: "")
            + PolicyReference.leaves(PolicyReference.customerFields, path: "")
        #expect(Set(all.map(\.path)).count == all.count)
        for (path, field) in all {
            #expect(field.meaning.hasSuffix(".") && !field.reason.isEmpty && !field.example.isEmpty, "\(path)")
            #expect(!field.reason.hasSuffix(".") && !field.meaning.contains("|"), "\(path)")
        }
    }

    /// Values at the bounds of a shape, and just beyond them.
    private func edges(_ shape: PolicyShape) -> (within: [String], beyond: [String]) {
        switch shape {
        case .count(let range):
            (["\(range.lowerBound)", "\(range.upperBound)"], ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"])
        case .number(let range), .share(let range):
            (
                ["\(range.lowerBound)", "\(range.upperBound)"],
                [
                    "\(range.lowerBound - range.lowerBound.ulp * 2 - 1e-300)",
                    "\(range.upperBound + range.upperBound.ulp)",
                ]
            )
        case .span(let range):
            (
                ["\(range.lowerBound.milliseconds)ms", "\(range.upperBound.milliseconds)ms"],
                ["\(range.lowerBound.milliseconds - 1)ms", "\(range.upperBound.milliseconds + 1)ms"]
            )
        default: ([], [])
        }
    }

    @Test("the table's bounds of a rollout policy are the engine's: at them a value may stand, beyond them not")
    func rolloutBoundsAreTheEngines() {
        // A policy of which each number can go to either of its bounds alone.
        let wide = """
            name: a
            extends: laptop-fleet
            bake: {time: 10d}
            poll_interval: 100ms
            silence_deadline: 1h
            settle_deadline: 31d
            loss_budget: 100000
            alpha_shares: {concurrent: 0.001, ceiling: 0.001, cohorts: 0.001, watch: 0.001}
            urgent: none
            """
        var checkedCount = 0
        for (path, field) in PolicyReference.leaves(PolicyReference.rolloutFields, path: "") {
            // What is measured against other keys is held to them in ProblemTests.
            if path.hasPrefix("urgent.") || path.hasPrefix("alpha_shares.") { continue }
            if ["bake.time", "bake.use", "silence_deadline", "settle_deadline", "poll_interval"].contains(path) {
                continue
            }
            let edges = edges(field.shape)
            let base = wide.split(separator: "\n").filter { !$0.hasPrefix("\(path):") }.joined(separator: "\n")
            for value in edges.within {
                let problems = rolloutProblems("\(base)\n\(nested(path, value))\n")
                #expect(problems.isEmpty, "\(path) \(value): \(problems)")
                checkedCount += 1
            }
            for value in edges.beyond {
                let problems = rolloutProblems("\(base)\n\(nested(path, value))\n")
                #expect(problems.map(\.path) == [path], "\(path) \(value): \(problems)")
                checkedCount += 1
            }
        }
        #expect(checkedCount == 40)
    }

    @Test("the table's bounds of a customer policy are the engine's")
    func customerBoundsAreTheEngines() {
        for (path, field) in PolicyReference.leaves(PolicyReference.customerFields, path: "") {
            let edges = edges(field.shape)
            for value in edges.within {
                #expect(customerProblems(customer(path, value)).isEmpty, "\(path) \(value)")
            }
            for value in edges.beyond {
                let problems = customerProblems(customer(path, value))
                #expect(
                    problems.map { $0.path.replacing("[0]", with: "[]") } == [path], "\(path) \(value): \(problems)")
            }
        }
    }

    // MARK: Schema

    /// The paths of all keys of a schema's objects.
    private func keys(_ schema: JSONValue?, path: String = "") -> Set<String> {
        guard case .object(let object)? = schema else { return [] }
        var found: Set<String> = []
        if case .object(let properties)? = object["properties"] {
            for member in properties.members {
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                found.insert(inner)
                found.formUnion(keys(member.value, path: inner))
            }
        }
        if case .array(let choices)? = object["oneOf"] {
            for choice in choices { found.formUnion(keys(choice, path: path)) }
        }
        return found.union(keys(object["items"], path: "\(path)[]"))
    }

    private func definition(_ name: String) throws -> JSONValue {
        guard case .object(let root) = PolicySchema.value, case .object(let definitions)? = root["$defs"],
            let schema = definitions[name]
        else { throw TestSupportError("the schema has no \(name)") }
        return schema
    }

    @Test("every key of the schema is read, and every key that is read is in the schema")
    func schemaHasTheReadersKeys() throws {
        // What the reader names as allowed when it meets an unknown key is what it reads.
        func readable(_ problems: [PolicyFileProblem], prefix: String) -> Set<String> {
            Set(problems[0].allowed.split(separator: ", ").map { prefix + $0 })
        }
        var rollout = readable(rolloutProblems("name: a\nextends: demo\nqqqqqqqq: 1\n"), prefix: "")
        for part in ["bake", "alpha_shares", "cohorts"] {
            rollout.formUnion(
                readable(rolloutProblems("name: a\nextends: demo\n\(part): {qqqqqqqq: 1}\n"), prefix: "\(part)."))
        }
        rollout.formUnion(
            readable(rolloutProblems("name: a\nextends: laptop-fleet\nurgent: {qqqqqqqq: 1}\n"), prefix: "urgent."))
        #expect(keys(try definition("rollout")) == rollout)

        var customer = readable(customerProblems("customer: a\nrings: [{name: b}]\nqqqqqqqq: 1\n"), prefix: "")
        let inner: [(String, String)] = [
            ("rings[].", "customer: a\nrings: [{name: b, qqqqqqqq: 1}]\n"),
            (
                "rings[].windows[].",
                "customer: a\nrings: [{name: b, windows: [{days: [mon], from: 01:00, to: 02:00, qqqqqqqq: 1}]}]\n"
            ),
            ("pins[].", "customer: a\nrings: [{name: b}]\npins: [{release: c@1.0.0, qqqqqqqq: 1}]\n"),
        ]
        for (prefix, text) in inner { customer.formUnion(readable(customerProblems(text), prefix: prefix)) }
        #expect(keys(try definition("customer")) == customer)
    }

    // MARK: Files

    @Test("the shipped schema is the one that the table makes (UPDATE_GOLDEN=1 writes it)")
    func shippedSchema() throws {
        try Golden.expect("content/policies/policy.schema.json", is: PolicySchema.text)
    }

    @Test(
        "the shipped policies are the built-in ones, with a comment for each number (UPDATE_GOLDEN=1 writes them)",
        arguments: [RolloutPolicy.laptopFleet, .serverFleet])
    func shippedPolicies(policy: RolloutPolicy) throws {
        let path = "content/policies/\(policy.name).yml"
        try Golden.expect(path, is: PolicyWriter.text(of: policy))
        let text = try String(contentsOfFile: Checkout.path(path), encoding: .utf8)
        #expect(try PolicyFile.rolloutPolicy(text, name: path) == policy)
    }

    @Test("the shipped customer policy is read: rings in order, windows, N-1, a pin")
    func shippedCustomer() throws {
        let path = "content/policies/customer-example.yml"
        let text = try String(contentsOfFile: Checkout.path(path), encoding: .utf8)
        let policy = try PolicyFile.customerPolicy(text, name: path)
        #expect(policy.rings.map(\.name) == ["canary", "early", "broad"])
        #expect(policy.rings.map(\.releasesBehind) == [0, 0, 1] && !policy.rings[2].windows.isEmpty)
        #expect(policy.pins.count == 1)
    }

    @Test("the page for administrators has the table of keys, and its examples are accepted (UPDATE_GOLDEN=1)")
    func pageHasTheTable() throws {
        let path = "docs/operating/policies.md"
        let text = try String(contentsOfFile: Checkout.path(path), encoding: .utf8)
        var made = text
        let mistakes = text.components(separatedBy: "```mistakes\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        let found = mistakes.flatMap(rolloutProblems).map {
            "    \($0.description.replacing("p.yml", with: "tills.yml"))\n"
        }
        let generated = [
            ("rollout", PolicyReference.rolloutTable), ("customer", PolicyReference.customerTable),
            ("mistakes", "\n\(found.joined())\n"),
        ]
        for (mark, table) in generated {
            let open = try #require(made.range(of: "<!-- \(mark) -->\n")).upperBound
            let close = try #require(made.range(of: "<!-- /\(mark) -->")).lowerBound
            made.replaceSubrange(open..<close, with: table)
        }
        try Golden.expect(path, is: made)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count >= 2)
        for block in blocks {
            #expect(throws: Never.self) { try PolicyFile.document(Array(block.utf8), name: path) }
        }
    }
}
