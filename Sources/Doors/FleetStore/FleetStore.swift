package import FleetModel

/// Everything that is to be written in one transaction: all of it becomes durable, or none.
///
/// Applied in the order of the members, so that a rollout finds its release and a debit comes before the recall that
/// forbids the next one.
package struct StoreBatch: Sendable {
    package var labResults: [StoredLabResult] = []
    package var releases: [StoredRelease] = []
    package var rollouts: [StoredRollout] = []
    package var ledger: [LedgerRecord] = []
    package var recalls: [StoredRecall] = []
    package var customers: [StoredCustomer] = []
    /// New endpoints, and known ones whose credential, name or standing changed.
    package var endpoints: [StoredEndpoint] = []
    /// After the endpoints they belong to.
    package var statePins: [StoredStatePin] = []
    package var snapshots: [EndpointSnapshot] = []
    /// Endpoints that said nothing new but were heard.
    package var seen: [EndpointSeen] = []
    package var alerts: [StoredAlert] = []
    package var actions: [StoredAction] = []
    /// Entries of the public record, after everything that they tell of.
    package var records: [StoredRecord] = []
    /// Entries that the log has by now, ascending.
    package var logged: [LoggedRecord] = []
    /// The listening interval in hand; its beginning names it.
    package var listening: ListeningInterval?

    package init() {}

    package var isEmpty: Bool { !isUrgent && snapshots.isEmpty && seen.isEmpty && listening == nil }

    /// Whether somebody waits for this batch to be durable. Snapshots and the listening mark may be lost in a crash.
    package var isUrgent: Bool {
        !(labResults.isEmpty && releases.isEmpty && rollouts.isEmpty && ledger.isEmpty && recalls.isEmpty
            && customers.isEmpty
            && endpoints.isEmpty && statePins.isEmpty && alerts.isEmpty && actions.isEmpty && records.isEmpty
            && logged.isEmpty)
    }
}

/// What a commit found out.
package struct StoreReceipt: Hashable, Sendable {
    /// Alerts of the batch that were not there before.
    package var newAlertCount: Int

    package init(newAlertCount: Int) { self.newAlertCount = newAlertCount }
}

/// What a control plane knows when it starts.
package struct StoredFleet: Sendable {
    /// In the order of publication.
    package var releases: [StoredRelease] = []
    /// The newest of each pack.
    package var labResults: [StoredLabResult] = []
    /// In the order of their start.
    package var rollouts: [StoredRollout] = []
    /// In the order of their names.
    package var customers: [StoredCustomer] = []
    package var endpoints: [StoredEndpoint] = []
    package var statePins: [StoredStatePin] = []
    package var alertCount = 0
    package var ledgerSequenceMax: Int64 = 0
    /// The newest moment in any row: the clock never goes below it.
    package var newestMoment: Moment?
    /// The last stretch of time in which endpoints were heard; nil at the first start.
    package var lastListening: ListeningInterval?

    package init() {}
}

/// The control plane's memory. One writer at a time.
package protocol FleetStore: Sendable {
    /// Writes a batch in one transaction and returns when it is on disk.
    ///
    /// - Throws: ``StoreError``; nothing of the batch is then visible to later reads.
    func commit(_ batch: StoreBatch) async throws(StoreError) -> StoreReceipt

    func fleet() async throws(StoreError) -> StoredFleet

    /// A rollout's rows after a sequence number, ascending.
    func ledger(of rollout: RolloutID, after sequence: Int64, countMax: Int) async throws(StoreError) -> [LedgerRecord]

    /// The newest statement of the lab about a pack, byte for byte; nil when there is none.
    func labStatement(of pack: Digest) async throws(StoreError) -> [UInt8]?

    /// The ledger's last sequence number, over all rollouts.
    func ledgerSequenceMax() async throws(StoreError) -> Int64

    /// Alerts after a sequence number, ascending.
    func alerts(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAlert]

    /// The newest alerts, the newest first.
    func latestAlerts(countMax: Int) async throws(StoreError) -> [StoredAlert]

    /// Operators' actions after a sequence number, ascending.
    func actions(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAction]

    func recordState() async throws(StoreError) -> StoredRecordState

    /// The oldest entries of the record that the log does not have, as far as was written back, ascending.
    func unloggedRecords(countMax: Int) async throws(StoreError) -> [StoredRecord]

    /// Entries about one release, rollout, pack or key, ascending.
    func records(about subject: String, countMax: Int) async throws(StoreError) -> [StoredRecord]

    func close() async
}
