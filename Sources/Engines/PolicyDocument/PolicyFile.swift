import FleetModel
package import RolloutEngine

/// Policies as files that people write: YAML, with every problem of a file named by line, column and key.
package enum PolicyFile {
    /// What a file holds.
    package enum Document: Equatable, Sendable {
        case rollout(RolloutPolicy)
        case customer(CustomerPolicy)
    }

    /// The built-in rollout policies, which files may extend by name.
    package static var builtIn: [RolloutPolicy] { RolloutFields.bases }

    /// Reads a rollout policy, which can be evaluated: ``RolloutPolicy/problems()`` is empty.
    ///
    /// - Parameter name: The file's name, for messages.
    package static func rolloutPolicy(_ text: String, name: String) throws(PolicyDocumentError) -> RolloutPolicy {
        try rolloutPolicy(Array(text.utf8), name: name)
    }

    /// Reads a rollout policy from a file's bytes.
    package static func rolloutPolicy(_ bytes: [UInt8], name: String) throws(PolicyDocumentError) -> RolloutPolicy {
        try named(name) { () throws(Problems) in
            let source = try SourceReader.read(try SourceScan.text(of: bytes))
            return try rolloutPolicy(source.root, source.problems)
        }
    }

    /// Reads a customer's policy, which can be evaluated: ``CustomerPolicy/problems()`` is empty.
    ///
    /// - Parameter name: The file's name, for messages.
    package static func customerPolicy(_ text: String, name: String) throws(PolicyDocumentError) -> CustomerPolicy {
        try customerPolicy(Array(text.utf8), name: name)
    }

    /// Reads a customer's policy from a file's bytes.
    package static func customerPolicy(_ bytes: [UInt8], name: String) throws(PolicyDocumentError) -> CustomerPolicy {
        try named(name) { () throws(Problems) in
            let source = try SourceReader.read(try SourceScan.text(of: bytes))
            return try customerPolicy(source.root, source.problems)
        }
    }

    /// Reads a policy of either kind; its keys tell which it is.
    package static func document(_ bytes: [UInt8], name: String) throws(PolicyDocumentError) -> Document {
        try named(name) { () throws(Problems) in
            let source = try SourceReader.read(try SourceScan.text(of: bytes))
            switch kind(of: source.root) {
            case .rollout: return .rollout(try rolloutPolicy(source.root, source.problems))
            case .customer: return .customer(try customerPolicy(source.root, source.problems))
            case nil:
                let problem = Problem(
                    mark: source.root.mark, found: "no key of a policy",
                    allowed:
                        "a rollout policy (name, extends, loss_budget, …) or a customer policy (customer, rings, …)",
                    nextStep: "compare with `firebreak policy show laptop-fleet`")
                throw Problems(.kindUnknown, list: source.problems + [problem])
            }
        }
    }

    private enum Kind {
        case rollout, customer
    }

    /// The kind that has more of the file's keys. `urgent` belongs to both and counts for neither.
    private static func kind(of root: SourceNode) -> Kind? {
        guard case .map(let entries) = root.value else { return nil }
        let keys = Set(entries.map(\.key)).subtracting(["urgent"])
        let rollout = keys.intersection(RolloutFields.all.map(\.outline.key)).count
        let customer = keys.intersection(CustomerFields.all.map(\.outline.key)).count
        guard rollout + customer > 0 else { return nil }
        return customer >= rollout ? .customer : .rollout
    }

    private static func rolloutPolicy(
        _ root: SourceNode, _ problems: [Problem]
    ) throws(Problems) -> RolloutPolicy {
        var extended: (policy: RolloutPolicy, mark: SourceMark)?
        if case .map(let entries) = root.value, let entry = entries.first(where: { $0.key == "extends" }),
            let base = RolloutFields.bases.first(where: { $0.name == entry.node.scalar?.text })
        {
            extended = (base, entry.node.mark)
        }
        // Without a base every number must be there; what stands here until then is never handed out.
        var policy =
            extended?.policy
            ?? RolloutPolicy(
                name: "", lossBudget: 0, confidence: 0, bake: .zero, silenceDeadline: .zero, settleDeadline: .zero,
                pollInterval: .zero, noiseCeiling: 0, alpha: 0, refusalCountMax: 0)
        var reading = DocumentReading(isExtending: extended != nil)
        reading.root(root, RolloutFields.all, into: &policy)
        let bounds = PolicyBounds(
            outlines: RolloutFields.all.map(\.outline), start: root.mark,
            base: extended.map { ($0.policy.name, $0.mark) })
        for problem in policy.problems() { bounds.add(problem, to: &reading) }
        return try result(policy, problems + reading.problems)
    }

    private static func customerPolicy(
        _ root: SourceNode, _ problems: [Problem]
    ) throws(Problems) -> CustomerPolicy {
        var policy = CustomerPolicy(customer: "", rings: [])
        var reading = DocumentReading(isExtending: false)
        reading.root(root, CustomerFields.all, into: &policy)
        let bounds = PolicyBounds(outlines: CustomerFields.all.map(\.outline), start: root.mark, base: nil)
        repeatedRings(policy, in: &reading)
        for problem in policy.problems() { bounds.add(problem, to: &reading) }
        return try result(policy, problems + reading.problems)
    }

    /// Names each ring whose name another has: the engine says it of the list as a whole.
    private static func repeatedRings(_ policy: CustomerPolicy, in reading: inout DocumentReading) {
        for (index, ring) in policy.rings.enumerated() {
            guard let place = reading.places["rings[\(index)].name"],
                reading.canBeMeasured("rings[\(index)].name", against: []),
                let first = policy.rings[..<index].firstIndex(where: { $0.name == ring.name }),
                let other = reading.places["rings[\(first)].name"]
            else { continue }
            reading.fail("rings[\(index)].name")
            reading.add(
                Problem(
                    mark: place.mark, path: place.path, found: "\(place.found) again, first in line \(other.mark.line)",
                    allowed: "names that differ", reason: "an endpoint names its ring", nextStep: "give it another name"
                ))
        }
    }

    private static func result<Policy>(_ policy: Policy, _ problems: [Problem]) throws(Problems) -> Policy {
        guard problems.isEmpty else { throw Problems(.invalid, list: problems) }
        return policy
    }

    /// Gives problems the file's name and the order of its lines.
    private static func named<Value>(
        _ file: String, _ body: () throws(Problems) -> Value
    ) throws(PolicyDocumentError) -> Value {
        do {
            return try body()
        } catch {
            let sorted = error.list.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }
            throw PolicyDocumentError(
                error.code, file: file,
                problems: sorted.prefix(PolicyFileLimit.problemCountMax).map {
                    PolicyFileProblem(file: file, $0.element)
                })
        }
    }
}
