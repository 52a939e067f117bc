/// The groups of one correlation, bounded: when there are too many, or they keep too much, the group that was heard of
/// longest ago is forgotten, and counted.
struct CorrelationTable: Sendable {
    private struct Group: Sendable {
        var key: [UInt8]
        var window = CorrelationWindow()
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    private var groups: [Group] = []
    private var numbers: [[UInt8]: Int32] = [:]
    private var free: [Int32] = []
    private var oldest: Int32 = -1
    private var newest: Int32 = -1
    private(set) var entryCount = 0
    /// Groups that were forgotten to make room.
    private(set) var forgottenCount: UInt64 = 0

    var groupCount: Int { numbers.count }

    mutating func take(
        _ input: CorrelationWindow.Input, key: [UInt8], _ correlation: DetectionProgram.Correlation
    ) -> Bool {
        let number = numbers[key] ?? add(key)
        unlink(number)
        linkAsNewest(number)
        let before = groups[Int(number)].window.entries.count
        let matches = groups[Int(number)].window.take(input, correlation)
        entryCount += groups[Int(number)].window.entries.count - before
        while numbers.count > CorrelationLimit.groupCountMax
            || entryCount > CorrelationLimit.entryCountMax && numbers.count > 1
        {
            forgetOldest()
        }
        return matches
    }

    private mutating func add(_ key: [UInt8]) -> Int32 {
        let number: Int32
        if let free = free.popLast() {
            number = free
            groups[Int(number)] = Group(key: key)
        } else {
            number = Int32(truncatingIfNeeded: groups.count)
            groups.append(Group(key: key))
        }
        numbers[key] = number
        linkAsNewest(number)
        return number
    }

    private mutating func forgetOldest() {
        let number = oldest
        guard number >= 0 else { return }
        unlink(number)
        entryCount -= groups[Int(number)].window.entries.count
        numbers[groups[Int(number)].key] = nil
        groups[Int(number)] = Group(key: [])
        free.append(number)
        forgottenCount += 1
    }

    private mutating func unlink(_ number: Int32) {
        let group = groups[Int(number)]
        if group.older >= 0 { groups[Int(group.older)].newer = group.newer } else { oldest = group.newer }
        if group.newer >= 0 { groups[Int(group.newer)].older = group.older } else { newest = group.older }
    }

    private mutating func linkAsNewest(_ number: Int32) {
        groups[Int(number)].older = newest
        groups[Int(number)].newer = -1
        if newest >= 0 { groups[Int(newest)].newer = number } else { oldest = number }
        newest = number
    }
}
