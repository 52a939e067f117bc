package import ControlWire
import FleetModel
import FleetStore
import UpdateTrust

/// A request that is not carried out, and why: the body and status of an answer of 400 and above.
package struct ControlRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// HTTP status (RFC 9110 clause 15.5 and 15.6).
    package let status: Int
    package let body: ErrorBody
    /// Seconds after which the same request may be taken.
    package let retryAfterSeconds: Int?

    package init(_ status: Int, _ code: String, _ message: String, next: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        body = ErrorBody(code: code, message: message, nextStep: next)
    }

    package var description: String { "\(body.error.message) (\(status) \(body.error.code))" }
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
                    500, "server.failed", "the control plane failed: \(error)", next: "Read the control plane's log.")
            }
    }

    static let overloaded = ControlRefusal(
        503, "server.overloaded", "more requests wait than the control plane can answer in time",
        next: "Come back after the time in Retry-After.", retryAfterSeconds: 5)

    static func notFound(_ what: String, list: String) -> ControlRefusal {
        ControlRefusal(404, "resource.unknown", "there is no \(what)", next: "See what there is: \(list).")
    }

    static let badCredential = ControlRefusal(
        401, "credential.unknown", "this credential is not known here",
        next:
            "Let the endpoint enrol again: remove its state folder, or mint a credential with `firebreak endpoint add`."
    )
    static let revoked = ControlRefusal(
        401, "credential.revoked", "this endpoint's credential was revoked by an operator",
        next: "If the endpoint is to come back, remove its state folder so that it enrols anew.")
    static let badSecret = ControlRefusal(
        401, "enrolment.secret_wrong", "this is not the enrolment secret",
        next: "Give the agent the file enrolment.secret of this control plane's data folder.")
    static let enrolledBefore = ControlRefusal(
        401, "enrolment.done",
        "this endpoint has enrolled and has used its credential; the enrolment secret is refused",
        next: "Let the agent use its credential; if that is lost, revoke the endpoint and remove its state folder.")
    static let authorizationMissing = ControlRefusal(
        401, "authorization.missing", "the header Authorization is missing or is not understood",
        next: "Send \"Authorization: Bearer <credential>\", or \"Enrolment <secret>\" to enrol.")
    static let badToken = ControlRefusal(
        401, "token.unknown", "the operator token is missing or wrong",
        next: "Send \"Authorization: Bearer\" and the content of operator.token in the data folder.")
}
