/// Rows of choices in which every two columns have every pair of choices: what one field does with another is seen
/// for all pairs, with hundreds of events instead of billions.
///
/// Bush's construction (K. A. Bush, "Orthogonal Arrays of Index Unity", 1952): for a prime p, column i of row (a, b) is
/// a·i + b modulo p, and one more column is a. Two columns i and j have the pair (x, y) in exactly one row, since
/// a·(i - j) = x - y has one solution. No random choice, and nothing to search for.
package struct PairCovering: Hashable, Sendable {
    /// Choices of each column.
    package let choiceCounts: [Int]
    /// The prime: at least the number of choices of any column, and at least one less than the number of columns.
    package let prime: Int

    /// - Parameter choiceCounts: Above zero each.
    package init(choiceCounts: [Int]) {
        self.choiceCounts = choiceCounts
        let least = max(2, choiceCounts.max() ?? 0, choiceCounts.count - 1)
        prime = (least...(2 * least)).first(where: Self.isPrime) ?? least
    }

    /// Rows of the covering.
    package var rowCount: Int { prime * prime }

    /// Pairs of choices that are covered: the number that a test counts anew.
    package var pairCount: Int {
        var count = 0
        for left in choiceCounts.indices {
            for right in choiceCounts.indices where right > left { count += choiceCounts[left] * choiceCounts[right] }
        }
        return count
    }

    /// The choices of one row, `0..<rowCount`: for each column a number below its count.
    package func row(_ number: Int) -> [Int] {
        let slope = number / prime % prime
        let offset = number % prime
        return choiceCounts.indices.map { column in
            let choice = column < prime ? (slope * column + offset) % prime : slope
            // A prime above the column's count repeats some of its choices, and leaves none out.
            return choice % choiceCounts[column]
        }
    }

    /// By trial division: primes here are below a hundred. Between n and 2n there is one (Bertrand's postulate).
    private static func isPrime(_ number: Int) -> Bool {
        guard number > 1 else { return false }
        var divisor = 2
        while divisor * divisor <= number {
            if number.isMultiple(of: divisor) { return false }
            divisor += 1
        }
        return true
    }
}
