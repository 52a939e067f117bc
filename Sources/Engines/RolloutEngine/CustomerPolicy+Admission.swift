package import FleetModel

/// Whether a customer lets one release to one endpoint now.
package struct Admission: Hashable, Sendable, Codable {
    package enum Answer: String, Hashable, Sendable, Codable, CaseIterable {
        case open
        /// Not now, but in this rollout: a window, or the order of rings.
        case deferred
        /// Not before newer releases are complete: the ring stays behind. The rollout does not wait for it, since none of
        /// those could begin before it is complete.
        case behind
        /// Not until the customer changes its mind: a hold, a pin, a policy that cannot be evaluated.
        case held
    }

    package var answer: Answer
    /// All of them, a sentence each, in the order in which they are looked at; empty when open.
    package var reasons: [String]

    package static let open = Admission(answer: .open, reasons: [])

    package init(answer: Answer, reasons: [String]) {
        self.answer = answer
        self.reasons = reasons
    }
}

/// An endpoint's place in its customer's order, and what each ring must show before the next opens.
package struct RingPlace: Hashable, Sendable, Codable {
    package var customer: String
    /// From 0, the first.
    package var ring: Int
    /// Of every ring, first to last.
    package var rules: [Rule]

    /// What a ring must show before the next one opens.
    package struct Rule: Hashable, Sendable, Codable {
        package var name: String
        /// Of the ring's endpoints that were heard of, the share that must be proven well: 0 to 1.
        package var provenShare: Double
        /// For how long that must have been so.
        package var soak: Moment.Span

        package init(name: String = "", provenShare: Double, soak: Moment.Span = .zero) {
            self.name = name
            self.provenShare = provenShare
            self.soak = soak
        }

        /// Whether so many of a ring's endpoints are enough. Multiplied out: a ring without endpoints has nothing to
        /// show, and is no obstacle.
        package func isShown(by proven: Int, of members: Int) -> Bool {
            Double(proven) >= provenShare * Double(members)
        }
    }

    package init(customer: String, ring: Int, rules: [Rule]) {
        self.customer = customer
        self.ring = ring
        self.rules = rules
    }
}

/// One ring of one customer, as it stands in the ledger: `acme#0`.
package struct RingSlot: Hashable, Sendable, Codable, LosslessStringConvertible {
    package var customer: String
    /// From 0, the first.
    package var ring: Int

    package init(customer: String, ring: Int) {
        self.customer = customer
        self.ring = ring
    }

    package init?(_ description: String) {
        guard let mark = description.lastIndex(of: "#"), let ring = Int(description[description.index(after: mark)...]),
            ring >= 0
        else { return nil }
        self.init(customer: String(description[..<mark]), ring: ring)
    }

    package var description: String { "\(customer)#\(ring)" }
}

extension CustomerPolicy {
    /// The policy that an endpoint is under: its customer's, else the one for everyone, else none.
    ///
    /// The tag comes from the endpoint. One that lies about it gets another customer's order, never more than the gate
    /// allows.
    package static func policy<Policy>(of attributes: CohortAttributes, among policies: [String: Policy]) -> Policy? {
        policy(ofCustomer: attributes.tags[customerTag] ?? "", among: policies)
    }

    /// The policy that a customer's endpoints are under, by the tag's value; empty where they have no such tag.
    package static func policy<Policy>(ofCustomer customer: String, among policies: [String: Policy]) -> Policy? {
        policies[customer] ?? policies[everyone]
    }

    /// Where an endpoint stands in the order; an endpoint that names no ring, or one that is not there, stands last.
    package func place(of attributes: CohortAttributes) -> RingPlace {
        let named = attributes.tags[Self.ringTag].flatMap { name in rings.firstIndex { $0.name == name } }
        let index = named ?? max(0, rings.count - 1)
        return RingPlace(
            customer: attributes.tags[Self.customerTag] ?? "", ring: index,
            rules: rings.map(\.rule))
    }

    /// Whether the customer lets `release` to an endpoint now. The order of rings is not looked at here: it depends on
    /// what the rollout has shown (``RolloutMachine``).
    ///
    /// - Parameters:
    ///   - newerComplete: Releases of the channel above `release` whose rollouts are complete.
    ///   - isUrgent: The release is in the urgent lane.
    package func admission(
        of release: ReleaseID, for attributes: CohortAttributes, newerComplete: Int, isUrgent: Bool, at now: Moment
    ) -> Admission {
        let problems = problems()
        guard problems.isEmpty else {
            return Admission(
                answer: .held, reasons: ["the customer's policy cannot be evaluated: \(problems[0].description)"])
        }
        let ring = rings[place(of: attributes).ring]
        var held: [String] = []
        var deferred: [String] = []
        var behind: [String] = []
        if let reason = ring.hold { held.append("ring \(ring.name) is held: \(reason)") }
        if let pin = pin(of: release.pack, in: ring), pin.version != release.version {
            held.append("pinned to \(pin.pack)@\(pin.version)")
        }
        // A pin is an answer to which release; how far behind it is does not matter then.
        if newerComplete < ring.releasesBehind, pin(of: release.pack, in: ring) == nil {
            behind.append(
                "ring \(ring.name) stays \(ring.releasesBehind) behind, and \(newerComplete) newer releases are complete"
            )
        }
        let waitsForWindow = !(isUrgent && urgent == .anytime)
        if waitsForWindow, !ring.windows.isEmpty, !ring.windows.contains(where: { $0.contains(now) }) {
            deferred.append("outside the windows of ring \(ring.name)")
        }
        if !held.isEmpty { return Admission(answer: .held, reasons: held + behind + deferred) }
        if !behind.isEmpty { return Admission(answer: .behind, reasons: behind + deferred) }
        return deferred.isEmpty ? .open : Admission(answer: .deferred, reasons: deferred)
    }

    /// The pin that counts for a ring: its own before one for all.
    private func pin(of pack: PackName, in ring: Ring) -> Pin? {
        pins.first { $0.pack == pack && $0.ring == ring.name } ?? pins.first { $0.pack == pack && $0.ring == nil }
    }

    /// Which release of a channel an endpoint may be given, by the customer's pins and lag, before the gate is asked.
    ///
    /// - Parameters:
    ///   - complete: The channel's complete and not recalled releases, ascending.
    ///   - onItsWay: The release that is being rolled out, if there is one.
    ///   - holdsSome: The endpoint holds a proven release of the channel. One that holds none is first given ground to
    ///     stand on (PRODUCT invariant 4).
    /// - Returns: nil where there is none.
    package func target(
        for attributes: CohortAttributes, pack: PackName, complete: [ReleaseID], onItsWay: ReleaseID?, holdsSome: Bool
    ) -> ReleaseID? {
        guard problems().isEmpty else { return nil }
        let ring = rings[place(of: attributes).ring]
        if let pin = pin(of: pack, in: ring) {
            let wanted = ReleaseID(pack: pack, version: pin.version)
            return complete.contains(wanted) ? wanted : (onItsWay == wanted && holdsSome ? wanted : nil)
        }
        if ring.releasesBehind == 0, let onItsWay, holdsSome || complete.isEmpty { return onItsWay }
        let index = complete.count - 1 - ring.releasesBehind
        return complete.indices.contains(index) ? complete[index] : nil
    }
}
