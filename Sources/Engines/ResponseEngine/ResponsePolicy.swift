package import FleetModel

/// What the customer lets rules do on an endpoint, and how often. Any value is safe: numbers outside their range are
/// brought into it.
package struct ResponsePolicy: Hashable, Sendable {
    /// Responses that are carried out; `alert` is always among them. `responses_allowed`.
    package let allowed: Set<RuleResponse>
    /// Destructive actions in any 60 seconds, at most. `destructive_actions_per_minute`.
    package let perMinuteMax: Int
    /// Destructive actions in any hour, at most. `destructive_actions_per_hour`.
    package let perHourMax: Int
    /// Actions of one release that people took back within an hour, from which on the release counts as harmful.
    /// `undone_actions_per_hour`.
    package let undonePerHourMax: Int

    /// A release that ends more than a hundred things an hour is no longer protection, whatever it hunts.
    package static let perHourBound = 100
    package static let minute = Moment.Span.minutes(1)
    package static let hour = Moment.Span.hours(1)

    package init(allowed: Set<RuleResponse>, perMinuteMax: Int, perHourMax: Int, undonePerHourMax: Int) {
        self.allowed = allowed.union([.alert])
        self.perHourMax = min(max(perHourMax, 0), Self.perHourBound)
        self.perMinuteMax = min(max(perMinuteMax, 0), self.perHourMax)
        self.undonePerHourMax = min(max(undonePerHourMax, 1), Self.perHourBound)
    }

    /// Until the customer says otherwise: alerts only. The numbers are for when he allows more: an intrusion is a handful
    /// of processes, a false positive is every machine's cron.
    package static let standard = ResponsePolicy(
        allowed: [.alert], perMinuteMax: 5, perHourMax: 20, undonePerHourMax: 3)
}
