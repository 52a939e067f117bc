/// hawkBit's cascade of deployment groups.
struct GroupCascade: Sendable {
    private var sizes: [Int]
    private var succeeded: [Int]
    private var failed: [Int]
    /// Groups that have been started, in order; the first one is from the beginning.
    private(set) var startedCount = 1
    private(set) var isOverErrorThreshold = false

    /// Ten groups of equal size are a choice: hawkBit asks its operator for the number.
    static let groupCount = 10
    /// hawkBit's default (`RolloutGroupConditionBuilder.withDefaults`): reached at this share of the group's targets.
    static let successPercent = 50
    /// hawkBit's default is 50; 30 stops earlier, which is kind to it. Exceeded above this share of the targets.
    static let errorPercent = 30

    init(fleet: Int) {
        let count = max(1, min(Self.groupCount, fleet))
        sizes = (0..<count).map { (fleet + count - 1 - $0) / count }
        succeeded = Array(repeating: 0, count: count)
        failed = succeeded
    }

    /// Members of a group have their numbers ten apart, so that they poll at all times.
    func group(of endpoint: Int) -> Int { endpoint % sizes.count }

    func isStarted(of endpoint: Int) -> Bool { group(of: endpoint) < startedCount }

    mutating func succeed(_ endpoint: Int) {
        succeeded[group(of: endpoint)] += 1
        while startedCount < sizes.count,
            succeeded[startedCount - 1] * 100 >= sizes[startedCount - 1] * Self.successPercent
        {
            startedCount += 1
        }
    }

    mutating func fail(_ endpoint: Int) {
        let group = group(of: endpoint)
        failed[group] += 1
        if failed[group] * 100 > sizes[group] * Self.errorPercent { isOverErrorThreshold = true }
    }
}

/// The rate and the abort criteria of an AWS IoT job, with the numbers of the documentation's example: 50 a minute at
/// first, doubled with each 1,000 notified, 1,000 a minute at most; cancelled when at least 20% of at least 100 ended
/// executions failed, or at least 50% of at least 200 timed out.
struct JobRate: Sendable {
    var succeeded = 0
    var failed = 0
    var timedOut = 0
    private(set) var notified = 0
    private var minute = UInt32.max
    private var leftThisMinute = 0

    static let base = 50
    static let incrementFactor = 2
    static let notifiedToIncrease = 1_000
    /// The service's own limit, too.
    static let perMinuteMax = 1_000

    /// Notifications a minute, by the number that has been notified.
    var perMinute: Int {
        var rate = Self.base
        var increases = notified / Self.notifiedToIncrease
        while increases > 0, rate < Self.perMinuteMax {
            rate *= Self.incrementFactor
            increases -= 1
        }
        return min(rate, Self.perMinuteMax)
    }

    mutating func mayNotify(at second: UInt32) -> Bool {
        if second / 60 != minute {
            minute = second / 60
            leftThisMinute = perMinute
        }
        return leftThisMinute > 0
    }

    mutating func notify() {
        notified += 1
        leftThisMinute -= 1
    }

    var isAborted: Bool {
        let ended = succeeded + failed + timedOut
        return ended >= 100 && failed * 5 >= ended || ended >= 200 && timedOut * 2 >= ended
    }
}
