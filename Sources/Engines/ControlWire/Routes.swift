package import FleetModel

/// Every path of the control plane, for the side that answers and the side that asks.
package enum Routes {
    // MARK: Agents

    /// OpAMP over HTTP: POST of an AgentToServer, `application/x-protobuf`.
    package static let opamp = "/v1/opamp"
    /// Packs by digest, below this: GET, `application/octet-stream`.
    package static let packs = "/v1/packs"
    /// A publisher's TUF repository, metadata and targets, below these: GET.
    package static let tuf = "/tuf"
    package static let targets = "/targets"
    /// The public log's files, below this: GET (C2SP tlog-tiles).
    package static let log = "/log"
    package static func pack(_ digest: Digest) -> String { "\(packs)/\(digest)" }
    /// Where the public log has a release's entry: GET, digits.
    package static func logIndex(_ digest: Digest) -> String { "\(packs)/\(digest)/log-index" }

    // MARK: Browsers and probes

    /// The status page.
    package static let page = "/"
    /// 200 when the store can be written, else 503.
    package static let health = "/healthz"

    // MARK: Management

    package static let status = "/api/v1/status"
    /// GET lists, POST of a pack's bytes publishes.
    package static let releases = "/api/v1/releases"
    /// POST of an in-toto statement of the release lab keeps it, before or after its pack is published.
    package static let labResults = "/api/v1/lab-results"
    /// GET of the newest statement about the pack with this digest.
    package static func labResult(of pack: Digest) -> String { "\(labResults)/\(pack)" }
    /// GET lists, POST of a ``RolloutRequest`` starts.
    package static let rollouts = "/api/v1/rollouts"
    package static func rollout(_ id: RolloutID) -> String { "\(rollouts)/\(id)" }
    /// GET of the ledger's rows after a sequence number.
    package static func ledger(_ id: RolloutID) -> String { "\(rollout(id))/ledger" }
    /// GET of a ``GateExplanation``.
    package static func explanation(_ id: RolloutID) -> String { "\(rollout(id))/explain" }
    /// POST of a ``ReasonRequest``.
    package static func command(_ command: RolloutCommand, on id: RolloutID) -> String {
        "\(rollout(id))/\(command.rawValue)"
    }
    /// GET lists, POST of an ``EndpointRequest`` mints a credential.
    package static let endpoints = "/api/v1/endpoints"
    package static func endpoint(_ id: EndpointID) -> String { "\(endpoints)/\(id)" }
    /// POST: the endpoint's credential is refused from now on.
    package static func revocation(of id: EndpointID) -> String { "\(endpoint(id))/revoke" }
    /// GET lists.
    package static let customers = "/api/v1/customers"
    /// GET shows, PUT of a customer's policy sets, DELETE removes. Whatever is no letter, digit, `-`, `.`, `_` or `~` of
    /// the name is percent-encoded (RFC 3986 clause 2.3).
    package static func customer(_ name: String) -> String {
        "\(customers)/\(percentEncoded(name))"
    }

    /// A text as a part of a path or query: whatever is no letter, digit, `-`, `.`, `_` or `~` is percent-encoded
    /// (RFC 3986 clause 2.3).
    package static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~".utf8.contains(byte)
            guard !isPlain else { return String(UnicodeScalar(byte)) }
            let hex = String(byte, radix: 16, uppercase: true)
            return hex.count == 1 ? "%0\(hex)" : "%\(hex)"
        }.joined()
    }
    /// GET, a long poll with ``Parameter/wait``.
    package static let alerts = "/api/v1/alerts"
    package static let operatorActions = "/api/v1/operator-actions"

    /// What an operator may tell a rollout. The raw value is the path's last segment.
    package enum RolloutCommand: String, Sendable, CaseIterable {
        case hold
        case resume
        case recall
    }

    /// Query parameters of lists.
    package enum Parameter {
        /// Rows after this key: a sequence number, or the last endpoint's id.
        package static let after = "after"
        /// Rows at most, 1 to ``ControlWireLimit/pageCountMax``.
        package static let limit = "limit"
        /// `full`: with a rollout, its whole policy. With a publication, the name of the policy that counts.
        package static let policy = "policy"
        /// With a publication: what the policy asks of the release lab, in place of the policy's own word.
        package static let labResult = "lab_result"
        /// Milliseconds to wait for a first row, 0 to ``ControlWireLimit/waitMillisecondsMax``.
        package static let wait = "wait_ms"
    }

    /// Media types of bodies.
    package enum MediaType {
        package static let protobuf = "application/x-protobuf"
        package static let pack = "application/octet-stream"
        package static let json = "application/json"
    }
}
