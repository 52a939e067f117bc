import ControlWire
import FleetModel
import FleetStore
import Logging
import RolloutEngine
import StateMeasurement

/// A check-in that was read outside of the driver.
struct PreparedCheckIn: Sendable {
    var checkIn: AgentCheckIn
    /// Alerts whose findings were read; ``StoredAlert/receivedAt`` is set by the driver.
    var alerts: [StoredAlert] = []
    /// What it brought of the endpoint's measured state, its signature checked.
    var state: StateLedger.Evidence

    /// Reads the alerts' findings. One that is no finding is passed over: an endpoint that were told so would send it
    /// again for ever, and everything behind it would wait.
    ///
    /// - Parameter refused: Is told of each that was passed over.
    init(_ checkIn: AgentCheckIn, from endpoint: EndpointID, refused: (ControlWireError) -> Void) {
        self.checkIn = checkIn
        state = StateLedger.Evidence(checkIn)
        for alert in checkIn.report?.alerts ?? [] {
            do throws(ControlWireError) {
                let outline = try FindingOutline(decoding: alert.finding)
                alerts.append(
                    StoredAlert(
                        endpoint: endpoint, endpointSequence: alert.sequence, rule: outline.rule, title: outline.title,
                        severity: outline.severity, occurredAt: outline.occurredAt, receivedAt: outline.occurredAt,
                        finding: String(decoding: alert.finding, as: UTF8.self)))
            } catch {
                refused(error)
            }
        }
    }
}

extension FleetDriver {
    /// Takes in a check-in of an endpoint whose credential was recognised, and gives the reply when all that follows
    /// from it is durable.
    func checkIn(_ prepared: PreparedCheckIn, of endpoint: EndpointID) async throws -> ServerReply {
        try await perform { plan in
            guard let record = self.endpoints[endpoint] else { throw ControlRefusal.badCredential }
            guard record.stored.revokedAt == nil else { throw ControlRefusal.revoked }
            let epoch = self.credentials.epoch
            let wantsFullState = try self.take(prepared, of: endpoint, into: &plan)
            return { self.reply(to: prepared.checkIn, of: endpoint, wantsFullState: wantsFullState, epoch: epoch) }
        }
    }

    /// Books what a check-in says, and gives it to every machine that it concerns.
    ///
    /// - Returns: Whether the endpoint must be asked for everything.
    private func take(_ prepared: PreparedCheckIn, of endpoint: EndpointID, into plan: inout FleetPlan) throws -> Bool {
        let checkIn = prepared.checkIn
        let last = credentials.lastSequence(endpoint)
        let standing = endpoints[endpoint]?.state.standing
        let wantsFullState = endpoints[endpoint]?.take(checkIn, after: last, state: prepared.state) ?? true
        noteStanding(of: endpoint, before: standing)
        keepStatePin(of: endpoint, in: &plan)
        unsaved.insert(endpoint)
        let isOvertaken = EndpointRecord.isOvertaken(checkIn, after: last)
        credentials.hear(
            endpoint, instance: checkIn.endpoint, sequence: isOvertaken ? nil : checkIn.sequence, at: plan.now)
        confirm(endpoint, in: &plan)
        keep(prepared.alerts, of: endpoint, highest: checkIn.report?.alerts.last?.sequence, in: &plan)
        guard let record = endpoints[endpoint], record.isKnown else { return wantsFullState }
        for index in concerned(record) {
            guard let digest = releases[shelf[index].release]?.digest else { continue }
            let report = report(of: record, to: index, digest: digest, at: plan.now)
            try handle(.checkIn(report), by: index, in: &plan)
        }
        return wantsFullState
    }

    /// Hands an input to a machine, and puts every row that its actions write into the plan.
    func handle(_ input: RolloutInput, by index: Int, in plan: inout FleetPlan) throws {
        let before = shelf[index].machine.status.phase
        var decision = shelf[index].machine.status.latestVerdict?.decision
        let actions = shelf[index].machine.handle(input, at: plan.now)
        let machine = shelf[index].machine
        var evidence = machine.evidence[...]
        var hasPhaseRow = false
        for action in actions {
            let entry = machine.ledgerEntry(for: action, sequence: plan.nextSequence, at: plan.now)
            try plan.append(entry, of: machine.rollout)
            if case .phase = entry.kind { hasPhaseRow = true }
            if case .record(let verdict) = action, let said = evidence.popFirst() {
                try record(verdict, from: said, of: shelf[index].stored, after: decision, in: &plan)
                if verdict.cohort == nil { decision = verdict.decision }
            }
            if case .recall(let reason) = action {
                try recall(machine.release, by: machine.rollout, reason: reason, in: &plan)
            }
            // A cohort was halted alone: whoever is in it must be told, quiet or not.
            if case .record(let verdict) = action, verdict.cohort != nil {
                plan.onCommit.append { self.credentials.endQuiet() }
                logger.warning(
                    "a cohort was halted",
                    metadata: ["rollout": "\(machine.rollout)", "cohort": "\(verdict.cohort ?? "")"])
            }
        }
        let after = machine.status.phase
        if after != before {
            if !hasPhaseRow { try notePhase(after, after: input, of: machine, in: &plan) }
            plan.onCommit.append { self.credentials.endQuiet() }
        }
    }

    /// A hold and its end are verdicts to the machine. The ledger gets a row of its own for them, with the operator's
    /// reason, so that whoever reads it sees from when to when nothing may be offered.
    private func notePhase(
        _ phase: RolloutPhase, after input: RolloutInput, of machine: RolloutMachine, in plan: inout FleetPlan
    )
        throws
    {
        let reason = if case .operatorHold(let reason) = input { reason } else { "" }
        let entry = LedgerEntry(sequence: plan.nextSequence, at: plan.now, kind: .phase(phase, reason: reason))
        try plan.append(entry, of: machine.rollout)
    }

    /// Takes a release back: in the same transaction as the row that says why.
    private func recall(
        _ release: ReleaseID, by rollout: RolloutID, reason: String, in plan: inout FleetPlan
    ) throws {
        guard releases[release]?.recall == nil, !plan.batch.recalls.contains(where: { $0.release == release }) else {
            return
        }
        let recall = StoredRecall(release: release, at: plan.now, reason: reason, revision: plan.nextRevision)
        plan.nextRevision += 1
        plan.batch.recalls.append(recall)
        try record(recall, by: rollout, in: &plan)
        plan.onCommit.append {
            self.releases[release]?.recall = recall
            self.recallRevision = recall.revision
            self.credentials.endQuiet()
            self.logger.warning("recalled", metadata: ["release": "\(release)", "reason": "\(reason)"])
        }
    }

    /// From the first check-in with its credential on, the enrolment secret is refused for the endpoint. Durable before
    /// the reply, so that no restart opens that door again.
    private func confirm(_ endpoint: EndpointID, in plan: inout FleetPlan) {
        guard var stored = endpoints[endpoint]?.stored, !stored.isConfirmed,
            // It enrols again in this very transaction: what it shows next is another credential.
            !plan.batch.endpoints.contains(where: { $0.id == endpoint })
        else { return }
        stored.isConfirmed = true
        plan.batch.endpoints.append(stored)
        plan.onCommit.append { self.endpoints[endpoint]?.stored.isConfirmed = true }
    }

    private func keep(
        _ alerts: [StoredAlert], of endpoint: EndpointID, highest: UInt64?, in plan: inout FleetPlan
    ) {
        guard let highest else { return }
        plan.batch.alerts += alerts.map { alert in
            var alert = alert
            alert.receivedAt = plan.now
            return alert
        }
        plan.onCommit.append {
            guard let known = self.endpoints[endpoint]?.alertsAcknowledged, highest > known else { return }
            self.endpoints[endpoint]?.alertsAcknowledged = highest
        }
    }

    // MARK: - Time

    /// Lets time pass in every machine that waits for some. Called by the clock of the assembly, ten times a second.
    func tick() async throws {
        guard !shelf.needingClock.isEmpty || record?.fault != nil else { return }
        try await perform { plan in
            for index in self.shelf.needingClock {
                try self.handle(.tick, by: index, in: &plan)
            }
            return {}
        }
    }

    /// Writes down what is only shown, and that the control plane was listening until now.
    func flush() async throws {
        try await perform { plan in
            var batch: [EndpointID] = []
            while batch.count < ControlLimit.snapshotsFlushedMax, let endpoint = self.unsaved.popFirst() {
                batch.append(endpoint)
            }
            plan.batch.snapshots = batch.compactMap { endpoint in
                self.endpoints[endpoint]?.snapshot(lastSeen: self.credentials.lastSeen(endpoint))
            }
            plan.batch.seen = self.credentials.takeUnflushed(countMax: ControlLimit.seenFlushedMax).map {
                EndpointSeen(id: $0.endpoint, at: $0.at)
            }
            plan.batch.listening = ListeningInterval(from: self.listeningSince, until: plan.now)
            return {}
        }
    }
}
