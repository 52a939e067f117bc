import FleetModel
import Glibc
import RolloutEngine

/// Reads a simulated ledger and what reached the endpoints, and shares no code with the gate.
struct WeatherChecker: Sendable {
    let lossBudget: Double
    let lnDoubt: Double
    private(set) var violations: [String] = []
    private var debited: Set<EndpointID> = []
    private var exposed: Set<EndpointID> = []
    private var isFinal = false
    private var wells = 0
    private(set) var maxExposed = 0

    init(lossBudget: Int, confidence: Double) {
        self.lossBudget = Double(lossBudget)
        lnDoubt = log(1 - confidence)
    }

    /// One row, after it became durable.
    mutating func appended(_ entry: LedgerEntry) {
        switch entry.kind {
        case .debit:
            guard let endpoint = entry.endpoint else {
                violations.append("a debit without an endpoint")
                return
            }
            if isFinal { violations.append("\(endpoint) debited after the recall") }
            if !debited.insert(endpoint).inserted { violations.append("\(endpoint) debited twice") }
            exposed.insert(endpoint)
            maxExposed = max(maxExposed, exposed.count)
            let rate = wells == 0 ? 1 : -expm1(lnDoubt / Double(wells))
            if Double(exposed.count) > lossBudget / rate + 1e-9 {
                violations.append("\(exposed.count) exposed, \(lossBudget / rate) allowed")
            }
        case .settle(let outcome): settle(entry.endpoint, outcome)
        case .phase(let phase, _): if phase == .halted || phase == .recalled { isFinal = true }
        case .verdict, .outage: break
        }
    }

    private mutating func settle(_ endpoint: EndpointID?, _ outcome: ExposureOutcome) {
        guard let endpoint, debited.contains(endpoint) else {
            violations.append("a settlement without a debit")
            return
        }
        wells += 1
        switch outcome {
        case .proven, .withdrawn: exposed.remove(endpoint)
        case .failed, .silent: exposed.insert(endpoint)
        }
    }

    /// An offer reached an endpoint.
    mutating func delivered(to endpoint: EndpointID) {
        if !debited.contains(endpoint) { violations.append("\(endpoint) was offered the release before its debit") }
    }

    /// A server sent an offer after the recall was durable.
    mutating func sent(to endpoint: EndpointID) {
        if isFinal { violations.append("\(endpoint) was offered the release after the recall") }
    }
}
