import CanonicalCoding
import ControlWire
import DecisionRecord
import FleetModel
import FleetStore
import Logging
import RolloutEngine
import UpdateTrust

// MARK: - Entries

/// The record: every entry is written in the transaction of what it tells.
extension FleetDriver {
    /// Puts an entry into the plan; without a record nothing happens.
    ///
    /// - Throws: ``StoreError`` for one that has no form, or is too long; nothing was put then.
    private func record(_ body: RecordEntry.Body, about subject: String, in plan: inout FleetPlan) throws(StoreError) {
        guard record != nil else { return }
        let entry = RecordEntry(number: plan.nextRecordNumber, at: plan.now, body: body)
        do throws(RecordError) {
            plan.batch.records.append(
                StoredRecord(
                    number: entry.number, kind: body.kind.rawValue, subject: subject, body: try entry.encoded()))
        } catch {
            throw StoreError(.failed, subject: "record \(entry.number)", message: "\(error)")
        }
        plan.nextRecordNumber += 1
    }

    func record(_ release: StoredRelease, signedBy signer: Digest, in plan: inout FleetPlan) throws(StoreError) {
        let body = RecordedRelease(
            pack: release.release.pack, version: release.release.version, digest: release.digest,
            byteCount: release.byteCount, path: TufRepository.path(of: release.release), signer: signer)
        try record(.release(body), about: release.release.text, in: &plan)
    }

    /// What the lab says of a pack, signed by whoever keeps the record.
    func record(_ result: StoredLabResult, in plan: inout FleetPlan) throws {
        guard let writer = record?.writer else { return }
        let payload = try LabStatement(decoding: result.statement).fitting()
        try record(payload, of: "https://in-toto.io/attestation/test-result/v0.1", about: result.digest, writer, &plan)
    }

    private func record(
        _ payload: [UInt8], of type: String, about digest: Digest, _ writer: RecordWriter, _ plan: inout FleetPlan
    ) throws {
        let attestation = RecordedAttestation(
            subject: digest, predicateType: type, envelope: try writer.key.sign(payload).json)
        try record(.attestation(attestation), about: digest.text, in: &plan)
    }

    /// The policy that a rollout begins with, whole.
    func record(_ rollout: StoredRollout, in plan: inout FleetPlan) throws {
        guard record != nil, let digest = releases[rollout.release]?.digest else { return }
        let bytes = try CodableJSON.encode(rollout.policy)
        let policy = RecordedPolicy(
            rollout: rollout.id, release: rollout.release, digest: digest, startedAt: rollout.startedAt,
            policy: try JSONParser.parse(bytes, limits: .init(bytesMax: bytes.count)),
            policySHA256: ContentDigest.sha256(bytes))
        try record(.policy(policy), about: rollout.id.text, in: &plan)
    }

    /// A verdict with its evidence, and, where it opens, ends or condemns, the summary of it for others.
    ///
    /// A rollout that began before there was a record has no policy in it, so its verdicts could not be checked and are
    /// not there either; it is offered to nobody any more (``RecordKeeper/isPublic(_:_:)``).
    func record(
        _ verdict: Verdict, from evidence: VerdictEvidence, of stored: StoredRollout, after before: Verdict.Decision?,
        in plan: inout FleetPlan
    ) throws {
        guard let keeper = record, keeper.isRecorded(stored.id), let digest = releases[stored.release]?.digest else {
            return
        }
        let sequence = (plan.verdictCounts[stored.id] ?? keeper.verdictCount(stored.id)) + 1
        let pseudonym = CohortPseudonym(seed: stored.seed)
        let recorded = RecordedVerdict(
            rollout: stored.id, sequence: sequence,
            policySHA256: ContentDigest.sha256(try CodableJSON.encode(stored.policy)),
            evidence: pseudonym.publishing(evidence), outcome: pseudonym.publishing(VerdictOutcome(verdict)))
        try record(.verdict(recorded), about: stored.id.text, in: &plan)
        plan.verdictCounts[stored.id] = sequence
        guard verdict.decision != before, let entry = plan.batch.records.last else { return }
        let tested = labResults[digest].map {
            VerificationSummary.Input(uri: "firebreak:lab/\($0.digest)", digest: $0.statementDigest)
        }
        let summary = VerificationSummary(
            recorded, entry: .init(uri: "firebreak:record/\(entry.number)", digest: ContentDigest.sha256(entry.body)),
            release: stored.release, digest: digest, attestations: tested.map { [$0] } ?? [],
            verifier: keeper.writer.verifier, version: ControlPlane.version)
        guard let statement = summary?.statement else { return }
        try record(statement.encoded(), of: statement.predicateType, about: digest, keeper.writer, &plan)
    }

    func record(_ recall: StoredRecall, by rollout: RolloutID, in plan: inout FleetPlan) throws {
        guard let keeper = record, keeper.isRecorded(recall.release), let digest = releases[recall.release]?.digest
        else { return }
        let body = RecordedRecall(
            release: recall.release, digest: digest, reason: recall.reason,
            rollout: keeper.isRecorded(rollout) ? rollout : nil)
        try record(.recall(body), about: recall.release.text, in: &plan)
    }

    /// Records who may sign as what from now on; the same again changes nothing.
    func record(_ key: RecordedKey) async throws {
        let threshold = key.threshold == 1 ? "" : " \(key.threshold) of"
        let subject = "\(key.role)\(threshold) \(key.keyIDs.joined(separator: " "))"
        try await perform(isAlone: true) { plan in
            guard let keeper = self.record, !keeper.isNewest(subject, ofRole: key.role) else { return {} }
            try self.record(.key(key), about: subject, in: &plan)
            return {}
        }
    }

    /// Where the public log has a release's entry.
    func logIndex(of digest: Digest) throws -> Int64? {
        releases.values.first { $0.digest == digest }.flatMap { record?.logIndex(of: $0.release) }
    }

    /// Why a rollout may not be offered to anybody new, by the log; nil where it may.
    func recordHold(on rollout: StoredRollout) -> String? {
        guard let keeper = record, !keeper.isPublic(rollout.release, rollout.id) else { return nil }
        if let fault = keeper.fault { return "the public log cannot be written: \(fault)" }
        return keeper.isRecorded(rollout.id)
            ? "its entries are not in the public log yet" : "it began before there was a public log"
    }
}

// MARK: - The log

extension FleetDriver {
    /// Brings entries from the store into the log, in order, and writes their places back. Called in the lane of
    /// transactions, before their replies are made: what they carry is public then, or its rollout is held.
    ///
    /// The log's failure is nobody's refusal: what was decided is durable, and a recall must not wait for a disk.
    func drainRecord(at now: Moment) async {
        guard var keeper = record, keeper.hasUnlogged || keeper.mustLook else { return }
        let before = keeper.fault
        keeper.triedAt = now
        do {
            try await drain(&keeper)
            keeper.fault = nil
        } catch {
            keeper.fault = "\(error)"
            keeper.mustLook = true
        }
        record = keeper
        guard keeper.fault != before else { return }
        if let fault = keeper.fault {
            logger.error("the public log cannot be written; nothing new is offered", metadata: ["error": "\(fault)"])
        } else {
            logger.notice("the public log can be written again")
            credentials.endQuiet()
        }
    }

    private func drain(_ keeper: inout RecordKeeper) async throws {
        var known = LogTail.nothing
        if keeper.mustLook {
            known = try await LogTail(keeper.writer.log.tail())
            guard known.number < keeper.nextNumber else { throw DecisionLogFault.ahead(known.number) }
        }
        while true {
            let records = try await store.unloggedRecords(countMax: ControlLimit.recordsLoggedMax)
            guard !records.isEmpty else { break }
            // The log has these: a crash came before their places were written back.
            let there = records.filter { $0.number <= known.number }
            if let last = there.last(where: { $0.number == known.number }), last.body != known.bytes {
                throw DecisionLogFault.other(known.number)
            }
            let missing = records.dropFirst(there.count)
            var batch = StoreBatch()
            batch.logged = there.map { LoggedRecord(number: $0.number, logIndex: known.index(of: $0.number)) }
            if let next = missing.first {
                let isNext = next.number == keeper.loggedThrough + Int64(there.count) + 1
                guard isNext else { throw DecisionLogFault.gap(next.number) }
                let first = try await keeper.writer.log.append(missing.map(\.body))
                batch.logged += missing.enumerated().map {
                    LoggedRecord(number: $1.number, logIndex: first + Int64($0))
                }
            }
            _ = try await store.commit(batch)
            keeper.loggedThrough = batch.logged.last?.number ?? keeper.loggedThrough
        }
        keeper.mustLook = false
    }
}

/// The end of the log, as an entry of ours.
private struct LogTail {
    /// The last entry's; 0: there is none.
    var number: Int64
    var count: Int64
    var bytes: [UInt8]

    static let nothing = LogTail(number: 0, count: 0, bytes: [])

    private init(number: Int64, count: Int64, bytes: [UInt8]) {
        (self.number, self.count, self.bytes) = (number, count, bytes)
    }

    init(_ tail: (count: Int64, last: [UInt8]?)) throws(RecordError) {
        guard let last = tail.last else {
            self = .nothing
            return
        }
        self.init(number: try RecordEntry(decoding: last).number, count: tail.count, bytes: last)
    }

    /// Entries stand in the log one after the other.
    func index(of number: Int64) -> Int64 { count - 1 - (self.number - number) }
}

/// Log and database do not belong together: one of them was put back from a copy, or somebody else has written.
enum DecisionLogFault: Error, CustomStringConvertible {
    case ahead(Int64)
    case other(Int64)
    case gap(Int64)

    var description: String {
        switch self {
        case .ahead(let number): "the log has entry \(number), which the database does not know"
        case .other(let number): "the log's entry \(number) is not the one that the database has"
        case .gap(let number): "entry \(number) would come before those that the database has not logged"
        }
    }
}
