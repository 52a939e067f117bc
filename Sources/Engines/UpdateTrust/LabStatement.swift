package import CanonicalCoding
package import FleetModel

/// What the lab says of a pack, as a document that anyone can read: an in-toto Statement (v1) whose predicate is a test
/// result (v0.1, https://in-toto.io/attestation/test-result/v0.1). It is not signed yet; what will be signed are the
/// bytes of ``encoded()``.
package struct LabStatement: Equatable, Sendable {
    /// What was tested: the pack's file, by its name without folders.
    package var subjectName: String
    /// SHA-256 of that file.
    package var subjectDigest: Digest
    package var verdict: LabVerdict
    /// What it was tested with.
    package var configuration: [Resource]
    /// Names of the stages, by how they ended; together all of them.
    package var passedTests: [String]
    package var warnedTests: [String]
    package var failedTests: [String]
    /// Our extension of the predicate, `firebreakLab`: an object whose members only the lab and people read. What the
    /// other members mean does not depend on it (in-toto v1, "Parsing rules").
    package var details: JSONValue

    /// A ResourceDescriptor of in-toto v1.
    package struct Resource: Equatable, Sendable {
        package var name: String
        /// SHA-256; nil where `content` is the thing itself.
        package var digest: Digest?
        /// The thing itself, JSON; nil where a digest names it.
        package var content: [UInt8]?

        package init(name: String, digest: Digest? = nil, content: [UInt8]? = nil) {
            self.name = name
            self.digest = digest
            self.content = content
        }
    }

    /// Bytes of a statement, 8 MiB: eight stages list a few dozen findings each, most without an event, which has up to
    /// 64 KiB.
    package static let bytesMax = 8 << 20
    static let type = "https://in-toto.io/Statement/v1"
    static let predicateType = "https://in-toto.io/attestation/test-result/v0.1"
    private static let detailsName = "firebreakLab"

    package init(
        subjectName: String, subjectDigest: Digest, verdict: LabVerdict, configuration: [Resource],
        passedTests: [String], warnedTests: [String], failedTests: [String], details: JSONValue
    ) {
        self.subjectName = subjectName
        self.subjectDigest = subjectDigest
        self.verdict = verdict
        self.configuration = configuration
        self.passedTests = passedTests
        self.warnedTests = warnedTests
        self.failedTests = failedTests
        self.details = details
    }
}

// MARK: - Coding

extension LabStatement {
    /// The document, canonical (RFC 8785).
    ///
    /// - Throws: ``JSONError`` when `details` holds a number that has no canonical form.
    package func encoded() throws(JSONError) -> [UInt8] { try CanonicalJSON.encode(json) }

    /// The document.
    package var json: JSONValue {
        let subject: JSONValue = [
            "name": .string(subjectName), "digest": ["sha256": .string(subjectDigest.text)],
        ]
        return [
            "_type": .string(Self.type), "subject": .array([subject]),
            "predicateType": .string(Self.predicateType),
            "predicate": [
                "result": .string(verdict.rawValue.uppercased()),
                "configuration": .array(configuration.map(\.json)),
                "passedTests": .array(passedTests.map(JSONValue.string)),
                "warnedTests": .array(warnedTests.map(JSONValue.string)),
                "failedTests": .array(failedTests.map(JSONValue.string)),
                Self.detailsName: details,
            ],
        ]
    }

    /// Reads a document of ours. Members that are not known are passed over, as in-toto has it.
    ///
    /// - Throws: ``JSONError`` that names the member.
    package init(decoding bytes: [UInt8]) throws(JSONError) {
        let limits = JSONParser.Limits(bytesMax: Self.bytesMax)
        let reader = JSONReader(try JSONParser.parse(bytes, limits: limits))
        for (name, wanted) in [("_type", Self.type), ("predicateType", Self.predicateType)] {
            let member = try reader.member(name)
            guard try member.string() == wanted else { throw member.refusal("\(wanted) was expected") }
        }
        let subjects = try reader.member("subject")
        guard let subject = try subjects.elements().first, try subjects.elements().count == 1 else {
            throw subjects.refusal("one subject was expected: the pack")
        }
        subjectName = try subject.member("name").string()
        subjectDigest = try subject.member("digest").member("sha256").identifier()
        let predicate = try reader.member("predicate")
        let result = try predicate.member("result")
        let word = try result.string()
        guard let verdict = LabVerdict.allCases.first(where: { $0.rawValue.uppercased() == word }) else {
            throw result.refusal("PASSED, WARNED or FAILED was expected")
        }
        self.verdict = verdict
        var configuration: [Resource] = []
        for element in try predicate.member("configuration").elements() {
            configuration.append(try Resource(reading: element))
        }
        self.configuration = configuration
        passedTests = try Self.names(predicate, "passedTests")
        warnedTests = try Self.names(predicate, "warnedTests")
        failedTests = try Self.names(predicate, "failedTests")
        details = try predicate.optional(Self.detailsName)?.value ?? .null
        // A verdict that its own lists deny is nobody's word.
        guard verdict == .failed || failedTests.isEmpty else {
            throw result.refusal("\(word) with failed tests: \(failedTests.joined(separator: ", "))")
        }
    }

    private static func names(_ predicate: JSONReader, _ name: String) throws(JSONError) -> [String] {
        var names: [String] = []
        for element in try predicate.optional(name)?.elements() ?? [] { names.append(try element.string()) }
        return names
    }
}

extension LabStatement.Resource {
    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [("name", .string(name))]
        if let digest { members.append(("digest", ["sha256": .string(digest.text)])) }
        if let content {
            members.append(("mediaType", "application/json"))
            members.append(("content", .string(Base64.encode(content))))
        }
        return .object(JSONObject(members))
    }

    fileprivate init(reading reader: JSONReader) throws(JSONError) {
        name = try reader.member("name").string()
        digest = try reader.optional("digest")?.optional("sha256")?.identifier()
        content = try reader.optional("content").flatMap { (text) throws(JSONError) in Base64.decode(try text.string())
        }
    }
}
