import DecisionRecord
import FleetModel
import FleetStore

/// What the driver knows of the record: what is in it, and how far the log has it.
///
/// Rebuilt from the store whenever the machines are.
struct RecordKeeper: Sendable {
    let writer: RecordWriter
    private(set) var nextNumber: Int64 = 1
    /// Every entry up to this number is in the log.
    var loggedThrough: Int64 = 0
    /// Why the log does not have all entries; nil while it has, or was not asked yet.
    var fault: String?
    /// When the log was last tried.
    var triedAt: Moment?
    /// The log's end must be looked at before the next append: it may have entries whose place was never written back.
    var mustLook = true
    private var releases: [String: Int64] = [:]
    private var policies: [String: Int64] = [:]
    private var verdictCounts: [String: Int64] = [:]
    private var keys: [String: Int64] = [:]

    init(_ writer: RecordWriter) { self.writer = writer }

    /// Takes what the store has for the truth.
    mutating func take(_ state: StoredRecordState) {
        nextNumber = state.numberMax + 1
        loggedThrough = state.loggedMax
        mustLook = true
        (releases, policies, verdictCounts, keys) = ([:], [:], [:], [:])
        for group in state.groups {
            switch RecordKind(rawValue: group.kind) {
            case .release: releases[group.subject] = group.first
            case .policy: policies[group.subject] = group.first
            case .verdict: verdictCounts[group.subject] = group.count
            case .key: keys[group.subject] = group.last
            case .attestation, .recall, nil: break
            }
        }
    }

    /// Notes an entry that has become durable.
    mutating func note(_ record: StoredRecord) {
        nextNumber = record.number + 1
        switch RecordKind(rawValue: record.kind) {
        case .release: releases[record.subject] = record.number
        case .policy: policies[record.subject] = record.number
        case .verdict: verdictCounts[record.subject, default: 0] += 1
        case .key: keys[record.subject] = record.number
        case .attestation, .recall, nil: break
        }
    }

    /// Whether the log should be tried now, though nothing new was recorded.
    func isDue(at now: Moment) -> Bool {
        guard fault != nil else { return hasUnlogged }
        return now - (triedAt ?? now) >= ControlLimit.recoveryPause
    }

    var hasUnlogged: Bool { loggedThrough + 1 < nextNumber }

    func isRecorded(_ release: ReleaseID) -> Bool { releases[release.text] != nil }
    func isRecorded(_ rollout: RolloutID) -> Bool { policies[rollout.text] != nil }
    func verdictCount(_ rollout: RolloutID) -> Int64 { verdictCounts[rollout.text] ?? 0 }

    /// Whether the newest key entry of this role names this key.
    func isNewest(_ subject: String, ofRole role: String) -> Bool {
        let ofRole = keys.filter { $0.key.hasPrefix("\(role) ") }
        return ofRole.max { $0.value < $1.value }?.key == subject
    }

    /// Where the log has a release's entry. The log holds the record and nothing else, one entry after the other, so a
    /// place follows from a number.
    func logIndex(of release: ReleaseID) -> Int64? {
        guard let number = releases[release.text], number <= loggedThrough else { return nil }
        return number - 1
    }

    /// Whether a release may be offered, as far as the log goes: its entry and its policy's are in it, and whatever was
    /// decided since could be written there too.
    func isPublic(_ release: ReleaseID, _ rollout: RolloutID) -> Bool {
        guard fault == nil, let first = releases[release.text], let second = policies[rollout.text] else {
            return false
        }
        return max(first, second) <= loggedThrough
    }
}
