package import FleetModel

/// The control plane at a glance: GET /api/v1/status.
package struct ControlStatus: Codable, Hashable, Sendable {
    /// Version of the control plane's program.
    package var version: String
    package var startedAt: Moment
    /// The control plane's clock: monotonic, and what all times of the API are measured by.
    package var now: Moment
    /// Endpoints that have enrolled and are not revoked.
    package var endpointCount: Int
    /// Of those, the ones heard of within the silence deadline.
    package var endpointsReporting: Int
    /// Of those, the ones whose components are all healthy.
    package var endpointsHealthy: Int
    package var releaseCount: Int
    /// Rollouts that are not finished.
    package var rolloutsActive: Int
    package var alertCount: Int
    /// The newest alert's sequence, 0 when there is none: where a reader of new alerts begins.
    package var lastAlertSequence: Int64
    /// Goes up with every recall.
    package var recallRevision: Int64
    /// Why the store cannot be written, for a person; nil when it can. No offer is made while it cannot.
    package var storageFault: String?

    package enum CodingKeys: String, CodingKey {
        case version
        case startedAt = "started_ms"
        case now = "now_ms"
        case endpointCount = "endpoints"
        case endpointsReporting = "endpoints_reporting"
        case endpointsHealthy = "endpoints_healthy"
        case releaseCount = "releases"
        case rolloutsActive = "rollouts_active"
        case alertCount = "alerts"
        case lastAlertSequence = "last_alert"
        case recallRevision = "recall_revision"
        case storageFault = "storage_fault"
    }

    package init(
        version: String, startedAt: Moment, now: Moment, endpointCount: Int, endpointsReporting: Int,
        endpointsHealthy: Int, releaseCount: Int, rolloutsActive: Int, alertCount: Int,
        lastAlertSequence: Int64, recallRevision: Int64,
        storageFault: String? = nil
    ) {
        self.version = version
        self.startedAt = startedAt
        self.now = now
        self.endpointCount = endpointCount
        self.endpointsReporting = endpointsReporting
        self.endpointsHealthy = endpointsHealthy
        self.releaseCount = releaseCount
        self.rolloutsActive = rolloutsActive
        self.alertCount = alertCount
        self.lastAlertSequence = lastAlertSequence
        self.recallRevision = recallRevision
        self.storageFault = storageFault
    }
}

/// The body of every answer with a status of 400 and above: `{"error":{"code","message","next_step"}}`.
package struct ErrorBody: Codable, Hashable, Sendable, Error {
    package var error: Detail

    package struct Detail: Codable, Hashable, Sendable {
        /// Stable, for programs: `pack.signature_invalid`.
        package var code: String
        /// What is wrong, for a person.
        package var message: String
        /// What to do now, as a sentence.
        package var nextStep: String

        package enum CodingKeys: String, CodingKey {
            case code, message
            case nextStep = "next_step"
        }

        package init(code: String, message: String, nextStep: String) {
            self.code = code
            self.message = message
            self.nextStep = nextStep
        }
    }

    package init(code: String, message: String, nextStep: String) {
        error = Detail(code: code, message: message, nextStep: nextStep)
    }
}
