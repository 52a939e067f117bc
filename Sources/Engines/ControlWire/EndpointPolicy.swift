import CanonicalCoding
package import FleetModel

/// What the control plane tells endpoints about how to behave: OpAMP's remote configuration, file `firebreak`, JSON.
///
/// Valid by construction: the only ways in are ``standard``, ``init(decoding:)`` and changes that ``encoded()`` checks.
/// An agent without one uses ``standard``; an agent that is sent an invalid one keeps what it has and reports that.
package struct EndpointPolicy: Hashable, Sendable {
    /// From one check-in to the next, when nothing urgent is to be told. `poll_interval_ms`.
    package var pollInterval: Moment.Span
    /// How long a release runs beside the active one before it may be put on trial. `shadow_ms`.
    package var shadow: Moment.Span
    /// Events that a release must have evaluated in shadow before it may be put on trial. `shadow_events_min`.
    package var shadowEventsMin: Int64
    /// How long a release is active before it may be committed. `trial_ms`.
    package var trial: Moment.Span
    /// Events that a release must have evaluated while active before it may be committed. `trial_events_min`.
    package var trialEventsMin: Int64
    /// A worker that has not loaded a release this long after its start is ended. `load_deadline_ms`.
    package var loadDeadline: Moment.Span
    /// A loaded worker that does not answer for this long is ended. `worker_deadline_ms`.
    package var workerDeadline: Moment.Span
    /// A download that takes longer is given up until the next check-in. `download_deadline_ms`.
    package var downloadDeadline: Moment.Span
    /// Destructive actions (denials, kills, quarantines) in any minute, at most. `destructive_actions_per_minute`.
    package var destructiveActionsPerMinute: Int64 = 5
    /// The same in any hour. `destructive_actions_per_hour`.
    package var destructiveActionsPerHour: Int64 = 20
    /// Actions of one release that people took back within an hour, from which on it counts as harmful.
    /// `undone_actions_per_hour`.
    package var undoneActionsPerHour: Int64 = 3
    /// What rules may do on the endpoint beside alerting; nothing until the customer says so. `responses_allowed`, a
    /// list of names, ascending.
    package var responsesAllowed: Set<RuleResponse> = []

    package init(
        pollInterval: Moment.Span, shadow: Moment.Span, shadowEventsMin: Int64, trial: Moment.Span,
        trialEventsMin: Int64, loadDeadline: Moment.Span, workerDeadline: Moment.Span, downloadDeadline: Moment.Span
    ) {
        self.pollInterval = pollInterval
        self.shadow = shadow
        self.shadowEventsMin = shadowEventsMin
        self.trial = trial
        self.trialEventsMin = trialEventsMin
        self.loadDeadline = loadDeadline
        self.workerDeadline = workerDeadline
        self.downloadDeadline = downloadDeadline
    }

    /// What an agent follows until it is told otherwise: a recall arrives within half a minute, and a release has run
    /// for five minutes in all, and worked, before it is kept.
    package static let standard = EndpointPolicy(
        pollInterval: .seconds(30), shadow: .minutes(1), shadowEventsMin: 1, trial: .minutes(4), trialEventsMin: 1,
        loadDeadline: .seconds(30), workerDeadline: .seconds(2), downloadDeadline: .minutes(2))

    /// The configuration's name in OpAMP's config map.
    package static let configName = "firebreak"

    /// The least and most of each number. Below the least, endpoints would load the server or end workers that are
    /// well; above the most, a recall would take hours to arrive or a trial would never end.
    package enum Bounds {
        package static let pollInterval: ClosedRange<Int64> = 50...3_600_000
        package static let shadow: ClosedRange<Int64> = 0...86_400_000
        package static let trial: ClosedRange<Int64> = 0...86_400_000
        package static let eventsMin: ClosedRange<Int64> = 0...1_000_000
        package static let loadDeadline: ClosedRange<Int64> = 1_000...300_000
        package static let workerDeadline: ClosedRange<Int64> = 50...60_000
        package static let downloadDeadline: ClosedRange<Int64> = 100...3_600_000
        package static let destructiveActions: ClosedRange<Int64> = 0...100
        package static let undoneActions: ClosedRange<Int64> = 1...100
    }

    /// Each number with its name on the wire and its bounds, in the order of documentation.
    private static let fields:
        [(name: String, field: any WritableKeyPath<EndpointPolicy, Int64> & Sendable, bounds: ClosedRange<Int64>)] = [
            ("poll_interval_ms", \.pollInterval.milliseconds, Bounds.pollInterval),
            ("shadow_ms", \.shadow.milliseconds, Bounds.shadow),
            ("shadow_events_min", \.shadowEventsMin, Bounds.eventsMin),
            ("trial_ms", \.trial.milliseconds, Bounds.trial),
            ("trial_events_min", \.trialEventsMin, Bounds.eventsMin),
            ("load_deadline_ms", \.loadDeadline.milliseconds, Bounds.loadDeadline),
            ("worker_deadline_ms", \.workerDeadline.milliseconds, Bounds.workerDeadline),
            ("download_deadline_ms", \.downloadDeadline.milliseconds, Bounds.downloadDeadline),
            ("destructive_actions_per_minute", \.destructiveActionsPerMinute, Bounds.destructiveActions),
            ("destructive_actions_per_hour", \.destructiveActionsPerHour, Bounds.destructiveActions),
            ("undone_actions_per_hour", \.undoneActionsPerHour, Bounds.undoneActions),
        ]

    private static let responsesName = "responses_allowed"

    /// The policy that `bytes` stand for. All members are wanted and no other is taken: one that an agent passes over
    /// is one that a newer control plane means to be obeyed.
    package init(decoding bytes: [UInt8]) throws(ControlWireError) {
        self = .standard
        do {
            let document = JSONReader(
                try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: ControlWireLimit.policyBytesMax)))
            try document.requireNoMembers(beside: Set(Self.fields.map(\.name) + [Self.responsesName]))
            for field in Self.fields {
                self[keyPath: field.field] = try document.member(field.name).integer(in: field.bounds)
            }
            for name in try document.member(Self.responsesName).elements() {
                responsesAllowed.insert(try Self.response(reading: name))
            }
        } catch {
            throw ControlWireError(error, subject: "policy")
        }
    }

    private static func response(reading name: JSONReader) throws(JSONError) -> RuleResponse {
        guard let response = RuleResponse(name: try name.string()), response.isDestructive else {
            throw name.refusal(
                "no such response; known are "
                    + RuleResponse.allCases.filter(\.isDestructive).map(\.name).joined(separator: ", "))
        }
        return response
    }

    /// The policy's bytes: canonical JSON, so that one policy has one hash.
    ///
    /// - Throws: ``ControlWireError`` with `.invalidValue` for a number out of its bounds.
    package func encoded() throws(ControlWireError) -> [UInt8] {
        var document = JSONObject()
        for field in Self.fields {
            let value = self[keyPath: field.field]
            guard field.bounds.contains(value) else {
                throw ControlWireError(
                    .invalidValue, subject: field.name,
                    message: "\(value) is outside \(field.bounds.lowerBound)...\(field.bounds.upperBound)")
            }
            document[field.name] = .integer(value)
        }
        document[Self.responsesName] = .array(responsesAllowed.map(\.name).sorted().map { .string($0) })
        do {
            return try CanonicalJSON.encode(.object(document))
        } catch {
            throw ControlWireError(error, subject: "policy")
        }
    }
}
