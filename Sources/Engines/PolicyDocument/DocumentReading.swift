/// The reading of one document by a table of keys. It goes on after each problem, so that all of them are found.
struct DocumentReading {
    private(set) var problems: [Problem] = []
    /// Where each member of the policy was given, by its path in `PolicyProblem.field`.
    private(set) var places: [String: Place] = [:]
    /// Members that have no value that counts: what stands there was refused, or it is missing.
    private var failed: Set<String> = []
    /// The same without indices.
    private var failedKinds: Set<String> = []
    /// Whether keys that are missing have values already.
    private(set) var isExtending: Bool

    private var path = ""
    private var member = ""

    struct Place {
        var mark: SourceMark
        var path: String
        var field: PolicyField
        /// What stands there.
        var found: String
    }

    init(isExtending: Bool) { self.isExtending = isExtending }

    mutating func extending(_ isExtending: Bool, _ body: (inout DocumentReading) -> Void) {
        let before = self.isExtending
        self.isExtending = isExtending
        body(&self)
        self.isExtending = before
    }

    // MARK: Maps

    /// Reads the document's own map.
    mutating func root<Owner>(_ node: SourceNode, _ fields: [Field<Owner>], into owner: inout Owner) {
        switch node.value {
        case .map(let entries): read(entries, at: node.mark, fields, into: &owner)
        case .refused: break
        default:
            problems.append(
                Problem(
                    mark: node.mark, found: node.words, allowed: "a map of keys and values",
                    nextStep: "write for example `name: my-fleet`"))
        }
    }

    /// Reads a map at a key or in a list.
    ///
    /// - Parameter memberPrefix: The part's name in `PolicyProblem.field`; nil where its keys are members of the owner.
    mutating func map<Owner>(
        _ node: SourceNode, _ outline: PolicyField, _ fields: [Field<Owner>], memberPrefix: String?,
        into owner: inout Owner
    ) {
        guard case .map(let entries) = node.value else {
            for field in outline.shape.fields { fail(memberName(of: field, in: memberPrefix)) }
            return refuse(node, outline)
        }
        let before = member
        if let memberPrefix { member = joined(before, memberPrefix) }
        read(entries, at: node.mark, fields, into: &owner)
        member = before
    }

    private func memberName(of field: PolicyField, in memberPrefix: String?) -> String {
        joined(memberPrefix.map { joined(member, $0) } ?? member, field.member)
    }

    private mutating func read<Owner>(
        _ entries: [SourceNode.Entry], at mark: SourceMark, _ fields: [Field<Owner>], into owner: inout Owner
    ) {
        var meant: Set<String> = []
        for entry in entries {
            guard let field = fields.first(where: { $0.outline.key == entry.key }) else {
                if let key = refuseKey(entry, fields.map(\.outline)) { meant.insert(key) }
                continue
            }
            meant.insert(entry.key)
            let outerPath = path
            path = joined(path, entry.key)
            let name = joined(member, field.outline.member)
            places[name] = Place(mark: entry.node.mark, path: path, field: field.outline, found: entry.node.words)
            if case .maps = field.outline.shape {
                let outerMember = member
                member = name
                field.read(entry.node, &owner, &self)
                member = outerMember
            } else {
                field.read(entry.node, &owner, &self)
            }
            path = outerPath
        }
        for field in fields where !meant.contains(field.outline.key) {
            miss(field.outline, at: mark, path: joined(path, field.outline.key))
        }
    }

    /// Notes a key that must be there and is not; for a group, each of its keys that must.
    private mutating func miss(_ field: PolicyField, at mark: SourceMark, path: String) {
        guard field.need == .always || field.need == .unlessExtended && !isExtending else { return }
        if case .group(let fields) = field.shape {
            for field in fields { miss(field, at: mark, path: joined(path, field.key)) }
            return
        }
        fail(joined(member, field.member))
        problems.append(
            Problem(
                mark: mark, path: path, found: "nothing", allowed: field.shape.allowed, reason: field.reason,
                nextStep: field.need == .unlessExtended
                    ? "write for example `\(field.key): \(field.example)`, or extend a policy that has it"
                    : "write for example `\(field.key): \(field.example)`"))
    }

    /// Refuses an unknown key. The key that was meant, if one is near.
    private mutating func refuseKey(_ entry: SourceNode.Entry, _ fields: [PolicyField]) -> String? {
        // Beyond the bound nobody reads a suggestion, and each costs a comparison with every key.
        let isRead = problems.count < PolicyFileLimit.problemCountMax
        let nearest = isRead ? KeySuggestion.nearest(to: entry.key, among: fields.map(\.key)) : nil
        let elsewhere = nearest == nil ? fields.first { $0.shape.fields.contains { $0.key == entry.key } } : nil
        let nextStep =
            nearest.map { "did you mean `\($0)`?" }
            ?? elsewhere.map { "it belongs under `\($0.key)`" } ?? "remove it"
        problems.append(
            Problem(
                mark: entry.mark, path: joined(path, KeySuggestion.shown(entry.key)), found: "an unknown key",
                allowed: nearest == nil ? fields.map(\.key).joined(separator: ", ") : "",
                reason: "a key that is not understood would be a number that is not used", nextStep: nextStep))
        for member in members(below: fields.first { $0.key == nearest }) { fail(member) }
        return nearest
    }

    private func members(below field: PolicyField?) -> [String] {
        guard let field else { return [] }
        let own = joined(member, field.member)
        return [own] + field.shape.fields.flatMap { [joined(member, $0.member), "\(own).\($0.member)"] }
    }

    // MARK: Values

    /// The value of a scalar; nil, and a problem, where it has not the form.
    mutating func scalar<Value>(
        _ node: SourceNode, _ outline: PolicyField, _ form: (SourceScalar) -> Value?
    ) -> Value? {
        if let scalar = node.scalar, !node.isNull, let value = form(scalar) { return value }
        fail(joined(member, outline.member))
        refuse(node, outline)
        return nil
    }

    /// The words of a list.
    mutating func list<Word>(
        _ node: SourceNode, _ outline: PolicyField, _ form: (String) -> Word?
    ) -> [Word]? {
        guard case .list(let elements) = node.value else {
            fail(joined(member, outline.member))
            refuse(node, outline)
            return nil
        }
        var words: [Word] = []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            if let scalar = element.scalar, let word = form(scalar.text), seen.insert(scalar.text).inserted {
                words.append(word)
                continue
            }
            fail(joined(member, outline.member))
            if let scalar = element.scalar, seen.contains(scalar.text) {
                problems.append(
                    Problem(
                        mark: element.mark, path: "\(path)[\(index)]", found: "\(scalar.words) again",
                        allowed: "each once",
                        nextStep: "remove it"))
                continue
            }
            let before = path
            path += "[\(index)]"
            refuse(element, outline, allowed: outline.shape.allowedElement)
            path = before
        }
        return words
    }

    /// The elements of a list of maps.
    mutating func elements(_ node: SourceNode, _ outline: PolicyField) -> [SourceNode]? {
        if case .list(let elements) = node.value { return elements }
        fail(member)
        refuse(node, outline)
        return nil
    }

    mutating func element(_ index: Int, _ body: (inout DocumentReading) -> Void) {
        let (outerPath, outerMember) = (path, member)
        path += "[\(index)]"
        member += "[\(index)]"
        body(&self)
        (path, member) = (outerPath, outerMember)
    }

    /// Notes that what stands at the current path is not what may stand there.
    private mutating func refuse(_ node: SourceNode, _ outline: PolicyField, allowed: String? = nil) {
        if case .refused = node.value { return }
        problems.append(
            Problem(
                mark: node.mark, path: path, found: node.words, allowed: allowed ?? outline.shape.allowed,
                reason: outline.reason, nextStep: ValueHint.hint(for: node, outline)))
    }

    mutating func add(_ problem: Problem) { problems.append(problem) }

    /// Notes that a member has no value that counts.
    mutating func fail(_ member: String) {
        failed.insert(member)
        failedKinds.insert(Self.stripped(member))
    }

    /// Whether a member has a value, and every kind of member that it is measured against.
    func canBeMeasured(_ member: String, against kinds: [String]) -> Bool {
        !failed.contains(member) && failedKinds.isDisjoint(with: kinds)
    }

    private func joined(_ first: String, _ second: String) -> String {
        first.isEmpty ? second : "\(first).\(second)"
    }

    /// A member's path without indices.
    static func stripped(_ path: String) -> String {
        var text = ""
        var isIndex = false
        for character in path {
            if character == "]" { isIndex = false }
            if !isIndex { text.append(character) }
            if character == "[" { isIndex = true }
        }
        return text
    }
}
