package import FleetModel

/// How one ring of one customer stands in one rollout.
package struct RingStanding: Hashable, Sendable, Codable {
    /// The tag of the customer; empty where endpoints name none.
    package var customer: String
    /// From 0, the first.
    package var ring: Int
    /// Endpoints that were heard of, and not withdrawn.
    package var members: Int
    package var proven: Int
    /// Since when it shows the share that was asked of it; nil: it does not, or nobody has asked.
    package var shownSince: Moment?
}

/// Which ring of which customer has its turn in one rollout.
///
/// A ring opens when each ring before it has shown what its customer asks for: of its endpoints that were heard of, the
/// share that is proven well, and for as long as the soak. An outage keeps rings shut longer and never opens one.
struct RingOrder: Sendable, Hashable {
    /// One ring of one customer.
    struct Count: Sendable, Hashable {
        /// Endpoints that were heard of, and not withdrawn.
        var members = 0
        var proven = 0
        /// Since when the share has been reached; nil: it is not.
        var shownSince: Moment?
    }

    /// Where an endpoint is counted.
    private struct Member: Sendable, Hashable {
        let slot: RingSlot
        var isProven = false
        var isCounted = false
        /// It was offered the release, and the ledger knows it.
        var isDebited = false
    }

    private var customers: [String: [Count]] = [:]
    private var members: [Int: Member] = [:]
    private(set) var since: Moment

    init(since: Moment = Moment(milliseconds: 0)) { self.since = since }

    /// The ring that an endpoint is counted in.
    func slot(of index: Int) -> RingSlot? { members[index]?.slot }

    /// Counts an endpoint where it belongs, which may be elsewhere than before.
    mutating func join(_ index: Int, _ slot: RingSlot, _ standing: Standing) {
        if let member = members[index] {
            guard member.slot != slot else { return }
            change(member, by: -1)
        }
        members[index] = Member(slot: slot)
        settle(index, standing)
    }

    /// After an outage: those who were exposed stay, whether or not they ever speak again; the others are counted anew
    /// as they speak, and what was shown must be shown again.
    mutating func resume(at moment: Moment) {
        since = moment
        for (index, member) in members where !member.isDebited {
            change(member, by: -1)
            members[index] = nil
        }
        for customer in customers.keys {
            for ring in customers[customer]?.indices ?? 0..<0 { customers[customer]?[ring].shownSince = nil }
        }
    }

    /// Takes in where an endpoint stands now. One that is in no ring is passed over.
    mutating func settle(_ index: Int, _ standing: Standing) {
        guard var member = members[index] else { return }
        change(member, by: -1)
        // One that held the release before is well with it, and proves nothing of this rollout.
        member.isCounted = standing != .withdrawn && standing != .holder && standing != .unknown
        member.isProven = standing == .proven
        member.isDebited = !standing.isBeforeOffer
        members[index] = member
        change(member, by: 1)
    }

    /// Every ring that has been counted, in the order of customers.
    var standings: [RingStanding] {
        customers.sorted { $0.key < $1.key }.flatMap { customer, counts in
            counts.enumerated().map { index, count in
                RingStanding(
                    customer: customer, ring: index, members: count.members, proven: count.proven,
                    shownSince: count.shownSince)
            }
        }
    }

    private mutating func change(_ member: Member, by step: Int) {
        guard member.isCounted else { return }
        var counts = customers[member.slot.customer] ?? []
        while counts.count <= member.slot.ring { counts.append(Count()) }
        counts[member.slot.ring].members += step
        if member.isProven { counts[member.slot.ring].proven += step }
        customers[member.slot.customer] = counts
    }

    /// Whether a ring has its turn.
    ///
    /// - Parameter span: Within it every live endpoint must have spoken once.
    mutating func isOpen(_ place: RingPlace, spokenWithin span: Moment.Span, at now: Moment) -> Bool {
        guard place.ring > 0 else { return true }
        guard now - since >= span else { return false }
        var counts = customers[place.customer] ?? []
        while counts.count <= place.ring { counts.append(Count()) }
        var isOpen = true
        for ring in 0..<place.ring {
            let rule = place.rules.indices.contains(ring) ? place.rules[ring] : RingPlace.Rule(provenShare: 1)
            let hasShown = rule.isShown(by: counts[ring].proven, of: counts[ring].members)
            if !hasShown { counts[ring].shownSince = nil }
            if hasShown, counts[ring].shownSince == nil { counts[ring].shownSince = now }
            let hasSoaked = counts[ring].shownSince.map { now - $0 >= rule.soak } ?? false
            isOpen = isOpen && hasSoaked
        }
        customers[place.customer] = counts
        return isOpen
    }
}
