package import FleetModel

/// An alert that the control plane holds: a row of GET /api/v1/alerts.
package struct AlertRow: Codable, Hashable, Sendable {
    /// Ascending in the order of arrival, never reused.
    package var sequence: Int64
    package var endpoint: EndpointID
    package var endpointName: String
    /// The rule's id.
    package var rule: String
    /// The rule's title, for people.
    package var title: String
    /// OCSF's word: `Informational`, `Low`, `Medium`, `High`, `Critical`.
    package var severity: String
    /// When the event happened, by the endpoint's clock.
    package var occurredAt: Moment
    /// When the control plane held the alert durably, by its own clock.
    package var receivedAt: Moment
    /// The OCSF Detection Finding, a JSON text as the endpoint sent it.
    package var finding: String

    package enum CodingKeys: String, CodingKey {
        case sequence, endpoint, rule, title, severity, finding
        case endpointName = "endpoint_name"
        case occurredAt = "occurred_ms"
        case receivedAt = "received_ms"
    }

    package init(
        sequence: Int64, endpoint: EndpointID, endpointName: String, rule: String, title: String, severity: String,
        occurredAt: Moment, receivedAt: Moment, finding: String
    ) {
        self.sequence = sequence
        self.endpoint = endpoint
        self.endpointName = endpointName
        self.rule = rule
        self.title = title
        self.severity = severity
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.finding = finding
    }
}

/// GET /api/v1/alerts: ascending in the order of arrival.
package struct AlertPage: Codable, Hashable, Sendable {
    package var alerts: [AlertRow]
    /// `after` of the next request: the last row's sequence, or what was asked for when there was none.
    package var next: Int64

    package init(alerts: [AlertRow], next: Int64) {
        self.alerts = alerts
        self.next = next
    }
}

/// Something that an operator did by hand. What the control plane does by itself is not here: so that the hands that a
/// recovery needed can be counted.
package struct OperatorAction: Codable, Hashable, Sendable {
    package var sequence: Int64
    package var at: Moment
    /// `release.publish`, `rollout.start`, `rollout.hold`, `rollout.resume`, `rollout.recall`, `endpoint.add`,
    /// `endpoint.revoke`.
    package var action: String
    /// The release, rollout or endpoint.
    package var subject: String
    /// The operator's reason, or empty.
    package var detail: String

    package enum CodingKeys: String, CodingKey {
        case sequence, action, subject, detail
        case at = "at_ms"
    }

    package init(sequence: Int64, at: Moment, action: String, subject: String, detail: String) {
        self.sequence = sequence
        self.at = at
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// GET /api/v1/operator-actions: in ascending order.
package struct OperatorActionPage: Codable, Hashable, Sendable {
    package var actions: [OperatorAction]
    /// `after` of the next request: the last row's sequence, or what was asked for when there was none.
    package var next: Int64

    package init(actions: [OperatorAction], next: Int64) {
        self.actions = actions
        self.next = next
    }
}
