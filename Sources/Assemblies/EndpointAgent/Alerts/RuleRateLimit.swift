import FleetModel
import WorkerWire

/// How many alerts one rule may raise: a burst, then a steady trickle, and the same thing once in a while. What is held
/// back is counted, and the counts go with the next alert.
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

    /// Matches of one rule with equal values within this time are one alert and a count.
    static let sameSpan = Moment.Span.seconds(60)
    /// Things that are told apart at once; beyond it, the oldest half is forgotten, and told again if it comes again.
    static let sameCountMax = 4096

    private struct Same {
        var at: Moment
        var repeats: UInt64 = 0
    }

    private var seen: [DetectionFingerprint: Same] = [:]

    /// What an alert tells of those that were not raised.
    struct Admission: Equatable, Sendable {
        /// Alerts of the rule that were held back since its last one.
        var heldBack: UInt64
        /// Matches with the same values since the last alert that had them.
        var repeats: UInt64
    }

    /// Whether a match may become an alert now; nil when it is held back, and then it is counted.
    mutating func admit(_ match: DetectionFingerprint, at now: Moment) -> Admission? {
        if let same = seen[match], now - same.at < Self.sameSpan, now >= same.at {
            seen[match]?.repeats += 1
            return nil
        }
        guard let heldBack = admit(match.rule, at: now) else { return nil }
        let repeats = seen[match]?.repeats ?? 0
        if seen.count >= Self.sameCountMax { forgetOldest() }
        seen[match] = Same(at: now)
        return Admission(heldBack: heldBack, repeats: repeats)
    }

    private mutating func forgetOldest() {
        let moments = seen.values.map(\.at).sorted()
        let middle = moments[moments.count / 2]
        seen = seen.filter { $0.value.at > middle }
    }

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

/// What makes two matches the same: the rule, and the values that it looked at.
struct DetectionFingerprint: Hashable, Sendable {
    let rule: String
    private let fields: [RuleMatch.Field]

    /// Process numbers do not tell things apart: a command that runs a thousand times is one thing.
    init(_ match: RuleMatch) {
        rule = match.ruleID
        fields = match.fields.filter { $0.field != .processId && $0.field != .parentProcessId }
    }
}
