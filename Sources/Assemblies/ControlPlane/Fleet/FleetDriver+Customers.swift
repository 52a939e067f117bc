import CanonicalCoding
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine

/// What customers say: kept, told, and put before every machine with each check-in.
extension FleetDriver {
    func customerList() throws -> CustomerList {
        CustomerList(customers: try customers.values.sorted { $0.name < $1.name }.compactMap(CustomerSummary.init))
    }

    func customer(_ name: String) throws -> CustomerSummary {
        guard let summary = try customers[name].flatMap(CustomerSummary.init) else {
            throw ControlRefusal.notFound("customer \"\(name.prefix(80))\"", list: "firebreak customer list")
        }
        return summary
    }

    /// Sets what a customer lets in. It counts from each endpoint's next check-in on.
    func setCustomer(_ name: String, document: JSONValue) async throws -> CustomerSummary {
        let policy = try CustomerPolicy(document: document, of: name)
        let text = String(decoding: try CodableJSON.encode(policy), as: UTF8.self)
        return try await perform(isAlone: true) { plan in
            guard self.customers.count < ControlLimit.customerCountMax || self.customers[name] != nil else {
                throw ControlRefusal(
                    .customerInvalid, "this control plane holds \(ControlLimit.customerCountMax) customers, its most",
                    next: "Remove one that has left: `firebreak customer remove NAME`.")
            }
            let stored = StoredCustomer(name: name, policy: policy, changedAt: plan.now)
            let summary = CustomerSummary(
                name: name, policy: try CodableJSON.value(of: policy), changedAt: plan.now)
            plan.batch.customers.append(stored)
            plan.note("customer.set", name, text)
            plan.onCommit.append {
                self.customers[name] = stored
                self.credentials.endQuiet()
            }
            return { summary }
        }
    }

    /// Removes what a customer said. Its endpoints are then under the policy for everyone, where there is one.
    func removeCustomer(_ name: String, reason: String) async throws -> CustomerSummary {
        try await perform(isAlone: true) { plan in
            let summary = try self.customer(name)
            plan.batch.customers.append(StoredCustomer(name: name, policy: nil, changedAt: plan.now))
            plan.note("customer.remove", name, reason)
            plan.onCommit.append {
                self.customers[name] = nil
                self.credentials.endQuiet()
            }
            return { summary }
        }
    }

    /// The policy that an endpoint is under; nil: its customer has said nothing.
    func customerPolicy(of attributes: CohortAttributes) -> CustomerPolicy? {
        guard !customers.isEmpty else { return nil }
        return CustomerPolicy.policy(of: attributes, among: customers)?.policy
    }

    /// The rollouts that an endpoint's check-in concerns.
    func concerned(_ record: EndpointRecord) -> [Int] {
        shelf.concerned(
            record.id, attributes: record.cohort, customer: customerPolicy(of: record.cohort),
            holds: record.holdsProven, at: clock.now)
    }

    /// What an endpoint says to one rollout, with what its customer says to it.
    func report(of record: EndpointRecord, to index: Int, digest: Digest, at now: Moment) -> EndpointReport {
        var report = record.report(on: shelf[index].release, digest: digest)
        if let policy = customerPolicy(of: record.cohort) {
            report.admission = shelf.admission(to: index, of: record.id, record.cohort, by: policy, at: now)
            report.place = policy.place(of: record.cohort)
        }
        // What is not public is offered to nobody; what was begun goes on.
        if report.admission.answer == .open, let reason = recordHold(on: shelf[index].stored) {
            report.admission = Admission(answer: .deferred, reasons: [reason])
        }
        return report
    }

    /// Those from which a new rollout's first canaries are chosen: heard of lately, and let in by their customers, in
    /// first rings.
    func muster(for stored: StoredRollout, at now: Moment) -> [MusteredEndpoint] {
        let deadline = stored.policy.silenceDeadline.milliseconds
        let complete = shelf.complete(in: stored.release.pack)
        return credentials.seen(since: now + .milliseconds(-deadline)).compactMap { id -> MusteredEndpoint? in
            guard let record = endpoints[id], record.isKnown, record.stored.revokedAt == nil else { return nil }
            if let policy = customerPolicy(of: record.cohort) {
                let admission = policy.admission(
                    of: stored.release, for: record.cohort,
                    newerComplete: complete.count { shelf[$0].release > stored.release },
                    isUrgent: stored.policy.lane == .urgent, at: now)
                guard admission.answer == .open, policy.place(of: record.cohort).ring == 0 else { return nil }
            }
            return MusteredEndpoint(endpoint: id, attributes: record.cohort)
        }
    }
}

extension CustomerSummary {
    fileprivate init?(_ stored: StoredCustomer) throws {
        guard let policy = stored.policy else { return nil }
        self.init(name: stored.name, policy: try CodableJSON.value(of: policy), changedAt: stored.changedAt)
    }
}

extension CustomerPolicy {
    /// A customer's policy as an operator gives it.
    ///
    /// - Throws: ``ControlRefusal`` that names everything that is wrong. A member that nobody reads is refused: who
    ///   misspells a hold has none.
    init(document: JSONValue, of name: String) throws(ControlRefusal) {
        var problems: [String] = []
        do throws(JSONError) {
            self = try CodableJSON.decode(CustomerPolicy.self, from: document)
            var whole = self
            for index in rings.indices { whole.rings[index].hold = rings[index].hold ?? "" }
            for index in pins.indices { whole.pins[index].ring = pins[index].ring ?? "" }
            problems = document.members(beside: try CodableJSON.value(of: whole))
                .map { "\($0) is no member of a customer's policy" }
        } catch {
            throw Self.invalid(["\(error.subject.isEmpty ? "" : "\(error.subject): ")\(error.message)"])
        }
        problems += self.problems().map(\.description)
        if customer != name {
            problems.append("customer is \"\(customer.prefix(80))\", and the path names \"\(name.prefix(80))\"")
        }
        guard problems.isEmpty else { throw Self.invalid(problems) }
    }

    private static func invalid(_ problems: [String]) -> ControlRefusal {
        ControlRefusal(
            .customerInvalid, problems.joined(separator: "; "), next: "Change what is named; nothing was changed.")
    }
}
