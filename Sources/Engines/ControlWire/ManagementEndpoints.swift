package import FleetModel

/// An endpoint as the control plane knows it: a row of GET /api/v1/endpoints, and GET /api/v1/endpoints/ID.
package struct EndpointSummary: Hashable, Sendable {
    package var id: EndpointID
    /// The host's name, or the name that the operator gave with the credential.
    package var name: String
    /// OpenTelemetry `service.name`; empty until the endpoint has described itself.
    package var service: String
    package var cohort: CohortAttributes
    /// Nil until the endpoint has reported its health.
    package var health: EndpointHealth?
    package var enrolledAt: Moment
    /// The last authenticated check-in, by the control plane's clock; nil before the first.
    package var lastSeenAt: Moment?
    /// When the credential was revoked; nil while it is good.
    package var revokedAt: Moment?
    /// Releases that the endpoint holds or has just left.
    package var releases: [ReleaseReport]
    /// True when its events come from its own kernel, false when it replays a recording.
    package var hasLiveSensor: Bool
    /// Events that sensor or worker lost since the agent started: reduced protection.
    package var eventsLost: UInt64
    /// Events evaluated since the agent started.
    package var eventsEvaluated: UInt64
    /// Whether its measured state verifies.
    package var stateStanding: StateStanding

    package init(
        id: EndpointID, name: String, service: String, cohort: CohortAttributes, health: EndpointHealth?,
        enrolledAt: Moment, lastSeenAt: Moment? = nil, revokedAt: Moment? = nil, releases: [ReleaseReport] = [],
        hasLiveSensor: Bool = false, eventsLost: UInt64 = 0, eventsEvaluated: UInt64 = 0,
        stateStanding: StateStanding = .notMeasured
    ) {
        self.stateStanding = stateStanding
        self.id = id
        self.name = name
        self.service = service
        self.cohort = cohort
        self.health = health
        self.enrolledAt = enrolledAt
        self.lastSeenAt = lastSeenAt
        self.revokedAt = revokedAt
        self.releases = releases
        self.hasLiveSensor = hasLiveSensor
        self.eventsLost = eventsLost
        self.eventsEvaluated = eventsEvaluated
    }
}

extension EndpointSummary {
    /// Whether the endpoint has reported its health, and that it is well.
    package var isWell: Bool { health?.isHealthy == true }

    /// The releases that evaluate the endpoint's events now, one of each pack.
    package var activeReleases: [ReleaseID] { releases.filter(\.isActive).map(\.release).sorted() }
}

extension EndpointSummary: Codable {
    package enum CodingKeys: String, CodingKey {
        case id, name, service, health, releases
        /// By OpenTelemetry's names, as in an AgentDescription: `os.type`, `tag.ring`.
        case cohort = "attributes"
        case enrolledAt = "enrolled_ms"
        case lastSeenAt = "last_seen_ms"
        case revokedAt = "revoked_ms"
        case hasLiveSensor = "live_sensor"
        case eventsLost = "events_lost"
        case eventsEvaluated = "events_evaluated"
        case stateStanding = "state_standing"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(EndpointID.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            service: try container.decode(String.self, forKey: .service),
            cohort: CohortAttributes(attributes: try container.decode([String: String].self, forKey: .cohort)),
            health: try container.decodeIfPresent(EndpointHealth.self, forKey: .health),
            enrolledAt: try container.decode(Moment.self, forKey: .enrolledAt),
            lastSeenAt: try container.decodeIfPresent(Moment.self, forKey: .lastSeenAt),
            revokedAt: try container.decodeIfPresent(Moment.self, forKey: .revokedAt),
            releases: try container.decode([ReleaseReport].self, forKey: .releases),
            hasLiveSensor: try container.decode(Bool.self, forKey: .hasLiveSensor),
            eventsLost: try container.decode(UInt64.self, forKey: .eventsLost),
            eventsEvaluated: try container.decode(UInt64.self, forKey: .eventsEvaluated),
            // Absent from an older server, and from snapshots that one wrote.
            stateStanding: try container.decodeIfPresent(StateStanding.self, forKey: .stateStanding) ?? .notMeasured)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(service, forKey: .service)
        try container.encode(cohort.attributes, forKey: .cohort)
        try container.encodeIfPresent(health, forKey: .health)
        try container.encode(enrolledAt, forKey: .enrolledAt)
        try container.encodeIfPresent(lastSeenAt, forKey: .lastSeenAt)
        try container.encodeIfPresent(revokedAt, forKey: .revokedAt)
        try container.encode(releases, forKey: .releases)
        try container.encode(hasLiveSensor, forKey: .hasLiveSensor)
        try container.encode(eventsLost, forKey: .eventsLost)
        try container.encode(eventsEvaluated, forKey: .eventsEvaluated)
        try container.encode(stateStanding, forKey: .stateStanding)
    }
}

/// GET /api/v1/endpoints: ascending by id.
package struct EndpointPage: Codable, Hashable, Sendable {
    package var endpoints: [EndpointSummary]
    /// `after` of the next request; nil when these were the last.
    package var next: EndpointID?

    package init(endpoints: [EndpointSummary], next: EndpointID?) {
        self.endpoints = endpoints
        self.next = next
    }
}

/// POST /api/v1/endpoints: mint a credential for an endpoint that cannot enrol by itself.
package struct EndpointRequest: Codable, Hashable, Sendable {
    /// For people. At most ``ControlWireLimit/operatorTextBytesMax`` bytes.
    package var name: String

    package init(name: String) { self.name = name }
}

/// The answer to an ``EndpointRequest``. The control plane keeps only the credential's SHA-256: it is shown once.
package struct MintedCredential: Codable, Hashable, Sendable {
    package var endpoint: EndpointID
    package var credential: String
    /// The header that the client sends: `Authorization: Bearer ...`.
    package var header: String

    package init(endpoint: EndpointID, credential: String) {
        self.endpoint = endpoint
        self.credential = credential
        header = "Authorization: \(AgentAuthorization.credential(credential).header)"
    }
}
