package import FleetModel

/// A published release: the answer to its publication, and a row of GET /api/v1/releases.
package struct ReleaseSummary: Codable, Hashable, Sendable {
    package var release: ReleaseID
    /// SHA-256 of the pack's file: what endpoints are offered.
    package var digest: Digest
    /// Size of the pack's file, in bytes.
    package var byteCount: Int
    package var ruleCount: Int
    /// The telemetry schema that the rules were compiled against.
    package var schemaVersion: Int
    package var notes: String
    /// A fault that the pack carries for tests and demos, for example `crash-on-load`; nil for a real release.
    package var chaos: String?
    package var publishedAt: Moment
    /// When the release was recalled; nil when it was not. A recalled release is never offered again.
    package var recalledAt: Moment?
    package var recallReason: String?
    /// What the release lab said of the pack, the newest word; nil when it did not run it.
    package var lab: LabSummary?

    package enum CodingKeys: String, CodingKey {
        case release, digest, notes, chaos, lab
        case byteCount = "bytes"
        case ruleCount = "rules"
        case schemaVersion = "schema_version"
        case publishedAt = "published_ms"
        case recalledAt = "recalled_ms"
        case recallReason = "recall_reason"
    }

    package init(
        release: ReleaseID, digest: Digest, byteCount: Int, ruleCount: Int, schemaVersion: Int, notes: String,
        chaos: String? = nil, publishedAt: Moment, recalledAt: Moment? = nil, recallReason: String? = nil,
        lab: LabSummary? = nil
    ) {
        self.lab = lab
        self.release = release
        self.digest = digest
        self.byteCount = byteCount
        self.ruleCount = ruleCount
        self.schemaVersion = schemaVersion
        self.notes = notes
        self.chaos = chaos
        self.publishedAt = publishedAt
        self.recalledAt = recalledAt
        self.recallReason = recallReason
    }
}

/// GET /api/v1/releases: the newest first, at most ``ControlWireLimit/pageCountMax``.
package struct ReleaseList: Codable, Hashable, Sendable {
    package var releases: [ReleaseSummary]

    package init(releases: [ReleaseSummary]) { self.releases = releases }
}
