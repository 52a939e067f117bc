import ControlWire
import FleetModel
import FleetStore
import Foundation
import RolloutEngine

/// Why a gate stands where it stands, in words.
extension FleetDriver {
    func explanation(of id: RolloutID) throws(ControlRefusal) -> GateExplanation {
        guard let index = shelf.index(of: id) else {
            throw ControlRefusal.notFound("rollout \(id)", list: "firebreak rollout status")
        }
        let rollout = shelf[index]
        let explained = rollout.machine.explanation
        let summary = rollout.summary
        let inputs = explained.inputs
        return GateExplanation(
            id: id, release: rollout.release, phase: summary.phase, lane: rollout.stored.policy.lane.rawValue,
            headline: GateWords.headline(rollout, explained), counts: summary.counts, waiting: inputs.waiting,
            keptOut: explained.reserved,
            cap: GateExplanation.Cap(
                value: inputs.cap, weighed: explained.weighed, lossBudget: rollout.stored.policy.lossBudget,
                rateUpperBound: inputs.rateUpperBound, confidence: rollout.stored.policy.confidence,
                limit: explained.limit.rawValue),
            evidence: GateExplanation.Evidence(
                value: exp(min(inputs.lnEvidence, 700)), toHalt: 1 / rollout.stored.policy.alpha,
                ln: inputs.lnEvidence, lnToHalt: inputs.lnEvidenceToHalt, harmed: inputs.counts.harmed,
                expected: inputs.tests?.expected ?? 0),
            waitsFor: GateWords.waits(rollout, explained),
            cohorts: explained.cohorts.map { cohort in
                GateExplanation.Cohort(
                    cohort: cohort.cohort, waiting: cohort.waiting, exposed: cohort.exposed, cap: cohort.cap,
                    needed: cohort.needed, bakes: cohort.bakes, isSuspected: cohort.isSuspected)
            }, haltedCohorts: explained.haltedCohorts, shutRings: shutRings(of: rollout, at: clock.now),
            holds: holds(on: rollout), now: clock.now)
    }

    /// Rings whose turn has not come, of customers whose endpoints were heard of.
    private func shutRings(of rollout: ShelvedRollout, at now: Moment) -> [GateExplanation.Ring] {
        let (since, standings) = rollout.machine.ringStandings
        let untilSpoken = rollout.stored.policy.silenceDeadline.milliseconds - (now - since).milliseconds
        return Dictionary(grouping: standings, by: \.customer).sorted { $0.key < $1.key }
            .flatMap { customer, counted -> [GateExplanation.Ring] in
                guard let policy = CustomerPolicy.policy(ofCustomer: customer, among: customers)?.policy else {
                    return []
                }
                return policy.rings.indices.dropFirst().compactMap { ring -> GateExplanation.Ring? in
                    var reasons: [String] = []
                    if untilSpoken > 0 {
                        reasons.append("everyone must have spoken first, for \(GateWords.span(untilSpoken)) more")
                    }
                    for before in 0..<ring {
                        let standing = counted.first { $0.ring == before }
                        reasons += GateWords.lack(of: policy.rings[before], standing, at: now)
                    }
                    return reasons.isEmpty
                        ? nil
                        : GateExplanation.Ring(customer: customer, ring: policy.rings[ring].name, reasons: reasons)
                }
            }
    }

    /// Who says no: the gate's own reasons for not going on, and customers.
    private func holds(on rollout: ShelvedRollout) -> [String] {
        var holds = (rollout.machine.status.latestVerdict?.reasons ?? []).filter { reason in
            [.heldByOperator, .recalledByOperator, .refusedByEndpoints, .policyInvalid].contains(reason.code)
        }.map(\.text)
        for stored in customers.values.sorted(by: { $0.name < $1.name }) {
            guard let policy = stored.policy else { continue }
            for ring in policy.rings {
                if let hold = ring.hold { holds.append("customer \(stored.name), ring \(ring.name): held: \(hold)") }
                if ring.releasesBehind > 0 {
                    holds.append("customer \(stored.name), ring \(ring.name): stays \(ring.releasesBehind) behind")
                }
            }
            for pin in policy.pins where pin.pack == rollout.release.pack && pin.version != rollout.release.version {
                let ring = pin.ring.map { ", ring \($0)" } ?? ""
                holds.append("customer \(stored.name)\(ring): pinned to \(pin.pack)@\(pin.version)")
            }
        }
        return holds
    }
}

/// The sentences of an explanation.
enum GateWords {
    static func headline(_ rollout: ShelvedRollout, _ explained: RolloutExplanation) -> String {
        let status = rollout.machine.status
        let (counts, release) = (status.counts, rollout.release)
        let reasons = (status.latestVerdict?.reasons ?? []).map(\.text).joined(separator: "; ")
        switch status.phase {
        case .halted: return "Halted: the gate has condemned \(release) and taken it back everywhere: \(reasons)."
        case .recalled: return "Recalled: \(release) is taken back everywhere, \(reasons)."
        case .held: return "Held: nobody new is offered \(release), \(reasons)."
        case .complete:
            let keptOut = explained.reserved > 0 ? "; customers keep \(explained.reserved) out" : ""
            return
                "Complete: \(counts.proven) of \(counts.offered) offered are proven; it is watched, and latecomers get it\(keptOut)."
        case .ramping: break
        }
        let keptOut = explained.reserved > 0 ? ", and customers keep \(explained.reserved) out" : ""
        let open = "\(counts.open) \(counts.open == 1 ? "exposure is" : "exposures are") open"
        if status.latestVerdict?.reasons.contains(where: { $0.code == .refusedByEndpoints }) == true {
            return "Stopped: \(reasons)."
        }
        if status.waiting == 0 {
            return "Nobody waits: \(open), and no endpoint that was heard of waits for an offer\(keptOut)."
        }
        if explained.weighed < status.cap {
            return
                "Goes on: \(explained.weighed) of at most \(status.cap) are held against the cap, \(status.waiting) wait."
        }
        return "Waits for proof: \(open), the cap is \(status.cap), and \(status.waiting) wait."
    }

    /// What must happen before the next offers.
    static func waits(_ rollout: ShelvedRollout, _ explained: RolloutExplanation) -> [String] {
        let status = rollout.machine.status
        guard status.phase == .ramping || status.phase == .complete, status.waiting > 0 else { return [] }
        var waits: [String] = []
        if explained.needed > 0 {
            waits.append(
                "needs \(explained.needed) more proven in all, about \(bakes(explained.bakes)) until everyone has been offered it"
            )
        }
        // With one cohort its line would say the same again.
        if rollout.stored.policy.cohortBy.isEmpty { return waits }
        return waits + explained.cohorts.filter { $0.needed > 0 }.prefix(5).map(\.text)
    }

    private static func bakes(_ count: Int) -> String { count == 1 ? "1 bake" : "\(count) bakes" }

    /// What a ring has not shown that the ones after it wait for.
    static func lack(of ring: CustomerPolicy.Ring, _ standing: RingStanding?, at now: Moment) -> [String] {
        let (proven, members) = (standing?.proven ?? 0, standing?.members ?? 0)
        guard ring.rule.isShown(by: proven, of: members) else {
            let percent = Int((ring.provenShare * 100).rounded())
            return ["ring \(ring.name) has \(proven) of \(members) proven, and \(percent)% are asked for"]
        }
        guard ring.soak > .zero else { return [] }
        let soaked = standing?.shownSince.map { (now - $0).milliseconds } ?? 0
        let left = ring.soak.milliseconds - soaked
        return left > 0 ? ["ring \(ring.name) soaks for \(span(left)) more"] : []
    }

    /// A span in the unit that says it shortest: `90 s`, `12 min`, `5 h`.
    static func span(_ milliseconds: Int64) -> String {
        let seconds = (milliseconds + 999) / 1000
        if seconds < 120 { return "\(seconds) s" }
        return seconds < 7200 ? "\((seconds + 59) / 60) min" : "\((seconds + 3599) / 3600) h"
    }
}
