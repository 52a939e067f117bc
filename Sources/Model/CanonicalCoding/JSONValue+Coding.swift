/// A JSON value inside a `Codable` type: a document whose shape another room knows, carried as it is.
///
/// Only ``CodableJSON`` reads and writes it.
extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
        guard let tree = decoder as? JSONTreeDecoder else {
            throw JSONError(.invalidValue, subject: "", message: "a JSON value is read from JSON only")
        }
        self = tree.reader.value
    }

    package func encode(to encoder: any Encoder) throws {
        guard let tree = encoder as? JSONTreeEncoder else {
            throw JSONError(.invalidValue, subject: "", message: "a JSON value is written as JSON only")
        }
        tree.tree.set(self)
    }
}

extension JSONValue: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(try? CanonicalJSON.encode(self)) }
}

extension JSONValue {
    /// The paths of members that `known` does not have: in a document that was read as `known`'s type, those that were
    /// passed over.
    package func members(beside known: JSONValue) -> [String] {
        switch (self, known) {
        case (.object(let object), .object(let other)):
            object.members.flatMap { member -> [String] in
                guard let value = other[member.name] else { return [member.name] }
                return member.value.members(beside: value).map { path in
                    path.hasPrefix("[") ? member.name + path : "\(member.name).\(path)"
                }
            }
        case (.array(let elements), .array(let others)):
            zip(elements, others).enumerated().flatMap { index, pair in
                pair.0.members(beside: pair.1).map { "[\(index)].\($0)" }
            }
        default: []
        }
    }
}
