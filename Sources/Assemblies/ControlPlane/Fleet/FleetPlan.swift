import FleetModel
import FleetStore
import RolloutEngine

/// What one transaction will write, while it is put together, and what follows from it once it is durable.
struct FleetPlan {
    /// The moment of every decision in it.
    let now: Moment
    var batch = StoreBatch()
    /// The ledger's next sequence number and the recall list's next revision, if all of this is written.
    var nextSequence: Int64
    var nextRevision: Int64
    /// The record's next number, and how many verdicts of each rollout are in it, if all of this is written.
    var nextRecordNumber: Int64
    var verdictCounts: [RolloutID: Int64] = [:]
    /// Changes of what the driver knows that must not come before the transaction is durable. In order, before any
    /// reply is made.
    var onCommit: [() -> Void] = []

    init(now: Moment, nextSequence: Int64, nextRevision: Int64, nextRecordNumber: Int64) {
        self.now = now
        self.nextSequence = nextSequence
        self.nextRevision = nextRevision
        self.nextRecordNumber = nextRecordNumber
    }

    /// Appends a row to the ledger.
    mutating func append(_ entry: LedgerEntry, of rollout: RolloutID) throws(StoreError) {
        batch.ledger.append(try LedgerRecord(entry, of: rollout))
        nextSequence += 1
    }

    mutating func note(_ action: String, _ subject: String, _ detail: String = "") {
        batch.actions.append(StoredAction(at: now, action: action, subject: subject, detail: detail))
    }
}

/// One request that waits for its transaction. Its closures are the driver's own, and run on it.
struct FleetWork {
    /// Decides, and adds to the plan what must be durable. What it throws refuses this request alone, so it must throw
    /// before it changes anything.
    ///
    /// - Returns: What to do when the plan is durable: make the reply and hand it over.
    let plan: (inout FleetPlan) throws -> () -> Void
    /// Hands over an error in place of a reply.
    let fail: (ControlRefusal) -> Void
    /// Alone in its transaction: its decision rests on what others in the same one would still change.
    var isAlone = false
}
