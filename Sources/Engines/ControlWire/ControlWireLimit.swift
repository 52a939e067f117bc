/// The bounds of the protocols between control plane, agents and people. A decoder refuses what breaks one, unless the
/// bound says that longer texts are cut.
package enum ControlWireLimit {
    // MARK: Agent protocol

    /// One AgentToServer, 1 MiB: a check-in with 64 alerts of common size takes a quarter of it.
    package static let requestBytesMax = 1024 * 1024
    /// One ServerToAgent, 1 MiB: the longest recall list takes about 700 KiB.
    package static let replyBytesMax = 1024 * 1024
    /// A pack's file, as the pack format bounds it.
    package static let packBytesMax = 32 * 1024 * 1024
    /// Attributes in each list of an AgentDescription: OpenTelemetry's resource conventions fill about 30.
    package static let attributeCountMax = 128
    /// Entries of a component health map: collectors report one for each of their pipelines' parts.
    package static let componentCountMax = 512
    /// Entries of PackagesAvailable and PackageStatuses.
    package static let packageCountMax = 64
    /// Releases in one check-in: what the endpoint holds or has just left, over all packs.
    package static let releaseCountMax = 16
    /// Alerts in one check-in. The rest waits on the endpoint's disk for the next one, which is at once.
    package static let alertCountMax = 64
    /// One OCSF finding: 16 processes of up to 2 KiB and a matched value for each field stay below 64 KiB.
    package static let findingBytesMax = 64 * 1024
    /// Recalls in one directive: the whole list. A release leaves the list only with its pack.
    package static let recallCountMax = 1024
    /// A quote of an endpoint's measured state, 8 KiB: with every list at its longest it has 5 KiB.
    package static let stateQuoteBytesMax = 8 * 1024
    /// A nonce for the next quote: 16 random bytes are never met twice.
    package static let stateNonceBytes = 16
    /// Custom capabilities that a client may list.
    package static let capabilityCountMax = 64
    /// A text for a person, cut: why a release failed, what to do.
    package static let messageBytesMax = 512
    /// A credential or enrolment secret: 32 bytes in hex or base64 take 64.
    package static let secretBytesMax = 256
    /// A remote configuration's body: the policy takes below 1 KiB.
    package static let policyBytesMax = 16 * 1024
    /// A signature: Ed25519 has 64 bytes; room for a later scheme.
    package static let signatureBytesMax = 8 * 1024
    /// Bytes of a download path.
    package static let pathBytesMax = 512

    // MARK: Management API

    /// A JSON request to the management API; packs have a bound of their own.
    package static let managementRequestBytesMax = 64 * 1024
    /// A statement of the release lab, 8 MiB: eight stages of a few dozen findings, some with an event of 64 KiB.
    package static let labResultBytesMax = 8 * 1024 * 1024
    /// A JSON answer of the management API: a full page of alerts at their longest is 4 MiB before escaping.
    package static let managementReplyBytesMax = 16 * 1024 * 1024
    /// Rows in one page of a list, where the caller names no number.
    package static let pageCountDefault = 200
    /// Rows in one page of a list. Alerts have a lower bound: they are long.
    package static let pageCountMax = 1000
    /// Alerts in one page.
    package static let alertPageCountMax = 64
    /// Longest wait of a long poll, in milliseconds: below the idle timeouts of common proxies (60 s).
    package static let waitMillisecondsMax: Int64 = 30_000
    /// A name that an operator gives, a reason that an operator states.
    package static let operatorTextBytesMax = 512
}
