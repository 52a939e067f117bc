import CanonicalCoding
package import FleetModel
package import RolloutEngine

/// One row of the ledger as it stands in the database: texts that anyone can read with `sqlite3`, and that a checker
/// can read without this code.
package struct LedgerRecord: Hashable, Sendable {
    /// Ascending over all rollouts, without gaps, never reused. The writer gives it, and the store refuses a wrong one:
    /// two writers on one ledger cannot both go on.
    package var sequence: Int64
    package var rollout: RolloutID
    package var at: Moment
    /// `debit`, `proven`, `failed`, `silent`, `withdrawn`, `verdict`, `phase` or `outage`.
    package var kind: String
    package var endpoint: EndpointID?
    /// Of `debit` the cohort, of `failed` and `withdrawn` the kind, of `verdict` the canonical JSON, of `phase` its word, of `outage` its end
    /// in milliseconds.
    package var detail: String
    /// Of `phase`, why, for a person. Of `debit`, the ring of the customer, as in `acme#0`; empty where there is none.
    package var reason: String

    package init(
        sequence: Int64, rollout: RolloutID, at: Moment, kind: String, endpoint: EndpointID? = nil,
        detail: String = "", reason: String = ""
    ) {
        self.sequence = sequence
        self.rollout = rollout
        self.at = at
        self.kind = kind
        self.endpoint = endpoint
        self.detail = detail
        self.reason = reason
    }
}

extension LedgerRecord {
    /// A verdict has a few hundred bytes and a reason for each of its codes.
    private static let detailLimits = JSONParser.Limits(bytesMax: 64 << 10)

    private enum Kind {
        static let debit = "debit"
        static let verdict = "verdict"
        static let phase = "phase"
        static let outage = "outage"
    }

    /// The row of an entry.
    package init(_ entry: LedgerEntry, of rollout: RolloutID) throws(StoreError) {
        self.init(
            sequence: entry.sequence, rollout: rollout, at: entry.at, kind: Kind.debit, endpoint: entry.endpoint)
        switch entry.kind {
        case .debit(let cohort, let ring):
            detail = cohort
            reason = ring?.description ?? ""
        case .settle(let outcome):
            kind = outcome.word
            switch outcome {
            case .proven, .silent: break
            case .failed(let failure): detail = failure.rawValue
            case .withdrawn(let reason): detail = reason.rawValue
            }
        case .verdict(let verdict):
            kind = Kind.verdict
            do {
                detail = String(decoding: try verdict.canonicalJSON(), as: UTF8.self)
            } catch {
                throw StoreError(.failed, subject: "ledger row \(entry.sequence)", message: "\(error)")
            }
        case .phase(let phase, let reason):
            kind = Kind.phase
            detail = phase.rawValue
            self.reason = reason
        case .outage(let until):
            kind = Kind.outage
            detail = "\(until.milliseconds)"
        }
    }

    /// The entry that the row stands for.
    ///
    /// - Throws: `.unreadableRow` when it stands for none: a ledger that is not understood to its last row must not be
    ///   built on.
    package func entry() throws(StoreError) -> LedgerEntry {
        guard let meaning = try meaning() else {
            throw StoreError(
                .unreadableRow, subject: "ledger row \(sequence)",
                message: "\"\(kind)\" with the detail \"\(detail.prefix(80))\" is not understood")
        }
        return LedgerEntry(sequence: sequence, at: at, kind: meaning, endpoint: endpoint)
    }

    private func meaning() throws(StoreError) -> LedgerEntry.Kind? {
        switch kind {
        case Kind.debit: return .debit(cohort: detail, ring: RingSlot(reason))
        case ExposureOutcome.proven.word: return .settle(.proven)
        case ExposureOutcome.silent.word: return .settle(.silent)
        case "failed": return FailureKind(rawValue: detail).map { .settle(.failed($0)) }
        case "withdrawn": return WithdrawalReason(rawValue: detail).map { .settle(.withdrawn($0)) }
        case Kind.phase: return RolloutPhase(rawValue: detail).map { .phase($0, reason: reason) }
        case Kind.outage: return Int64(detail).map { .outage(until: Moment(milliseconds: $0)) }
        case Kind.verdict:
            do {
                return .verdict(
                    try CodableJSON.decode(
                        Verdict.self, from: Array(detail.utf8), limits: Self.detailLimits, keys: .snakeCase))
            } catch {
                throw StoreError(.unreadableRow, subject: "ledger row \(sequence)", message: "\(error)")
            }
        default: return nil
        }
    }
}
