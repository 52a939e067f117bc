import CanonicalCoding
package import FleetModel

extension MeasuredState {
    private static let names: Set<String> = [
        "agent_version", "agent_sha256", "worker_sha256", "policy_sha256", "active", "proven",
        "commits",
        "recall_revision", "boot_id", "mode", "counter", "finding",
    ]

    /// The state as a JSON value.
    var json: JSONValue {
        [
            "agent_version": .string(facts.agentVersion),
            "agent_sha256": .string(facts.agentDigest.text),
            "worker_sha256": .string(facts.workerDigest.text),
            "policy_sha256": facts.policyHash.map { .string($0.text) } ?? .null,
            "active": .array(facts.active.map { .string($0.text) }),
            "proven": .array(facts.proven.map { .string($0.text) }),
            "commits": .integer(Int64(clamping: facts.commitCount)),
            "recall_revision": .integer(Int64(clamping: facts.recallRevision)),
            "boot_id": .string(facts.bootID),
            "mode": .string(facts.mode.rawValue),
            "counter": .integer(Int64(clamping: counter)),
            "finding": .string(finding.rawValue),
        ]
    }

    /// The canonical bytes (RFC 8785), so that one state has one digest.
    ///
    /// - Throws: ``StateFault`` with `.malformed` when a value is above its bound.
    package func encoded() throws(StateFault) -> [UInt8] {
        do {
            _ = try MeasuredState(reading: JSONReader(json, path: "state"))
            return try CanonicalJSON.encode(json)
        } catch {
            throw StateFault(error)
        }
    }

    /// SHA-256 of ``encoded()``.
    package func digest() throws(StateFault) -> Digest { StateDigest.sha256(try encoded()) }

    init(reading reader: JSONReader) throws(JSONError) {
        try reader.requireNoMembers(beside: Self.names)
        let facts = MeasuredFacts(
            agentVersion: try reader.text("agent_version", bytesMax: StateLimit.versionBytesMax),
            agentDigest: try reader.member("agent_sha256").identifier(),
            workerDigest: try reader.member("worker_sha256").identifier(),
            policyHash: try reader.optional("policy_sha256")?.identifier(),
            active: try reader.digests("active"), proven: try reader.digests("proven"),
            commitCount: try reader.count("commits"), recallRevision: try reader.count("recall_revision"),
            bootID: try reader.text("boot_id", bytesMax: StateLimit.bootIDBytesMax),
            mode: try reader.word("mode"))
        self.init(
            facts: facts, counter: try reader.count("counter"), finding: try reader.word("finding"))
    }
}

extension StateFault {
    init(_ error: JSONError) {
        self.init(.malformed, subject: error.subject, message: error.message)
    }
}

extension JSONReader {
    func text(_ name: String, bytesMax: Int) throws(JSONError) -> String {
        let reader = try member(name)
        let text = try reader.string()
        guard text.utf8.count <= bytesMax else {
            throw reader.refusal("\(text.utf8.count) bytes; at most \(bytesMax) are read")
        }
        return text
    }

    fileprivate func count(_ name: String) throws(JSONError) -> UInt64 {
        UInt64(try member(name).integer(in: 0...Int64(StateLimit.countMax)))
    }

    func word<Word: RawRepresentable & CaseIterable>(_ name: String) throws(JSONError) -> Word
    where Word.RawValue == String {
        let reader = try member(name)
        guard let word = Word(rawValue: try reader.string()) else {
            throw reader.refusal("none of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    fileprivate func digests(_ name: String) throws(JSONError) -> [Digest] {
        let reader = try member(name)
        let elements = try reader.elements()
        guard elements.count <= StateLimit.digestCountMax else {
            throw reader.refusal(
                "\(elements.count) entries; at most \(StateLimit.digestCountMax) are read")
        }
        var digests: [Digest] = []
        for element in elements {
            let digest: Digest = try element.identifier()
            // One set has one form, or one state had many digests.
            if let last = digests.last, digest <= last {
                throw element.refusal("digests ascend, each once")
            }
            digests.append(digest)
        }
        return digests
    }
}
