import FleetSimulator
import Testing

@Suite("SimulationRandom")
struct SimulationRandomTests {
    /// A shift binds tighter than a product: written without parentheses, every draw was zero, every poll unjittered and
    /// every fault at once, and nothing failed.
    @Test("a draw below a bound reaches every value, about equally often", arguments: [2, 4, 7, 60, 3_600] as [UInt32])
    func belowIsUniform(bound: UInt32) {
        var random = SimulationRandom(seed: 1)
        var counts = [Int](repeating: 0, count: Int(bound))
        for _ in 0..<(Int(bound) * 400) { counts[Int(random.below(bound))] += 1 }
        // 400 expected each, standard deviation 20: six of them to either side.
        #expect(counts.allSatisfy { (280...520).contains($0) }, "\(counts.min() ?? 0) to \(counts.max() ?? 0)")
    }

    @Test("streams of one seed, and neighbouring seeds, share no draws")
    func streamsDiffer() {
        func draws(_ seed: UInt64, _ stream: UInt64) -> Set<UInt64> {
            var random = SimulationRandom(seed: seed, stream: stream)
            return Set((0..<1_000).map { _ in random.next() })
        }
        #expect(draws(1, 0).isDisjoint(with: draws(1, 1)))
        #expect(draws(1, 0).isDisjoint(with: draws(2, 0)))
    }
}
