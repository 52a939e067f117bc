import FleetModel
import Testing

@testable import RolloutEngine

@Suite("RingOrder")
struct RingOrderTests {
    private static let customer = CustomerPolicy(
        customer: "acme",
        rings: [
            CustomerPolicy.Ring(name: "first", provenShare: 1, soak: .seconds(10)),
            CustomerPolicy.Ring(name: "second"),
        ])

    private static func checkIn(_ name: String, ring: String, _ stage: ReleaseStage? = nil, failure: FailureKind? = nil)
        -> RolloutInput
    {
        let attributes = CustomerPolicyTests.attributes(ring: ring)
        var report = EndpointReport(endpoint: endpoint(name), attributes: attributes, stage: stage, failure: failure)
        report.place = customer.place(of: attributes)
        return .checkIn(report)
    }

    private static func isOffer(_ actions: [RolloutAction]) -> Bool {
        actions.contains { if case .offer = $0 { true } else { false } }
    }

    private static func at(_ seconds: Int64) -> Moment { Moment(milliseconds: seconds * 1000) }

    /// The demo's policy: a bake and a silence of 6 s.
    private static func proven() -> RolloutMachine {
        var gate = machine(.demo)
        #expect(isOffer(gate.handle(checkIn("a", ring: "first"), at: at(0))))
        #expect(!isOffer(gate.handle(checkIn("b", ring: "second"), at: at(0))))
        _ = gate.handle(checkIn("a", ring: "first", .trial), at: at(1))
        _ = gate.handle(checkIn("a", ring: "first", .committed), at: at(8))
        return gate
    }

    @Test("a later ring waits until the one before it is proven and has soaked")
    func waits() {
        var gate = Self.proven()
        #expect(!Self.isOffer(gate.handle(Self.checkIn("b", ring: "second"), at: Self.at(9))))
        #expect(!Self.isOffer(gate.handle(Self.checkIn("b", ring: "second"), at: Self.at(18))))
        #expect(Self.isOffer(gate.handle(Self.checkIn("b", ring: "second"), at: Self.at(19))))
    }

    @Test("a failure in the first ring keeps the second shut, also after a restart that heard nothing of it since")
    func failureIsKept() {
        var gate = Self.proven()
        var ledger: [LedgerEntry] = []
        func take(_ input: RolloutInput, _ seconds: Int64) {
            for action in gate.handle(input, at: Self.at(seconds)) {
                ledger.append(gate.ledgerEntry(for: action, sequence: Int64(ledger.count), at: Self.at(seconds)))
            }
        }
        take(Self.checkIn("c", ring: "first"), 9)
        take(Self.checkIn("c", ring: "first", .reverted, failure: .crash), 10)
        take(.operatorResume, 11)
        #expect(!Self.isOffer(gate.handle(Self.checkIn("b", ring: "second"), at: Self.at(40))))
        var restored = machine(.demo)
        for entry in ledger { restored.restore(entry) }
        _ = restored.handle(.outage(from: Self.at(11), until: Self.at(50)), at: Self.at(50))
        for seconds in stride(from: Int64(51), to: 90, by: 2) {
            let actions = restored.handle(Self.checkIn("b", ring: "second"), at: Self.at(seconds))
            #expect(!Self.isOffer(actions))
        }
    }

    @Test("a slot is read back from its text, whatever the customer is called")
    func slots() {
        for slot in [RingSlot(customer: "acme", ring: 0), RingSlot(customer: "a#1 b", ring: 12)] {
            #expect(RingSlot(slot.description) == slot)
        }
        for text in ["", "acme", "acme#", "acme#-1", "acme#x"] { #expect(RingSlot(text) == nil) }
    }
}

extension RingOrderTests {
    @Test("a rollout is not complete while a ring waits for its turn, and is while one is held or stays behind")
    func completeness() {
        var gate = machine(.demo)
        func checkIn(_ name: String, _ answer: Admission.Answer, _ stage: ReleaseStage?, _ seconds: Int64)
            -> [RolloutAction]
        {
            let report = EndpointReport(
                endpoint: endpoint(name), attributes: plainAttributes, stage: stage,
                admission: Admission(answer: answer, reasons: answer == .open ? [] : ["why"]))
            return gate.handle(.checkIn(report), at: Moment(milliseconds: seconds * 1000))
        }
        var isComplete = false
        for second in Int64(0)..<30 {
            _ = checkIn("a", .open, second == 0 ? nil : second < 8 ? .trial : .committed, second)
            _ = checkIn("held", .held, nil, second)
            _ = checkIn("behind", .behind, nil, second)
            _ = checkIn("later", .deferred, nil, second)
            isComplete = isComplete || gate.handle(.tick, at: Moment(milliseconds: second * 1000)).contains(.complete)
        }
        #expect(!isComplete)
        // Its customer makes a hold of it.
        for second in Int64(30)..<32 {
            _ = checkIn("a", .open, .committed, second)
            _ = checkIn("later", .held, nil, second)
            isComplete = isComplete || gate.handle(.tick, at: Moment(milliseconds: second * 1000)).contains(.complete)
        }
        #expect(isComplete)
    }
}
