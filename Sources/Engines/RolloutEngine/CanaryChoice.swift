/// Which endpoints are the first to be offered a release: for coverage first, then by chance.
///
/// A defect of a corner is found by an endpoint of that corner and by no other, so the first places go to cohorts that
/// together show every value of every attribute, the next to the cohorts that are left, the largest first, and the rest
/// is drawn from the whole fleet. Within a cohort chance decides, and chance comes from the rollout's seed: nobody can
/// choose the canaries but by choosing the seed, which stands in the ledger.
package enum CanaryChoice {
    /// The order in which cohorts are given a canary.
    ///
    /// Greedy set cover: the next cohort is the one that shows the most values that none before it shows. It needs at
    /// most ln(values) times as many cohorts as the best cover (Chvatal 1979).
    ///
    /// - Parameters:
    ///   - attributes: The values of each cohort's attributes, in the policy's order: one text for each attribute.
    ///   - sizes: Endpoints of each cohort; one that has none is left out.
    /// - Returns: Indices of cohorts. Of cohorts that show as many new values the larger comes first, then the one whose
    ///   values come first in the alphabet.
    package static func order(attributes: [[String]], sizes: [Int]) -> [Int] {
        struct Value: Hashable {
            let attribute: Int
            let text: String
        }
        var left = attributes.indices.filter { sizes[$0] > 0 }
        left.sort {
            sizes[$0] == sizes[$1] ? attributes[$0].lexicographicallyPrecedes(attributes[$1]) : sizes[$0] > sizes[$1]
        }
        var shown: Set<Value> = []
        var order: [Int] = []
        func news(_ cohort: Int) -> Int {
            attributes[cohort].enumerated().count { !shown.contains(Value(attribute: $0.offset, text: $0.element)) }
        }
        while !left.isEmpty {
            var best = 0
            var bestNews = 0
            // The first of the best: `left` is in the order of preference.
            for (position, cohort) in left.enumerated() {
                let count = news(cohort)
                if count > bestNews { (best, bestNews) = (position, count) }
            }
            if bestNews == 0 { break }
            let cohort = left.remove(at: best)
            for (attribute, text) in attributes[cohort].enumerated() {
                shown.insert(Value(attribute: attribute, text: text))
            }
            order.append(cohort)
        }
        return order + left
    }

    /// An endpoint's number in the draw: lower comes first.
    package static func rank(_ word: UInt64, seed: UInt64) -> UInt64 {
        // SplitMix64's finaliser (Steele, Lea and Flood, 2014).
        var mixed = (seed ^ word) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension GateCore {
    /// Chooses the canaries among the endpoints that were assigned to cohorts and not offered anything.
    ///
    /// - Parameters:
    ///   - order: Cohorts in the order in which they are given one (``CanaryChoice/order(attributes:sizes:)``).
    ///   - rank: An endpoint's number in the draw.
    package mutating func chooseCanaries(order: [Int], rank: (Int) -> UInt64) {
        guard canaryCount == 0, counts.offered == 0 else { return }
        let places = cap.value
        var ranked = [[Candidate]](repeating: [], count: cohorts.count)
        var drawn: [Candidate] = []
        for index in 0..<endpoints.count where endpoints[index].standing.isBeforeOffer {
            let candidate = Candidate(rank: rank(index), index: index)
            Self.keep(candidate, in: &ranked[Int(endpoints[index].cohort)], atMost: Self.candidatesPerPlace)
            Self.keep(candidate, in: &drawn, atMost: min(Self.candidatesMax, Self.candidatesPerPlace * places))
        }
        for candidate in order.prefix(places).flatMap({ ranked[$0] }) + drawn
        where endpoints[candidate.index].unwell & EndpointTable.canaryBit == 0 {
            endpoints[candidate.index].unwell |= EndpointTable.canaryBit
            canaryCount += 1
        }
    }

    private struct Candidate {
        let rank: UInt64
        let index: Int
    }

    /// Chosen for each place: the one that speaks first takes it. A poll is long, and of sixteen the first comes within a
    /// sixteenth of it; with one for each place a rollout would lose a whole poll.
    private static let candidatesPerPlace = 16

    /// Candidates that are drawn from the whole fleet: each is found by a search and costs a move of those behind it. A
    /// larger loss budget is filled by whoever comes when the first poll is over.
    private static let candidatesMax = 20_000

    /// Keeps the candidates of the lowest ranks, in ascending order.
    @inline(__always)
    private static func keep(_ candidate: Candidate, in list: inout [Candidate], atMost countMax: Int) {
        if list.count == countMax, candidate.rank >= list[countMax - 1].rank { return }
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].rank > candidate.rank { high = middle } else { low = middle + 1 }
        }
        list.insert(candidate, at: low)
        if list.count > countMax { list.removeLast() }
    }
}
