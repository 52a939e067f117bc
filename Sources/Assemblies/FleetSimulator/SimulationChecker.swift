import Glibc

/// Watches a simulated rollout from outside, and shares no code with the gate.
///
/// It holds the invariants that a simulation can see: nobody is offered the release twice, or after the recall; the
/// exposed are never more than even a faultless release would have earned; a bake is never cut short.
struct SimulationChecker: Sendable {
    private let lossBudget: Double
    private let lnDoubt: Double
    private let growthMax: Double
    private let bakeSeconds: UInt32
    private var isOffered: [UInt64]
    private(set) var violations: [String] = []
    private(set) var violationCount = 0
    private var isRecalled = false
    private var exposed = 0
    private var proven = 0
    private var wells = 0
    private(set) var maxExposed = 0

    init(endpoints: Int, lossBudget: Int, confidence: Double, growthMax: Double, bakeSeconds: UInt32) {
        self.lossBudget = Double(lossBudget)
        lnDoubt = log(1 - confidence)
        self.growthMax = growthMax
        self.bakeSeconds = bakeSeconds
        isOffered = Array(repeating: 0, count: endpoints / 64 + 1)
    }

    private mutating func note(_ violation: String) {
        violationCount += 1
        if violations.count < 20 { violations.append(violation) }
    }

    mutating func offer(_ endpoint: Int) {
        if isRecalled { note("\(endpoint) was offered the release after the recall") }
        let bit = UInt64(1) << UInt64(endpoint % 64)
        if isOffered[endpoint / 64] & bit != 0 { note("\(endpoint) was offered the release twice") }
        isOffered[endpoint / 64] |= bit
        exposed += 1
        maxExposed = max(maxExposed, exposed)
        // With nothing failed among `wells`, the rate is below 1 - doubt^(1/wells) at the policy's confidence. No
        // evidence allows more than that, so no cap may be above it.
        let rate = wells == 0 ? 1 : -expm1(lnDoubt / Double(wells))
        let allowed = min(lossBudget / rate, lossBudget + growthMax * Double(proven))
        if Double(exposed) > allowed + 1e-6 { note("\(exposed) exposed, \(allowed) allowed") }
    }

    mutating func prove(_ endpoint: Int, wellSeconds: UInt32) {
        exposed -= 1
        proven += 1
        wells += 1
        if wellSeconds < bakeSeconds { note("\(endpoint) was proven after \(wellSeconds) s") }
    }

    mutating func harm() { wells += 1 }
    mutating func withdraw() { exposed -= 1 }

    mutating func relapse() {
        proven -= 1
        exposed += 1
    }

    mutating func recall() { isRecalled = true }
}
