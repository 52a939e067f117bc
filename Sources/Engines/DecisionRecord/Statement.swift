package import CanonicalCoding
package import FleetModel

/// An in-toto Statement (v1): what is said, of which files.
package struct Statement: Equatable, Sendable {
    package var subjects: [Subject]
    package var predicateType: String
    package var predicate: JSONValue

    package struct Subject: Hashable, Sendable {
        package var name: String
        /// SHA-256 of the file.
        package var digest: Digest

        package init(name: String, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    private static let type = "https://in-toto.io/Statement/v1"
    /// Bytes of a statement in an envelope in an entry: base64 makes four of three, and the rest of the entry needs less
    /// than 1,500.
    package static let bytesMax = 48_000
    private static let limits = JSONParser.Limits(bytesMax: bytesMax, depthMax: 16)

    package init(subjects: [Subject], predicateType: String, predicate: JSONValue) {
        self.subjects = subjects
        self.predicateType = predicateType
        self.predicate = predicate
    }

    package var json: JSONValue {
        [
            "_type": .string(Self.type), "predicateType": .string(predicateType), "predicate": predicate,
            "subject": .array(
                subjects.map { ["name": .string($0.name), "digest": ["sha256": .string($0.digest.text)]] }),
        ]
    }

    /// The document, canonical (RFC 8785).
    package func encoded() throws(RecordError) -> [UInt8] {
        do throws(JSONError) {
            return try CanonicalJSON.encode(json)
        } catch {
            throw RecordError(.envelopeMalformed, subject: "statement", message: error.description)
        }
    }

    /// Reads a statement. Members that are not known are passed over, as in-toto has it ("Parsing rules").
    package init(decoding bytes: [UInt8]) throws(RecordError) {
        do throws(JSONError) {
            let reader = JSONReader(try JSONParser.parse(bytes, limits: Self.limits))
            let type = try reader.member("_type")
            guard try type.string() == Self.type else { throw type.refusal("\(Self.type) was expected") }
            subjects = []
            for subject in try reader.member("subject").elements() {
                subjects.append(
                    Subject(
                        name: try subject.optional("name")?.string() ?? "",
                        digest: try subject.member("digest").member("sha256").identifier()))
            }
            predicateType = try reader.member("predicateType").string()
            predicate = try reader.optional("predicate")?.value ?? .null
        } catch {
            throw RecordError(.envelopeMalformed, subject: "statement", message: error.description)
        }
    }
}
