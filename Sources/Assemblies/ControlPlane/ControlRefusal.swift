import ControlWire
import FleetModel
import FleetStore
import UpdateTrust

/// A request that is not carried out, and why: the body and status of an answer of 400 and above.
struct ControlRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable, for programs. What other rooms refuse keeps their own codes.
    enum Code: String, Sendable, CaseIterable {
        /// The server could not read the request.
        case requestRefused = "request.refused"
        /// There is no such route.
        case requestPath = "request.path"
        /// A name, version, id or digest in the path is none.
        case requestIdentifier = "request.identifier"
        /// A query parameter is out of its bounds.
        case requestParameter = "request.parameter"
        /// The body has another media type than the route takes.
        case requestMediaType = "request.media_type"
        /// There is no such release, rollout, endpoint or pack.
        case resourceUnknown = "resource.unknown"
        /// The header Authorization is missing or is not understood.
        case authorizationMissing = "authorization.missing"
        /// The operator's token is missing or wrong.
        case tokenUnknown = "token.unknown"
        /// The endpoint's credential is not known here: forged, or of another control plane.
        case credentialUnknown = "credential.unknown"
        /// The credential is another endpoint's.
        case credentialForeign = "credential.foreign"
        /// An operator has revoked the endpoint's credential.
        case credentialRevoked = "credential.revoked"
        /// This is not the enrolment secret.
        case enrolmentSecretWrong = "enrolment.secret_wrong"
        /// The endpoint has enrolled and used its credential; the secret is refused for it.
        case enrolmentDone = "enrolment.done"
        /// The endpoint was revoked before.
        case endpointRevoked = "endpoint.revoked"
        /// The control plane holds as many endpoints as it can.
        case endpointTooMany = "endpoint.too_many"
        /// The pack was not offered to the endpoint that asks for it.
        case packNotOffered = "pack.not_offered"
        /// The pack is of a recalled release, and is given to nobody.
        case packRecalled = "pack.recalled"
        /// The version was published with other bytes.
        case releaseConflict = "release.conflict"
        /// A later version of the channel was published before.
        case releaseOlder = "release.older"
        /// The release was recalled; that is final.
        case releaseRecalled = "release.recalled"
        /// The release has no entry in the public record, which was begun later.
        case releaseUnrecorded = "release.unrecorded"
        /// The lab failed the pack, and the policy lets no failed release through.
        case releaseLabFailed = "release.lab_failed"
        /// The lab did not run the pack, and the policy asks for its word.
        case releaseLabMissing = "release.lab_missing"
        /// The program may take more steps for one event than the policy allows.
        case releaseTooDear = "release.too_dear"
        /// The statement of the lab is not one.
        case labStatementInvalid = "lab.statement_invalid"
        /// No policy has that name.
        case policyUnknown = "policy.unknown"
        /// A number of the policy is out of its bounds.
        case policyInvalid = "policy.invalid"
        /// The urgent lane is asked for, and the policy has none.
        case policyNoUrgentLane = "policy.no_urgent_lane"
        /// The customer's policy cannot be taken.
        case customerInvalid = "customer.invalid"
        /// Another rollout is on its way in the channel.
        case rolloutChannelBusy = "rollout.channel_busy"
        /// The channel has this version, or a later one.
        case rolloutNotNewer = "rollout.not_newer"
        /// The rollout has come to an end that is final.
        case rolloutFinished = "rollout.finished"
        /// The rollout is not in a phase in which it can be told so.
        case rolloutWrongPhase = "rollout.wrong_phase"
        /// The pack's file could not be written.
        case storePackUnwritten = "store.pack_unwritten"
        /// More requests wait than can be answered in time.
        case serverOverloaded = "server.overloaded"
        /// The control plane failed; its log says more.
        case serverFailed = "server.failed"

        /// HTTP status (RFC 9110 clause 15.5 and 15.6; 507: RFC 4918).
        var status: Int {
            switch self {
            case .requestRefused, .requestIdentifier, .requestParameter, .policyUnknown, .policyInvalid,
                .policyNoUrgentLane, .customerInvalid, .labStatementInvalid:
                400
            case .authorizationMissing, .tokenUnknown, .credentialUnknown, .credentialForeign, .credentialRevoked,
                .enrolmentSecretWrong, .enrolmentDone:
                401
            case .packNotOffered: 403
            case .requestPath, .resourceUnknown: 404
            case .endpointRevoked, .releaseConflict, .releaseOlder, .releaseRecalled, .releaseUnrecorded,
                .releaseLabFailed, .releaseLabMissing, .releaseTooDear, .rolloutChannelBusy, .rolloutNotNewer,
                .rolloutFinished,
                .rolloutWrongPhase:
                409
            case .packRecalled: 410
            case .requestMediaType: 415
            case .serverFailed: 500
            case .endpointTooMany, .serverOverloaded: 503
            case .storePackUnwritten: 507
            }
        }
    }

    let status: Int
    let body: ErrorBody
    /// Seconds after which the same request may be taken.
    let retryAfterSeconds: Int?

    init(_ code: Code, _ message: String, next: String, retryAfterSeconds: Int? = nil) {
        self.init(code.status, code.rawValue, message, next: next, retryAfterSeconds: retryAfterSeconds)
    }

    init(_ status: Int, _ code: String, _ message: String, next: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        body = ErrorBody(code: code, message: message, nextStep: next)
    }

    var description: String { "\(body.error.message) (\(status) \(body.error.code))" }
}

extension ControlRefusal {
    init(_ error: StoreError) {
        self.init(
            503, error.code.rawValue, "nothing was changed, because the store cannot be written: \(error.message)",
            next: error.code.nextStep, retryAfterSeconds: 2)
    }

    init(_ error: ControlWireError) {
        self.init(
            error.code.httpStatus, error.code.rawValue, "\(error.subject): \(error.message)",
            next: "Send a message that keeps the protocol: docs/design/control-plane.md.")
    }

    init(_ error: TrustError) {
        let status =
            switch error.code {
            case .oversized: 413
            case .unknownKey, .signatureInvalid: 403
            case .versionMismatch, .digestMismatch: 409
            case .schemaUnsupported: 422
            case .truncated, .malformed, .manifestInvalid, .contentMismatch, .keyFileMalformed, .keyFileEmpty: 400
            // Remedies go to endpoints by another way; none arrives here.
            case .remedyMalformed, .remedyUnknownKey, .remedySignatureInvalid, .remedyExpired: 400
            }
        let place = error.subject.isEmpty ? "" : "\(error.subject): "
        self.init(status, error.code.rawValue, "\(place)\(error.message)", next: error.nextStep)
    }

    /// Any error as a refusal: what is not ours is a failure of the server.
    init(any error: any Error) {
        self =
            switch error {
            case let error as ControlRefusal: error
            case let error as StoreError: ControlRefusal(error)
            case let error as ControlWireError: ControlRefusal(error)
            case let error as TrustError: ControlRefusal(error)
            default:
                ControlRefusal(
                    .serverFailed, "the control plane failed: \(error)", next: "Read the control plane's log.")
            }
    }

    static let overloaded = ControlRefusal(
        .serverOverloaded, "more requests wait than the control plane can answer in time",
        next: "Come back after the time in Retry-After.", retryAfterSeconds: 5)

    static func notFound(_ what: String, list: String) -> ControlRefusal {
        ControlRefusal(.resourceUnknown, "there is no \(what)", next: "See what there is: \(list).")
    }

    static let badCredential = ControlRefusal(
        .credentialUnknown, "this credential is not known here",
        next:
            "Let the endpoint enrol again: remove its state folder, or mint a credential with `firebreak endpoint add`."
    )
    static let revoked = ControlRefusal(
        .credentialRevoked, "this endpoint's credential was revoked by an operator",
        next: "If the endpoint is to come back, remove its state folder so that it enrols anew.")
    static let badSecret = ControlRefusal(
        .enrolmentSecretWrong, "this is not the enrolment secret",
        next: "Give the agent the file enrolment.secret of this control plane's data folder.")
    static let enrolledBefore = ControlRefusal(
        .enrolmentDone,
        "this endpoint has enrolled and has used its credential; the enrolment secret is refused",
        next: "Let the agent use its credential; if that is lost, revoke the endpoint and remove its state folder.")
    static let authorizationMissing = ControlRefusal(
        .authorizationMissing, "the header Authorization is missing or is not understood",
        next: "Send \"Authorization: Bearer <credential>\", or \"Enrolment <secret>\" to enrol.")
    static let badToken = ControlRefusal(
        .tokenUnknown, "the operator token is missing or wrong",
        next: "Send \"Authorization: Bearer\" and the content of operator.token in the data folder.")
}
