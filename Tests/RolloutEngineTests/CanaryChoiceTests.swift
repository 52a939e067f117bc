import FleetModel
import Testing

@testable import RolloutEngine

@Suite("CanaryChoice")
struct CanaryChoiceTests {
    @Test("the first canaries together show every value of every attribute, in as few cohorts as greed finds")
    func coversValues() {
        let attributes = [["a", "1"], ["a", "2"], ["b", "1"], ["b", "2"], ["c", "1"]]
        let order = CanaryChoice.order(attributes: attributes, sizes: [50, 40, 30, 20, 1])
        #expect(order == [0, 3, 4, 1, 2])
        #expect(CanaryChoice.order(attributes: attributes, sizes: [0, 0, 7, 0, 0]) == [2])
    }

    private static func roll(_ count: Int) -> [MusteredEndpoint] {
        (0..<count).map { number in
            var attributes = plainAttributes
            // One kernel in a hundred is rare.
            attributes.kernel = number % 100 == 7 ? "rare" : "k\(number % 3)"
            return MusteredEndpoint(endpoint: endpoint("e\(number)"), attributes: attributes)
        }
    }

    private static func canaries(seed: UInt64) -> Set<Int> {
        var policy = CohortTests.policy()
        policy.lossBudget = 8
        var gate = machine(policy, seed: seed)
        _ = gate.handle(.muster(roll(1_000)), at: Moment(milliseconds: 0))
        var offered: Set<Int> = []
        for (number, mustered) in roll(1_000).enumerated() {
            let report = EndpointReport(endpoint: mustered.endpoint, attributes: mustered.attributes)
            let actions = gate.handle(.checkIn(report), at: Moment(milliseconds: Int64(number)))
            if actions.contains(where: { if case .offer = $0 { true } else { false } }) { offered.insert(number) }
        }
        return offered
    }

    @Test("canaries come from every cohort, whoever checks in first, and the seed decides which")
    func seeded() {
        let first = Self.canaries(seed: 1)
        #expect(first == Self.canaries(seed: 1))
        #expect(first != Self.canaries(seed: 2))
        #expect(first.count == 8)
        #expect(first.contains { $0 % 100 == 7 })
        // Not those who came first: sixteen candidates stand for each place.
        #expect((first.max() ?? 0) > 20)
    }

    @Test("when the canaries do not come within a poll, others are taken in their place")
    func absentCanaries() {
        var policy = CohortTests.policy()
        policy.lossBudget = 8
        var gate = machine(policy)
        _ = gate.handle(.muster(Self.roll(1_000)), at: Moment(milliseconds: 0))
        let late = EndpointReport(endpoint: endpoint("late"), attributes: plainAttributes)
        func isOffered(at moment: Moment) -> Bool {
            gate.handle(.checkIn(late), at: moment).contains { if case .offer = $0 { true } else { false } }
        }
        #expect(!isOffered(at: Moment(milliseconds: 1)))
        #expect(isOffered(at: Moment(milliseconds: policy.pollInterval.milliseconds)))
    }
}
