import FleetModel

/// How many alerts one rule may raise: a burst, then a steady trickle. What is held back is counted, and the count goes
/// with the rule's next alert.
struct RuleRateLimit: Sendable {
    /// Alerts of one rule at once: enough to see what a chain of commands did.
    static let burst = 10
    /// Then one in this time, for each rule.
    static let refill = Moment.Span.seconds(10)
    /// Rules that are counted each for itself; beyond it new ones share one count. A pack has at most a few thousand.
    static let ruleCountMax = 4096

    private struct Bucket {
        /// Time that has been earned, up to `burst` times `refill`.
        var credit: Moment.Span
        var at: Moment
        var heldBack: UInt64 = 0
    }

    private var buckets: [String: Bucket] = [:]

    /// Whether a match of `rule` may become an alert now.
    ///
    /// - Returns: How many were held back since the rule's last alert; nil when this one is held back too.
    mutating func admit(_ rule: String, at now: Moment) -> UInt64? {
        let full = Moment.Span(milliseconds: Self.refill.milliseconds * Int64(Self.burst))
        let key = buckets[rule] != nil || buckets.count < Self.ruleCountMax ? rule : ""
        var bucket = buckets[key] ?? Bucket(credit: full, at: now)
        bucket.credit = min(full, bucket.credit + max(now - bucket.at, .zero))
        bucket.at = now
        defer { buckets[key] = bucket }
        guard bucket.credit >= Self.refill else {
            bucket.heldBack += 1
            return nil
        }
        bucket.credit = bucket.credit - Self.refill
        defer { bucket.heldBack = 0 }
        return bucket.heldBack
    }
}
