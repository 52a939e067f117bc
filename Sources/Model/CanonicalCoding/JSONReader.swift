package import FleetModel

/// A JSON value and the path to it, so that every refusal says which member of the document is meant.
package struct JSONReader: Sendable {
    package let value: JSONValue
    private let place: JSONPath

    package init(_ value: JSONValue, path: String = "") {
        self.init(value, at: path.isEmpty ? .root : .written(path))
    }

    private init(_ value: JSONValue, at place: JSONPath) {
        self.value = value
        self.place = place
    }

    /// The path from the document's root, for example `rules[3].id`; empty at the root.
    package var path: String { place.description }

    /// A refusal of this value.
    package func refusal(_ message: String, code: JSONError.Code = .invalidValue) -> JSONError {
        JSONError(code, subject: path, message: message)
    }

    private func mismatch(_ wanted: String) -> JSONError {
        refusal("\(wanted) was expected, and this is \(value.typeName)", code: .wrongType)
    }

    // MARK: This value

    package func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    package func integer() throws(JSONError) -> Int64 {
        guard case .integer(let integer) = value else { throw mismatch("a whole number") }
        return integer
    }

    /// The integer, checked against `range`.
    package func integer(in range: ClosedRange<Int64>) throws(JSONError) -> Int64 {
        let integer = try integer()
        guard range.contains(integer) else {
            throw refusal("\(integer) is outside \(range.lowerBound)...\(range.upperBound)")
        }
        return integer
    }

    /// The number, whether or not it was written with a fraction.
    package func number() throws(JSONError) -> Double {
        switch value {
        case .integer(let integer): return Double(integer)
        case .number(let number): return number
        default: throw mismatch("a number")
        }
    }

    package func bool() throws(JSONError) -> Bool {
        guard case .bool(let bool) = value else { throw mismatch("true or false") }
        return bool
    }

    package func elements() throws(JSONError) -> [JSONReader] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return elements.enumerated().map { JSONReader($1, at: .element(place, $0)) }
    }

    package func object() throws(JSONError) -> JSONObject {
        guard case .object(let object) = value else { throw mismatch("an object") }
        return object
    }

    /// An identifier of the domain, checked by its own rule.
    package func identifier<ID: TextIdentifier>(_: ID.Type = ID.self) throws(JSONError) -> ID {
        let text = try string()
        guard ID.accepts(text) else {
            throw refusal(IdentifierError(kind: ID.kind, text: text, rule: ID.rule).description)
        }
        return ID(accepted: text)
    }

    // MARK: Members

    private func path(of name: String) -> String { JSONPath.member(place, name).description }

    /// The member `name`, which must be there. A null counts as there.
    package func member(_ name: String) throws(JSONError) -> JSONReader {
        guard let member = try object()[name] else {
            throw JSONError(.missing, subject: path(of: name), message: "this member is missing")
        }
        return JSONReader(member, at: .member(place, name))
    }

    /// The member `name`; nil when it is absent or null.
    package func optional(_ name: String) throws(JSONError) -> JSONReader? {
        guard let member = try object()[name], member != .null else { return nil }
        return JSONReader(member, at: .member(place, name))
    }

    /// Refuses an object with members beside `names`: a member that a reader passes over is one that a later
    /// version means to be obeyed.
    package func requireNoMembers(beside names: Set<String>) throws(JSONError) {
        for name in try object().names where !names.contains(name) {
            throw JSONError(
                .unexpected, subject: path(of: String(name.prefix(80))),
                message: "this member is not known here; the members are \(names.sorted().joined(separator: ", "))")
        }
    }
}
