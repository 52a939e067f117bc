package import FleetModel

/// A release as the store keeps it. The pack's bytes are a file beside the database, named by ``digest``.
package struct StoredRelease: Hashable, Sendable {
    package var release: ReleaseID
    package var digest: Digest
    /// Size of the pack's file, in bytes.
    package var byteCount: Int
    package var ruleCount: Int
    package var schemaVersion: Int
    package var notes: String
    package var chaos: String?
    /// The signature block's Ed25519 bytes, for offers to agents that ask for it.
    package var signature: [UInt8]
    package var publishedAt: Moment
    package var recall: StoredRecall?
    /// The policy that let it be published although the lab had failed it; nil where none had to.
    package var labPolicy: String?
    /// Steps that its program takes for one event at most, as its manifest states; nil for releases from before it was
    /// kept.
    package var costBound: UInt64?

    package init(
        release: ReleaseID, digest: Digest, byteCount: Int, ruleCount: Int, schemaVersion: Int, notes: String,
        chaos: String?, signature: [UInt8], publishedAt: Moment, recall: StoredRecall? = nil, labPolicy: String? = nil,
        costBound: UInt64? = nil
    ) {
        self.labPolicy = labPolicy
        self.costBound = costBound
        self.release = release
        self.digest = digest
        self.byteCount = byteCount
        self.ruleCount = ruleCount
        self.schemaVersion = schemaVersion
        self.notes = notes
        self.chaos = chaos
        self.signature = signature
        self.publishedAt = publishedAt
        self.recall = recall
    }
}

/// That a release was recalled. Final: the store refuses a second recall and every later debit of the release.
package struct StoredRecall: Hashable, Sendable {
    package var release: ReleaseID
    package var at: Moment
    package var reason: String
    /// The recall list's revision that this recall made: one more than the one before.
    package var revision: Int64

    package init(release: ReleaseID, at: Moment, reason: String, revision: Int64) {
        self.release = release
        self.at = at
        self.reason = reason
        self.revision = revision
    }
}

/// What an endpoint is known by. The credential itself is never stored.
package struct StoredEndpoint: Hashable, Sendable {
    package enum Origin: String, Sendable {
        /// Came with the enrolment secret; its id is its own instance_uid.
        case enrolled
        /// An operator made its credential; its id is the control plane's, and its instance_uid may change.
        case minted
    }

    package var id: EndpointID
    package var origin: Origin
    /// SHA-256 of the credential: enough to recognise it, useless to whoever reads the database.
    package var credentialDigest: Digest
    /// The host's name, or the one that an operator gave.
    package var name: String
    package var enrolledAt: Moment
    /// True from the first check-in with the credential on: from then the enrolment secret is refused for this id.
    package var isConfirmed: Bool
    package var revokedAt: Moment?
    package var snapshot: EndpointSnapshot

    package init(
        id: EndpointID, origin: Origin, credentialDigest: Digest, name: String, enrolledAt: Moment,
        isConfirmed: Bool = false, revokedAt: Moment? = nil, snapshot: EndpointSnapshot
    ) {
        self.id = id
        self.origin = origin
        self.credentialDigest = credentialDigest
        self.name = name
        self.enrolledAt = enrolledAt
        self.isConfirmed = isConfirmed
        self.revokedAt = revokedAt
        self.snapshot = snapshot
    }
}

/// What an endpoint last said of itself. For display and for matching after a restart; never a reason to offer, so it
/// may be up to a second behind.
package struct EndpointSnapshot: Hashable, Sendable {
    package var id: EndpointID
    package var lastSeenAt: Moment?
    /// The highest alert sequence that is durable, which the endpoint may forget.
    package var alertsAcknowledged: UInt64
    /// JSON of the control plane's own; the store does not look into it.
    package var body: String

    package init(id: EndpointID, lastSeenAt: Moment? = nil, alertsAcknowledged: UInt64 = 0, body: String = "{}") {
        self.id = id
        self.lastSeenAt = lastSeenAt
        self.alertsAcknowledged = alertsAcknowledged
        self.body = body
    }
}

/// When an endpoint was last heard. Like a snapshot, for display.
package struct EndpointSeen: Hashable, Sendable {
    package var id: EndpointID
    package var at: Moment

    package init(id: EndpointID, at: Moment) {
        self.id = id
        self.at = at
    }
}

/// An alert. Kept once for each endpoint and ``endpointSequence``, however often it arrives.
package struct StoredAlert: Hashable, Sendable {
    /// Ascending in the order of arrival; 0 before it is stored.
    package var sequence: Int64
    package var endpoint: EndpointID
    /// The endpoint's own number.
    package var endpointSequence: UInt64
    package var rule: String
    package var title: String
    package var severity: String
    package var occurredAt: Moment
    package var receivedAt: Moment
    /// OCSF Detection Finding, JSON.
    package var finding: String

    package init(
        sequence: Int64 = 0, endpoint: EndpointID, endpointSequence: UInt64, rule: String, title: String,
        severity: String, occurredAt: Moment, receivedAt: Moment, finding: String
    ) {
        self.sequence = sequence
        self.endpoint = endpoint
        self.endpointSequence = endpointSequence
        self.rule = rule
        self.title = title
        self.severity = severity
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.finding = finding
    }
}

/// Something that a person did. Appended only.
package struct StoredAction: Hashable, Sendable {
    /// Ascending; 0 before it is stored.
    package var sequence: Int64
    package var at: Moment
    package var action: String
    package var subject: String
    package var detail: String

    package init(sequence: Int64 = 0, at: Moment, action: String, subject: String, detail: String) {
        self.sequence = sequence
        self.at = at
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// A stretch of time in which the control plane heard endpoints. Between two of them nobody was silent.
package struct ListeningInterval: Hashable, Sendable {
    package var from: Moment
    /// The newest moment that is known to belong to it: at most the flush interval behind the truth.
    package var until: Moment

    package init(from: Moment, until: Moment) {
        self.from = from
        self.until = until
    }
}
