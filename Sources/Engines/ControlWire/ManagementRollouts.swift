package import CanonicalCoding
package import FleetModel

/// POST /api/v1/rollouts: start to roll a published release out.
package struct RolloutRequest: Codable, Hashable, Sendable {
    package var release: ReleaseID
    package var policy: RolloutTerms
    /// A whole policy, as the rollout engine writes it, in place of one that the control plane knows; `policy` changes
    /// it, and names none. Nil: none is given.
    package var document: JSONValue?
    /// Whether to use the numbers of the policy's urgent lane; nil: no.
    package var urgent: Bool?

    package enum CodingKeys: String, CodingKey {
        case release, policy, urgent
        case document = "policy_document"
    }

    package init(
        release: ReleaseID, policy: RolloutTerms = RolloutTerms(), document: JSONValue? = nil, urgent: Bool? = nil
    ) {
        self.release = release
        self.policy = policy
        self.document = document
        self.urgent = urgent
    }
}

/// The numbers of a rollout's policy, under the names of the rollout engine's own document. In a request, nil takes the
/// number of the policy that `preset` names, or of the control plane's default; in an answer, none is nil.
package struct RolloutTerms: Codable, Hashable, Sendable {
    /// A policy that the control plane knows: `server-fleet`, `laptop-fleet`, `demo`. The other members change it.
    package var preset: String?
    /// Endpoints that may be lost in expectation: the first cap, when nothing is known.
    package var lossBudget: Int?
    /// Confidence of the bound on the failure rate, between 0 and 1, both excluded: for example 0.99.
    package var confidence: Double?
    /// How long an endpoint must stay well with the release before it counts as proven.
    package var bake: Moment.Span?
    /// An exposure without a word for this long is silent. The clock starts at the offer.
    package var silenceDeadline: Moment.Span?
    /// An exposure that is not settled this long after its offer is silent, even if the endpoint still speaks.
    package var settleDeadline: Moment.Span?
    /// The longest that a well endpoint goes between two check-ins.
    package var pollInterval: Moment.Span?
    /// The largest share of endpoints that fails within a bake without any release, between 0 and 1.
    package var noiseCeiling: Double?
    /// The probability, at most, that a clean release is halted.
    package var alpha: Double?
    /// Refusals by endpoints after which the gate holds and asks a person.
    package var refusalCountMax: Int?
    /// Steps that a pack's program may take for one event.
    package var programStepsMax: Int?
    /// What the release lab must have said: `passed`, `not_failed` or `any`.
    package var labResult: String?

    package enum CodingKeys: String, CodingKey {
        case confidence, alpha
        case preset = "name"
        case lossBudget = "loss_budget"
        case bake = "bake_ms"
        case silenceDeadline = "silence_deadline_ms"
        case settleDeadline = "settle_deadline_ms"
        case pollInterval = "poll_interval_ms"
        case noiseCeiling = "noise_ceiling"
        case refusalCountMax = "refusal_count_max"
        case programStepsMax = "program_steps_max"
        case labResult = "lab_result"
    }

    package init(
        preset: String? = nil, lossBudget: Int? = nil, confidence: Double? = nil, bake: Moment.Span? = nil,
        silenceDeadline: Moment.Span? = nil, settleDeadline: Moment.Span? = nil, pollInterval: Moment.Span? = nil,
        noiseCeiling: Double? = nil, alpha: Double? = nil, refusalCountMax: Int? = nil, labResult: String? = nil,
        programStepsMax: Int? = nil
    ) {
        self.labResult = labResult
        self.preset = preset
        self.lossBudget = lossBudget
        self.confidence = confidence
        self.bake = bake
        self.silenceDeadline = silenceDeadline
        self.settleDeadline = settleDeadline
        self.pollInterval = pollInterval
        self.noiseCeiling = noiseCeiling
        self.alpha = alpha
        self.refusalCountMax = refusalCountMax
        self.programStepsMax = programStepsMax
    }
}

/// How many endpoints of a rollout stand where. Each that was offered the release is proven, failed, silent or
/// withdrawn, or still open. Failed and silent ones stay exposed: nothing shows that they are well.
package struct RolloutCounts: Codable, Hashable, Sendable {
    package var offered: Int
    package var proven: Int
    package var failed: Int
    package var silent: Int
    package var withdrawn: Int
    /// offered - proven - withdrawn.
    package var exposed: Int
    /// Of the withdrawn, those whose endpoint refused the bytes.
    package var refused: Int
    /// Of the proven, those that were silent by their deadline and well later.
    package var late: Int

    package init(
        offered: Int, proven: Int, failed: Int, silent: Int, withdrawn: Int, exposed: Int, refused: Int = 0,
        late: Int = 0
    ) {
        self.offered = offered
        self.proven = proven
        self.failed = failed
        self.silent = silent
        self.withdrawn = withdrawn
        self.exposed = exposed
        self.refused = refused
        self.late = late
    }
}

/// What the gate last said.
package struct VerdictSummary: Codable, Hashable, Sendable {
    /// `expand`, `hold`, `halt` or `complete`.
    package var verdict: String
    /// Every reason, as a sentence each.
    package var reasons: [String]
    package var at: Moment

    package enum CodingKeys: String, CodingKey {
        case verdict, reasons
        case at = "at_ms"
    }

    package init(verdict: String, reasons: [String], at: Moment) {
        self.verdict = verdict
        self.reasons = reasons
        self.at = at
    }
}

/// A rollout as it stands: GET /api/v1/rollouts/ID, a row of GET /api/v1/rollouts, and the answer to every command.
package struct RolloutSummary: Codable, Hashable, Sendable {
    package var id: RolloutID
    package var release: ReleaseID
    /// One word: `ramping`, `held`, `halted`, `recalled`, `complete`.
    package var phase: String
    package var policy: RolloutTerms
    /// Endpoints that the rollout is for: offered the release, waiting for it, and holding it before it was offered.
    package var endpointCount: Int
    package var counts: RolloutCounts
    /// Endpoints that may be exposed now.
    package var cap: Int
    /// The largest exposure so far, and the cap at that moment.
    package var maxExposed: Int
    package var capAtMaxExposed: Int
    package var startedAt: Moment
    /// When it was first complete, or was halted or recalled; nil while it is on its way or held. A complete rollout
    /// still offers the release to latecomers, and can still be condemned.
    package var finishedAt: Moment?
    package var verdict: VerdictSummary?
    /// `normal` or `urgent`; nil from a control plane that has one lane.
    package var lane: String?
    /// Cohorts that were halted alone, in the order of their halts; nil from a control plane that has no cohorts.
    package var haltedCohorts: [String]?
    /// What the release lab said of the release, the newest word; nil when it did not run it.
    package var lab: LabSummary?
    /// The whole policy, as the rollout engine writes it. Only where it was asked for: ``Routes/Parameter/policy``.
    package var document: JSONValue?

    package enum CodingKeys: String, CodingKey {
        case id, release, phase, policy, counts, cap, verdict, lane, lab
        case haltedCohorts = "halted_cohorts"
        case document = "policy_document"
        case endpointCount = "endpoints"
        case maxExposed = "max_exposed"
        case capAtMaxExposed = "cap_at_max_exposed"
        case startedAt = "started_ms"
        case finishedAt = "finished_ms"
    }

    package init(
        id: RolloutID, release: ReleaseID, phase: String, policy: RolloutTerms, endpointCount: Int,
        counts: RolloutCounts, cap: Int, maxExposed: Int, capAtMaxExposed: Int, startedAt: Moment,
        finishedAt: Moment? = nil, verdict: VerdictSummary? = nil, lane: String? = nil, haltedCohorts: [String]? = nil,
        lab: LabSummary? = nil, document: JSONValue? = nil
    ) {
        self.lab = lab
        self.lane = lane
        self.haltedCohorts = haltedCohorts
        self.document = document
        self.id = id
        self.release = release
        self.phase = phase
        self.policy = policy
        self.endpointCount = endpointCount
        self.counts = counts
        self.cap = cap
        self.maxExposed = maxExposed
        self.capAtMaxExposed = capAtMaxExposed
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.verdict = verdict
    }
}

/// GET /api/v1/rollouts: the newest first, at most ``ControlWireLimit/pageCountMax``.
package struct RolloutList: Codable, Hashable, Sendable {
    package var rollouts: [RolloutSummary]

    package init(rollouts: [RolloutSummary]) { self.rollouts = rollouts }
}

/// POST to a rollout's commands: why. Kept with the operator's action, and for a recall shown to endpoints.
package struct ReasonRequest: Codable, Hashable, Sendable {
    /// At most ``ControlWireLimit/operatorTextBytesMax`` bytes.
    package var reason: String

    package init(reason: String) { self.reason = reason }
}

/// One row of a rollout's ledger.
package struct LedgerRow: Codable, Hashable, Sendable {
    /// Ascending over all rollouts, never reused.
    package var sequence: Int64
    package var at: Moment
    /// `debit`, `proven`, `failed`, `silent`, `withdrawn`, `verdict`, `phase` or `outage`.
    package var kind: String
    /// The endpoint that a debit or its settlement is about.
    package var endpoint: EndpointID?
    package var detail: String

    package enum CodingKeys: String, CodingKey {
        case sequence, kind, endpoint, detail
        case at = "at_ms"
    }

    package init(sequence: Int64, at: Moment, kind: String, endpoint: EndpointID?, detail: String) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.endpoint = endpoint
        self.detail = detail
    }
}

/// GET /api/v1/rollouts/ID/ledger: rows in ascending order.
package struct LedgerPage: Codable, Hashable, Sendable {
    package var rows: [LedgerRow]
    /// `after` of the next request: the last row's sequence, or what was asked for when there was none. A page without
    /// rows says that there are no more yet.
    package var next: Int64

    package init(rows: [LedgerRow], next: Int64) {
        self.rows = rows
        self.next = next
    }
}
