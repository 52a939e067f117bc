/// Reads one `Decodable` value from a JSON value, with the path kept for refusals.
struct JSONTreeDecoder: Decoder, SingleValueDecodingContainer {
    let reader: JSONReader
    let keys: CodableJSON.KeyStyle
    /// Whether the keys of this level are content.
    var isDictionary = false

    var codingPath: [any CodingKey] { reader.path.isEmpty ? [] : [JSONKey(stringValue: reader.path)] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(JSONKeyedDecoding<Key>(decoder: self, object: try reader.object()))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        JSONUnkeyedDecoding(elements: try reader.elements(), keys: keys, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { reader.value == .null }
    func decode(_: Bool.Type) throws -> Bool { try reader.bool() }
    func decode(_: String.Type) throws -> String { try reader.string() }
    func decode(_: Double.Type) throws -> Double { try reader.number() }
    func decode(_: Float.Type) throws -> Float { Float(try reader.number()) }
    func decode(_: Int.Type) throws -> Int { try integer() }
    func decode(_: Int8.Type) throws -> Int8 { try integer() }
    func decode(_: Int16.Type) throws -> Int16 { try integer() }
    func decode(_: Int32.Type) throws -> Int32 { try integer() }
    func decode(_: Int64.Type) throws -> Int64 { try integer() }
    func decode(_: UInt.Type) throws -> UInt { try integer() }
    func decode(_: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_: UInt64.Type) throws -> UInt64 { try integer() }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try T(from: JSONTreeDecoder(reader: reader, keys: keys, isDictionary: type is any TextKeyedDictionary.Type))
    }

    private func integer<Integer: FixedWidthInteger>() throws -> Integer {
        let value = try reader.integer()
        guard let integer = Integer(exactly: value) else {
            throw reader.refusal("\(value) is outside \(Integer.min)...\(Integer.max)", code: .numberRange)
        }
        return integer
    }
}

/// Reads the members of one object.
private struct JSONKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: JSONTreeDecoder
    let object: JSONObject

    var codingPath: [any CodingKey] { decoder.codingPath }
    /// Meaningful for dictionaries, whose keys are as written.
    var allKeys: [Key] { object.names.compactMap { Key(stringValue: $0) } }

    private func name(of key: any CodingKey) -> String {
        decoder.isDictionary ? key.stringValue : decoder.keys.written(key.stringValue)
    }

    private func child(_ key: any CodingKey) throws -> JSONTreeDecoder {
        JSONTreeDecoder(reader: try decoder.reader.member(name(of: key)), keys: decoder.keys)
    }

    func contains(_ key: Key) -> Bool { object[name(of: key)] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try child(key).decodeNil() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try child(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        try child(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try child(JSONKey(stringValue: "super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}

/// Reads the elements of one array, one after the other.
private struct JSONUnkeyedDecoding: UnkeyedDecodingContainer {
    let elements: [JSONReader]
    let keys: CodableJSON.KeyStyle
    let codingPath: [any CodingKey]
    var currentIndex = 0

    init(elements: [JSONReader], keys: CodableJSON.KeyStyle, codingPath: [any CodingKey]) {
        self.elements = elements
        self.keys = keys
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private func current() throws -> JSONTreeDecoder {
        guard !isAtEnd else {
            throw JSONError(.missing, subject: "", message: "the array has only \(elements.count) elements")
        }
        return JSONTreeDecoder(reader: elements[currentIndex], keys: keys)
    }

    mutating func decodeNil() throws -> Bool {
        let isNil = try current().decodeNil()
        if isNil { currentIndex += 1 }
        return isNil
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
        -> KeyedDecodingContainer<Nested>
    {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        currentIndex += 1
        return decoder
    }
}
