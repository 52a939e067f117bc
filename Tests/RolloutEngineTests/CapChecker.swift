import FleetModel
import Glibc
import RolloutEngine

/// Watches the actions of a rollout from outside, and shares no code with the gate: its bound is a sum of binomial
/// terms, its exposure a set.
struct CapChecker {
    let lossBudget: Int
    let confidence: Double
    private(set) var violations: [String] = []
    private var debited: Set<String> = []
    private var exposed: Set<String> = []
    private var isRecalled = false
    private var isHeld = false
    private var wells = 0
    private var harms = 0
    private var settled: Set<String> = []
    private var bounds: [[Int]: Double] = [:]
    /// What the last verdict says of the control: harm that it lets expect among the exposed, and its variance.
    private var expected = 0.0
    private var variance = 0.0

    init(lossBudget: Int, confidence: Double) {
        self.lossBudget = lossBudget
        self.confidence = confidence
    }

    mutating func see(_ input: RolloutInput) {
        if case .operatorHold = input { isHeld = true }
        if case .operatorResume = input { isHeld = false }
        if case .operatorRecall = input { isRecalled = true }
    }

    mutating func see(_ action: RolloutAction) {
        switch action {
        case .offer(let endpoint): offer(endpoint.text)
        case .settle(let endpoint, let outcome): settle(endpoint.text, outcome)
        case .recall: isRecalled = true
        case .record(let verdict):
            expected = verdict.inputs.tests?.expected ?? 0
            variance = verdict.inputs.tests?.variance ?? 0
        case .complete: break
        }
    }

    /// The bound of the rate less what the control explains, each with its own distance (Zou and Donner 2008).
    private mutating func excessBound() -> Double {
        let upper = bound()
        let trials = Double(wells + harms)
        let effective = variance > 0 ? expected * expected / variance : 0
        guard trials > 0, effective >= 20 else { return upper }
        let rate = Double(harms) / trials
        // The standard normal quantile of 0.99, which is the confidence of every policy here.
        let root = 1 - 1 / (9 * effective) - 2.326_347_874 / (3 * effective.squareRoot())
        let lower = expected * root * root * root
        let distances = (upper - rate) * (upper - rate) + (expected - lower) * (expected - lower) / (trials * trials)
        let faultless = 1 - pow(1 - confidence, 1 / trials)
        return min(1, max(faultless, max(0, rate - expected / trials) + distances.squareRoot()))
    }

    private mutating func offer(_ endpoint: String) {
        if isRecalled { violations.append("offered \(endpoint) after the recall") }
        if isHeld { violations.append("offered \(endpoint) while held") }
        if !debited.insert(endpoint).inserted { violations.append("offered \(endpoint) twice") }
        exposed.insert(endpoint)
        let allowed = Double(lossBudget) / excessBound()
        if Double(exposed.count) > allowed + 1e-6 { violations.append("exposed \(exposed.count) of \(allowed)") }
    }

    private mutating func settle(_ endpoint: String, _ outcome: ExposureOutcome) {
        if !debited.contains(endpoint) { violations.append("settled \(endpoint) without a debit") }
        switch outcome {
        case .proven:
            // A late word takes an endpoint out of the exposed, and leaves its silence in the evidence.
            if settled.insert(endpoint).inserted { wells += 1 }
            exposed.remove(endpoint)
        case .failed, .silent:
            // Who fails after a proof was well for a bake: exposed again, and the watch's to weigh.
            if settled.insert(endpoint).inserted { harms += 1 }
            exposed.insert(endpoint)
        case .withdrawn: exposed.remove(endpoint)
        }
    }

    /// The rate under which so few failures have probability 1 - confidence, by halving.
    private mutating func bound() -> Double {
        let trials = wells + harms
        if trials == 0 || wells == 0 { return 1 }
        if let known = bounds[[harms, trials]] { return known }
        var low = 0.0
        var high = 1.0
        for _ in 0..<100 {
            let rate = (low + high) / 2
            var term = 1.0
            for _ in 0..<trials { term *= 1 - rate }
            var sum = term
            for count in 0..<harms {
                term *= rate / (1 - rate) * Double(trials - count) / Double(count + 1)
                sum += term
            }
            if sum > 1 - confidence { low = rate } else { high = rate }
        }
        bounds[[harms, trials]] = low
        return low
    }
}
