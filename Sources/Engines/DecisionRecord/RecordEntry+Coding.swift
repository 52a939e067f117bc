import CanonicalCoding
import FleetModel

extension RecordEntry {
    /// Bytes of one entry: what a bundle of the log gives the length of an entry in (C2SP tlog-tiles, 16 bits).
    package static let bytesMax = 65_535
    private static let format: Int64 = 1
    private static let limits = JSONParser.Limits(bytesMax: bytesMax, depthMax: 16)

    /// The entry's bytes: canonical JSON (RFC 8785).
    ///
    /// - Throws: `.oversized`; `.malformed` for a number that has no canonical form.
    package func encoded() throws(RecordError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(JSONError) {
            let body: JSONValue =
                switch self.body {
                case .release(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                case .attestation(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                case .policy(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                case .verdict(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                case .recall(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                case .key(let body): try CodableJSON.value(of: body, keys: .snakeCase)
                }
            bytes = try CanonicalJSON.encode([
                "format": .integer(Self.format), "kind": .string(self.body.kind.rawValue), "number": .integer(number),
                "at_ms": .integer(at.milliseconds), "body": body,
            ])
        } catch {
            throw RecordError(.malformed, subject: "entry \(number)", message: error.description)
        }
        guard bytes.count <= Self.bytesMax else {
            throw RecordError(
                .oversized, subject: "entry \(number)", message: "it has \(bytes.count) bytes of \(Self.bytesMax)")
        }
        return bytes
    }

    /// Reads an entry strictly: bytes that are not exactly what ``encoded()`` writes are none, so that one decision has
    /// one entry, and no member is passed over that somebody else obeys.
    package init(decoding bytes: [UInt8]) throws(RecordError) {
        guard bytes.count <= Self.bytesMax else {
            throw RecordError(
                .oversized, subject: "entry", message: "it has \(bytes.count) bytes of \(Self.bytesMax)")
        }
        do throws(JSONError) {
            let reader = JSONReader(try JSONParser.parse(bytes, limits: Self.limits))
            let format = try reader.member("format")
            guard try format.integer() == Self.format else { throw format.refusal("format 1 was expected") }
            let kind = try reader.member("kind")
            guard let known = RecordKind(rawValue: try kind.string()) else { throw kind.refusal("an unknown kind") }
            number = try reader.member("number").integer(in: 1...(1 << 53))
            at = Moment(milliseconds: try reader.member("at_ms").integer(in: 0...(1 << 53)))
            body = try Body(known, try reader.member("body").value)
        } catch {
            throw RecordError(.malformed, subject: "entry", message: error.description)
        }
        guard try encoded() == bytes else {
            throw RecordError(
                .malformed, subject: "entry \(number)", message: "it is not canonical, or has a member too many")
        }
    }
}

extension RecordEntry.Body {
    fileprivate init(_ kind: RecordKind, _ value: JSONValue) throws(JSONError) {
        switch kind {
        case .release: self = .release(try CodableJSON.decode(RecordedRelease.self, from: value, keys: .snakeCase))
        case .attestation:
            self = .attestation(try CodableJSON.decode(RecordedAttestation.self, from: value, keys: .snakeCase))
        case .policy: self = .policy(try CodableJSON.decode(RecordedPolicy.self, from: value, keys: .snakeCase))
        case .verdict: self = .verdict(try CodableJSON.decode(RecordedVerdict.self, from: value, keys: .snakeCase))
        case .recall: self = .recall(try CodableJSON.decode(RecordedRecall.self, from: value, keys: .snakeCase))
        case .key: self = .key(try CodableJSON.decode(RecordedKey.self, from: value, keys: .snakeCase))
        }
    }
}
