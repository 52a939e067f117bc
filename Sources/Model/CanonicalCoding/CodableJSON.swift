/// Carries `Codable` types to and from JSON without Foundation, for documents whose shape is a Swift type.
package enum CodableJSON {
    /// How the names of a type's members are written.
    package enum KeyStyle: Sendable {
        /// As the coding keys say.
        case asWritten
        /// `lossBudget` as `loss_budget`. Keys of dictionaries are content and stay as they are.
        case snakeCase

        func written(_ key: String) -> String {
            let isCapital = { (byte: UInt8) in UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
            guard self == .snakeCase, key.utf8.contains(where: isCapital) else { return key }
            // A record is thousands of keys, each written at every reading: byte by byte into one buffer.
            return String(unsafeUninitializedCapacity: 2 * key.utf8.count) { buffer in
                var count = 0
                for byte in key.utf8 {
                    if isCapital(byte), count > 0 {
                        buffer[count] = UInt8(ascii: "_")
                        count += 1
                    }
                    buffer[count] = isCapital(byte) ? byte | 0x20 : byte
                    count += 1
                }
                return count
            }
        }
    }

    /// The JSON value of `value`.
    package static func value(of value: some Encodable, keys: KeyStyle = .asWritten) throws(JSONError) -> JSONValue {
        do {
            return try JSONTree.encoding(value, keys: keys).resolved()
        } catch let error as JSONError {
            throw error
        } catch {
            throw JSONError(.invalidValue, subject: "", message: "cannot be written as JSON: \(error)")
        }
    }

    /// The canonical bytes of `value`.
    package static func encode(_ value: some Encodable, keys: KeyStyle = .asWritten) throws(JSONError) -> [UInt8] {
        try CanonicalJSON.encode(Self.value(of: value, keys: keys))
    }

    /// The value of type `T` that `value` stands for. Members that `T` does not read are passed over, as `Codable`
    /// has it: use ``JSONReader`` where they must be refused.
    package static func decode<T: Decodable>(_: T.Type, from value: JSONValue, keys: KeyStyle = .asWritten)
        throws(JSONError) -> T
    {
        do {
            return try JSONTreeDecoder(reader: JSONReader(value), keys: keys).decode(T.self)
        } catch let error as JSONError {
            throw error
        } catch let DecodingError.dataCorrupted(context) {
            throw JSONError(
                .invalidValue, subject: Self.path(of: context.codingPath), message: context.debugDescription)
        } catch {
            throw JSONError(.invalidValue, subject: "", message: "cannot be read: \(error)")
        }
    }

    /// The value of type `T` that the JSON text `bytes` stands for.
    package static func decode<T: Decodable>(
        _ type: T.Type, from bytes: [UInt8], limits: JSONParser.Limits, keys: KeyStyle = .asWritten
    ) throws(JSONError) -> T {
        try decode(type, from: JSONParser.parse(bytes, limits: limits), keys: keys)
    }

    private static func path(of keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}

/// A member name or an index that came with no coding key type.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

/// Marks dictionaries with text keys, whose keys are content and no names of ours.
protocol TextKeyedDictionary {}
extension Dictionary: TextKeyedDictionary where Key == String {}
