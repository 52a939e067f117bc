/// Caps denials in any window of a minute: a sliding one, so that no minute can hold two budgets.
struct DenialBudget: Sendable {
    let countMax: Int
    /// When each denial of the last minute was made, oldest first; at most `countMax`.
    private var times: [Int64] = []

    init(countMax: Int) { self.countMax = countMax }

    /// Whether one more denial is within the budget; if so, it is spent.
    mutating func take(nowMicroseconds now: Int64) -> Bool {
        while let oldest = times.first, now - oldest >= BrokerLimit.budgetWindowMicroseconds { times.removeFirst() }
        guard times.count < countMax else { return false }
        times.append(now)
        return true
    }
}
