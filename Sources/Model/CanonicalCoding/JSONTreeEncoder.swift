/// A JSON value while `Encodable` types fill it in: containers are handed out before their content is known.
///
/// A class, because two containers of one encoder write to one place.
final class JSONTree {
    private enum Content {
        case empty
        case value(JSONValue)
        case array([JSONTree])
        case object([(name: String, tree: JSONTree)])
    }

    private var content = Content.empty
    let path: JSONPath

    init(path: JSONPath) { self.path = path }

    /// The tree that `value` encodes itself into.
    static func encoding(_ value: some Encodable, keys: CodableJSON.KeyStyle) throws -> JSONTree {
        let tree = JSONTree(path: .root)
        try value.encode(to: JSONTreeEncoder(tree: tree, keys: keys, isDictionary: value is any TextKeyedDictionary))
        return tree
    }

    /// The finished value. A type that encoded nothing is an empty object, as `Codable` has it.
    func resolved() -> JSONValue {
        switch content {
        case .empty: .object(JSONObject())
        case .value(let value): value
        case .array(let trees): .array(trees.map { $0.resolved() })
        case .object(let members): .object(JSONObject(members.map { ($0.name, $0.tree.resolved()) }))
        }
    }

    func set(_ value: JSONValue) { content = .value(value) }

    func beginArray() { if case .array = content {} else { content = .array([]) } }
    func beginObject() { if case .object = content {} else { content = .object([]) } }

    var count: Int { if case .array(let trees) = content { trees.count } else { 0 } }

    func append(_ tree: JSONTree) {
        guard case .array(var trees) = content else { return }
        content = .empty
        trees.append(tree)
        content = .array(trees)
    }

    func append(_ tree: JSONTree, named name: String) {
        guard case .object(var members) = content else { return }
        content = .empty
        members.append((name, tree))
        content = .object(members)
    }
}

/// Writes one `Encodable` value into a tree.
struct JSONTreeEncoder: Encoder, SingleValueEncodingContainer {
    let tree: JSONTree
    let keys: CodableJSON.KeyStyle
    /// Whether the keys of this level are content.
    let isDictionary: Bool

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        tree.beginObject()
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        tree.beginArray()
        return JSONUnkeyedEncoding(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func name(of key: any CodingKey) -> String { isDictionary ? key.stringValue : keys.written(key.stringValue) }

    func child(named name: String) -> JSONTree { JSONTree(path: .member(tree.path, name)) }

    func encodeNil() { tree.set(.null) }
    func encode(_ value: Bool) { tree.set(.bool(value)) }
    func encode(_ value: String) { tree.set(.string(value)) }
    func encode(_ value: Double) throws { tree.set(try Self.number(value, path: tree.path)) }
    func encode(_ value: Float) throws { tree.set(try Self.number(Double(value), path: tree.path)) }
    func encode(_ value: Int) throws { try integer(value) }
    func encode(_ value: Int8) throws { try integer(value) }
    func encode(_ value: Int16) throws { try integer(value) }
    func encode(_ value: Int32) throws { try integer(value) }
    func encode(_ value: Int64) throws { try integer(value) }
    func encode(_ value: UInt) throws { try integer(value) }
    func encode(_ value: UInt8) throws { try integer(value) }
    func encode(_ value: UInt16) throws { try integer(value) }
    func encode(_ value: UInt32) throws { try integer(value) }
    func encode(_ value: UInt64) throws { try integer(value) }

    func encode(_ value: some Encodable) throws {
        try value.encode(
            to: JSONTreeEncoder(tree: tree, keys: keys, isDictionary: value is any TextKeyedDictionary))
    }

    private func integer(_ value: some BinaryInteger) throws {
        guard let integer = Int64(exactly: value) else {
            throw JSONError(
                .numberRange, subject: tree.path.description, message: "\(value) does not fit 64 bits with a sign")
        }
        tree.set(.integer(integer))
    }

    private static func number(_ value: Double, path: JSONPath) throws -> JSONValue {
        guard value.isFinite else {
            throw JSONError(.numberRange, subject: path.description, message: "\(value) has no JSON form")
        }
        return .number(value)
    }
}

/// Writes the members of one object.
private struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: JSONTreeEncoder
    var codingPath: [any CodingKey] { [] }

    private func child(_ key: any CodingKey) -> JSONTree {
        let name = encoder.name(of: key)
        let child = encoder.child(named: name)
        encoder.tree.append(child, named: name)
        return child
    }

    private func encoder(for key: any CodingKey) -> JSONTreeEncoder {
        JSONTreeEncoder(tree: child(key), keys: encoder.keys, isDictionary: false)
    }

    mutating func encodeNil(forKey key: Key) { child(key).set(.null) }
    mutating func encode(_ value: some Encodable, forKey key: Key) throws { try encoder(for: key).encode(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        encoder(for: key).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder(for: key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { encoder(for: JSONKey(stringValue: "super")) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(for: key) }
}

/// Writes the elements of one array.
private struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let encoder: JSONTreeEncoder
    var codingPath: [any CodingKey] { [] }
    var count: Int { encoder.tree.count }

    private func element() -> JSONTreeEncoder {
        let child = JSONTree(path: .element(encoder.tree.path, count))
        encoder.tree.append(child)
        return JSONTreeEncoder(tree: child, keys: encoder.keys, isDictionary: false)
    }

    mutating func encodeNil() { element().encodeNil() }
    mutating func encode(_ value: some Encodable) throws { try element().encode(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        element().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { element() }
}
