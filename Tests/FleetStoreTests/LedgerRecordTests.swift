import FleetModel
import FleetStore
import RolloutEngine
import Testing

@Suite struct LedgerRecordTests {
    private static let verdict: Verdict = {
        var machine = StoreFixture.storedRollout.machine
        let actions = machine.handle(.operatorHold("lunch"), at: StoreFixture.start + .seconds(1))
        for case .record(let verdict) in actions { return verdict }
        fatalError("a hold records a verdict")
    }()

    static let kinds: [LedgerEntry.Kind] =
        [
            .debit(cohort: "os=linux"), .settle(.proven), .settle(.silent), .verdict(verdict),
            .outage(until: StoreFixture.start + .seconds(5)),
        ] + FailureKind.allCases.map { .settle(.failed($0)) }
        + WithdrawalReason.allCases.map { .settle(.withdrawn($0)) }
        + RolloutPhase.allCases.map { .phase($0, reason: "because") }

    @Test("every entry reads back from its row as it was", arguments: kinds)
    func roundTrip(kind: LedgerEntry.Kind) throws {
        let endpoint: EndpointID? = if case .settle = kind { StoreFixture.endpoint(3) } else { nil }
        let entry = LedgerEntry(sequence: 4, at: StoreFixture.start, kind: kind, endpoint: endpoint)
        #expect(try LedgerRecord(entry, of: StoreFixture.rollout).entry() == entry)
    }

    @Test(
        "a row that is not understood stops the restart",
        arguments: [("debited", ""), ("failed", "?"), ("verdict", "{")])
    func unreadable(kind: String, detail: String) {
        let row = LedgerRecord(
            sequence: 1, rollout: StoreFixture.rollout, at: StoreFixture.start, kind: kind, detail: detail)
        #expect(throws: StoreError.self) { try row.entry() }
    }
}
