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
    /// When the window of ring 2 opens, in milliseconds of the day; nil: there is no customer with rings.
    private let windowOpensAt: Int64?
    private var rings: [EndpointID: RingSlot] = [:]
    private var proven: Set<EndpointID> = []
    private var withdrawn: Set<EndpointID> = []
    private var haltedCohorts: Set<String> = []

    init(lossBudget: Int, confidence: Double, windowOpensAt: Int64?) {
        self.lossBudget = Double(lossBudget)
        lnDoubt = log(1 - confidence)
        self.windowOpensAt = windowOpensAt
    }

    /// What a customer's rings ask of a debit: nobody in the ring that is held, nobody of the last ring before its
    /// window, and nobody of a later ring while one of an earlier ring was offered the release and is not proven.
    private mutating func checkCustomer(_ endpoint: EndpointID, _ slot: RingSlot?, at now: Moment) {
        guard let windowOpensAt, let slot else { return }
        rings[endpoint] = slot
        if slot.ring == 3 { violations.append("\(endpoint) debited in a ring that is held") }
        if slot.ring == 2, now.milliseconds % 86_400_000 < windowOpensAt {
            violations.append("\(endpoint) debited outside its window, at \(now.milliseconds)")
        }
        for (other, ring) in rings where ring.ring < min(slot.ring, 2) {
            if debited.contains(other), !proven.contains(other), !withdrawn.contains(other) {
                violations.append(
                    "\(endpoint) of ring \(slot.ring) debited before \(other) of ring \(ring.ring) was proven")
            }
        }
    }

    /// One row, after it became durable.
    mutating func appended(_ entry: LedgerEntry) {
        switch entry.kind {
        case .debit(let cohort, let ring):
            guard let endpoint = entry.endpoint else {
                violations.append("a debit without an endpoint")
                return
            }
            if isFinal { violations.append("\(endpoint) debited after the recall") }
            if !debited.insert(endpoint).inserted { violations.append("\(endpoint) debited twice") }
            if haltedCohorts.contains(cohort) {
                violations.append("\(endpoint) debited in the halted cohort \(cohort)")
            }
            checkCustomer(endpoint, ring, at: entry.at)
            exposed.insert(endpoint)
            maxExposed = max(maxExposed, exposed.count)
            let rate = wells == 0 ? 1 : -expm1(lnDoubt / Double(wells))
            if Double(exposed.count) > lossBudget / rate + 1e-9 {
                violations.append("\(exposed.count) exposed, \(lossBudget / rate) allowed")
            }
        case .settle(let outcome): settle(entry.endpoint, outcome)
        case .phase(let phase, _): if phase == .halted || phase == .recalled { isFinal = true }
        case .verdict(let verdict): if let cohort = verdict.cohort { haltedCohorts.insert(cohort) }
        case .outage: break
        }
    }

    private mutating func settle(_ endpoint: EndpointID?, _ outcome: ExposureOutcome) {
        guard let endpoint, debited.contains(endpoint) else {
            violations.append("a settlement without a debit")
            return
        }
        wells += 1
        switch outcome {
        case .proven:
            proven.insert(endpoint)
            exposed.remove(endpoint)
        case .withdrawn:
            withdrawn.insert(endpoint)
            exposed.remove(endpoint)
        case .failed, .silent:
            proven.remove(endpoint)
            exposed.insert(endpoint)
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
