import ControlWire
import DecisionRecord
import FleetModel
import FleetStore
import Logging
import RolloutEngine

/// Runs the rollout machines, and is the only one who does: decides, makes durable, then answers.
///
/// **Group commit.** Whatever arrives while a transaction is being written waits, and is decided and written together
/// in the next one. Only when that is on disk are the replies made. So no offer leaves before its debit is durable
/// (PRODUCT invariant 1), and one synchronisation of the disk pays for everyone who came meanwhile.
///
/// **Failure.** When a transaction fails, none of its replies is made; everyone gets an error. What is on disk is then
/// the only truth: the machines are thrown away and built again from the ledger, and the time in between is an outage
/// in it, so that nobody is called silent for not having been heard.
///
/// **Record.** What is decided is public: entries of the record are in the same transaction, and in the log before the
/// replies leave. A release is offered to nobody before its entry and its policy's are there.
actor FleetDriver {
    let store: any FleetStore
    nonisolated let clock: ControlClock
    let preset: ControlPreset
    let policy: PolicyOffer
    nonisolated let credentials: CredentialTable
    nonisolated let enrolmentSecret: Secret
    nonisolated let alertBell: AlertBell
    let logger: Logger

    var releases: [ReleaseID: StoredRelease] = [:]
    /// In the order of publication.
    var releaseOrder: [ReleaseID] = []
    /// The newest word of the lab on each pack.
    var labResults: [Digest: StoredLabResult] = [:]
    var shelf = RolloutShelf()
    /// What customers let in, by their names.
    var customers: [String: StoredCustomer] = [:]
    var endpoints: [EndpointID: EndpointRecord] = [:]
    /// Endpoints whose snapshot in the database is older than what they said.
    var unsaved: Set<EndpointID> = []
    var alertCount = 0
    var recallRevision: Int64 = 0
    /// Nil: nothing is recorded.
    var record: RecordKeeper?
    /// When the listening interval in hand began.
    var listeningSince: Moment

    private var nextSequence: Int64 = 1
    private var waiting: [FleetWork] = []
    private var isWriting = false
    /// Since when the machines are behind the ledger, because a transaction failed; nil while all is well.
    private(set) var failedSince: Moment?
    private var lastFailure: StoreError?
    private var recoveryTriedAt: Moment?

    /// Reads the store and builds the machines. The time since the control plane last listened becomes an outage in
    /// the ledger before this returns.
    init(
        store: any FleetStore, preset: ControlPreset, enrolmentSecret: String, source: ControlClock.Source = .system,
        record writer: RecordWriter? = nil, logger: Logger
    ) async throws {
        let fleet = try await store.fleet()
        self.store = store
        self.preset = preset
        self.logger = logger
        let body = try preset.endpoints.encoded()
        policy = PolicyOffer(body: body, hash: Secret.digest(of: String(decoding: body, as: UTF8.self)))
        self.enrolmentSecret = Secret(enrolmentSecret)
        credentials = CredentialTable()
        alertBell = AlertBell()
        record = writer.map { RecordKeeper($0) }
        clock = ControlClock(newest: fleet.newestMoment, source: source)
        listeningSince = clock.startedAt
        take(fleet)
        // The same as after a failure: rebuild from the ledger, and let the outage stand in it.
        failedSince = fleet.lastListening?.until ?? clock.startedAt
        try await recover(at: clock.now, alreadyKnown: fleet.rollouts)
        if let key = writer?.key.record { try await record(key) }
        await drainRecord(at: clock.now)
    }

    private func take(_ fleet: StoredFleet) {
        for release in fleet.releases {
            releases[release.release] = release
            releaseOrder.append(release.release)
            recallRevision = max(recallRevision, release.recall?.revision ?? 0)
        }
        for result in fleet.labResults { labResults[result.digest] = result }
        for customer in fleet.customers { customers[customer.name] = customer }
        for endpoint in fleet.endpoints {
            endpoints[endpoint.id] = EndpointRecord(endpoint)
            credentials.admit(
                endpoint.id, key: CredentialKey(endpoint.credentialDigest),
                origin: endpoint.origin == .minted ? .minted : .enrolled, lastSeen: endpoint.snapshot.lastSeenAt,
                isRevoked: endpoint.revokedAt != nil)
        }
        for pin in fleet.statePins { endpoints[pin.endpoint]?.restore(pin) }
        alertCount = fleet.alertCount
    }

    /// Why nothing can be written now; nil when it can.
    var storageFault: StoreError? { failedSince == nil ? nil : lastFailure }

    /// Says that nobody was heard since `moment`, although nothing failed: the next transaction writes it into the ledgers
    /// as an outage, and the machines are rebuilt.
    func wasAway(since moment: Moment) { failedSince = failedSince ?? moment }

    /// Requests that wait for the transaction after the one that is being written.
    var waitingCount: Int { waiting.count }

    // MARK: - The lane

    /// Puts a request into the next transaction and waits for its reply.
    func perform<Reply: Sendable>(
        isAlone: Bool = false, _ plan: @escaping (inout FleetPlan) throws -> () -> Reply
    ) async throws -> Reply {
        guard waiting.count < ControlLimit.queueCountMax else { throw ControlRefusal.overloaded }
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(
                FleetWork(
                    plan: { draft in
                        let reply = try plan(&draft)
                        return { continuation.resume(returning: reply()) }
                    },
                    fail: { continuation.resume(throwing: $0) }, isAlone: isAlone))
            startWriting()
        }
    }

    private func startWriting() {
        guard !isWriting else { return }
        isWriting = true
        Task { await writeAll() }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            var batch: [FleetWork] = []
            if waiting[0].isAlone {
                batch = [waiting.removeFirst()]
            } else {
                batch = Array(waiting.prefix(ControlLimit.batchCountMax).prefix { !$0.isAlone })
                waiting.removeFirst(batch.count)
            }
            await write(batch)
        }
        isWriting = false
    }

    /// Decides, writes, answers: one transaction.
    private func write(_ works: [FleetWork]) async {
        let now = clock.now
        if failedSince != nil, let failure = await recoveryFailure(at: now) {
            for work in works { work.fail(ControlRefusal(failure)) }
            return
        }
        if record?.isDue(at: now) == true { await drainRecord(at: now) }
        var plan = FleetPlan(
            now: now, nextSequence: nextSequence, nextRevision: recallRevision + 1,
            nextRecordNumber: record?.nextNumber ?? 1)
        var answers: [(answer: () -> Void, work: FleetWork)] = []
        var undecided = works[...]
        do {
            while let work = undecided.first {
                do {
                    answers.append((try work.plan(&plan), work))
                } catch let refusal as ControlRefusal {
                    work.fail(refusal)
                }
                undecided.removeFirst()
            }
            try await commit(&plan)
            for (answer, _) in answers { answer() }
        } catch {
            // Anything but a refusal may have come after a machine had moved: the ledger tells where it really stands.
            let error = error as? StoreError ?? StoreError(.failed, subject: "plan", message: "\(error)")
            logger.error("a transaction failed; nothing of it was carried out", metadata: ["error": "\(error)"])
            failedSince = failedSince ?? now
            lastFailure = error
            for work in answers.map(\.work) + undecided { work.fail(ControlRefusal(error)) }
        }
    }

    /// Writes a plan and, when it is durable, what follows from it.
    private func commit(_ plan: inout FleetPlan) async throws(StoreError) {
        guard !plan.batch.isEmpty else { return }
        // Every commit moves the mark on: a crash then makes no outage of time in which others were served.
        plan.batch.listening = ListeningInterval(from: listeningSince, until: plan.now)
        let receipt = try await store.commit(plan.batch)
        nextSequence = plan.nextSequence
        for entry in plan.batch.records { record?.note(entry) }
        if !plan.batch.records.isEmpty, record?.fault == nil { await drainRecord(at: plan.now) }
        for row in plan.batch.ledger { note(row) }
        for effect in plan.onCommit { effect() }
        if receipt.newAlertCount > 0 {
            alertCount += receipt.newAlertCount
            alertBell.ring()
        }
    }

    private func note(_ row: LedgerRecord) {
        guard let index = shelf.index(of: row.rollout), let entry = try? row.entry() else { return }
        shelf[index].note(entry)
    }

    // MARK: - Recovery

    /// Tries to get well again, not more often than `recoveryPause`. The error that still stands, if one does.
    private func recoveryFailure(at now: Moment) async -> StoreError? {
        if let tried = recoveryTriedAt, let failure = lastFailure, now - tried < ControlLimit.recoveryPause {
            return failure
        }
        recoveryTriedAt = now
        do throws(StoreError) {
            try await recover(at: now, alreadyKnown: shelf.rollouts.map(\.stored))
            // What a failed flush had taken out to write.
            unsaved = Set(endpoints.keys)
            logger.notice("the store can be written again; the machines are rebuilt from the ledger")
            return nil
        } catch {
            lastFailure = error
            return error
        }
    }

    /// Builds every machine from its ledger, and writes the time since `failedSince` into it as an outage.
    private func recover(at now: Moment, alreadyKnown: [StoredRollout]) async throws(StoreError) {
        // A write first: reading a long ledger is worth it only when a decision could be written down again.
        var mark = StoreBatch()
        mark.listening = ListeningInterval(from: listeningSince, until: now)
        _ = try await store.commit(mark)
        var rebuilt = RolloutShelf()
        for stored in alreadyKnown { rebuilt.add(try await restore(stored)) }
        if record != nil {
            let state = try await store.recordState()
            record?.take(state)
        }
        var sequence = try await store.ledgerSequenceMax() + 1
        var outage = StoreBatch()
        let from = failedSince ?? now
        for index in rebuilt.needingClock {
            let entry = LedgerEntry(
                sequence: sequence, at: max(from, rebuilt[index].lastEntryAt), kind: .outage(until: now))
            outage.ledger.append(try LedgerRecord(entry, of: rebuilt[index].id))
            _ = rebuilt[index].machine.handle(.outage(from: entry.at, until: now), at: now)
            sequence += 1
        }
        _ = try await store.commit(outage)
        shelf = rebuilt
        nextSequence = sequence
        failedSince = nil
        credentials.endQuiet()
    }

    private func restore(_ stored: StoredRollout) async throws(StoreError) -> ShelvedRollout {
        var rollout = ShelvedRollout(stored)
        var last: Int64 = 0
        while true {
            let rows = try await store.ledger(of: stored.id, after: last, countMax: ControlLimit.ledgerPageCountMax)
            for row in rows { rollout.restore(try row.entry()) }
            guard let end = rows.last, rows.count == ControlLimit.ledgerPageCountMax else { return rollout }
            last = end.sequence
        }
    }
}
