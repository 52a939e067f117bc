import CanonicalCoding

/// The one door between the management API's types and their bytes, so that both sides read alike.
///
/// Member names are the coding keys, in snake_case. A member that is nil is absent. Times end in `_ms` and are
/// milliseconds since the Unix epoch. Members that the reader does not know are passed over, so that an older client
/// can read a newer server.
package enum ManagementJSON {
    /// The bytes of `value`, canonical (RFC 8785), so that equal values have equal bytes.
    package static func encode(_ value: some Encodable) throws(ControlWireError) -> [UInt8] {
        do {
            return try CodableJSON.encode(value)
        } catch {
            throw ControlWireError(error, subject: "body")
        }
    }

    /// The value that `bytes` stand for.
    ///
    /// - Throws: ``ControlWireError`` with `.oversized` beyond `bytesMax`, otherwise `.malformed` or `.invalidValue`
    ///   with the path of the member that is meant.
    package static func decode<Value: Decodable>(
        _: Value.Type = Value.self, from bytes: [UInt8], bytesMax: Int = ControlWireLimit.managementRequestBytesMax
    ) throws(ControlWireError) -> Value {
        do {
            return try CodableJSON.decode(Value.self, from: bytes, limits: JSONParser.Limits(bytesMax: bytesMax))
        } catch {
            throw ControlWireError(error, subject: "body")
        }
    }
}

extension ControlWireError {
    /// A refusal of JSON, under the name of the message that it was in.
    init(_ error: JSONError, subject: String) {
        let code: Code =
            switch error.code {
            case .oversized: .oversized
            case .missing: .missing
            case .tooDeep, .syntax, .encoding, .duplicateName, .wrongType: .malformed
            case .numberRange, .unexpected, .invalidValue: .invalidValue
            }
        self.init(code, subject: error.subject.isEmpty ? subject : error.subject, message: error.message)
    }
}
