import FleetModel
import Testing

@testable import ReleaseLab

@Suite("Pair covering")
struct PairCoveringTests {
    /// Counted anew, without the construction's own arithmetic.
    private static func pairs(of covering: PairCovering) -> Set<[Int]> {
        var pairs: Set<[Int]> = []
        for number in 0..<covering.rowCount {
            let row = covering.row(number)
            for left in row.indices {
                for right in row.indices where right > left { pairs.insert([left, row[left], right, row[right]]) }
            }
        }
        return pairs
    }

    @Test(
        "every pair of choices of every two columns is in some row",
        arguments: [
            [11, 11, 11], Array(repeating: 11, count: 12), [2, 3], [1], [5, 1, 4], Array(repeating: 2, count: 9),
        ])
    func coversEveryPair(choices: [Int]) {
        let covering = PairCovering(choiceCounts: choices)
        #expect(Self.pairs(of: covering).count == covering.pairCount)
    }

    @Test("a covering has as few rows as there are pairs of two columns, where choices are a prime number")
    func isAsSmallAsCanBe() {
        #expect(PairCovering(choiceCounts: Array(repeating: 11, count: 10)).rowCount == 121)
    }

    @Test("hostile events go through every pair of states of every kind's fields", arguments: EventKind.allCases)
    func hostileEventsCover(kind: EventKind) {
        let hostile = HostileEvents(examples: [], seed: 1)
        var seen: Set<String> = []
        for number in 0..<hostile.count {
            let states = hostile.states(of: number)
            guard Set(states.map(\.field)) == Set(kind.fields), states.count == kind.fields.count,
                hostile.event(number).encoded.first == kind.rawValue
            else { continue }
            for left in states {
                for right in states where right.field.rawValue > left.field.rawValue {
                    seen.insert("\(left.field) \(left.state) \(right.field) \(right.state)")
                }
            }
        }
        let count = kind.fields.count
        #expect(seen.count == count * (count - 1) / 2 * FieldState.allCases.count * FieldState.allCases.count)
    }
}
