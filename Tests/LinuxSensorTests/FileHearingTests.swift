import Testing

@testable import LinuxSensor

@Suite("FileHearing")
struct FileHearingTests {
    private static let interval: Int64 = 50

    /// A host that makes so many changes a second for so many looks, and a sensor that hears as it decides.
    private static func run(
        _ hearing: inout FileHearing, rate: Int64, looks: Int
    ) -> (made: Int64, heard: Int64, missed: UInt64) {
        var (made, heard, missed): (Int64, Int64, UInt64) = (0, 0, 0)
        for _ in 0..<looks {
            let open = hearing.rest > 0 ? hearing.spell : interval
            hearing.skip(microseconds: hearing.rest * 1000)
            made += rate * interval / 1000
            let count = rate * open / 1000
            heard += count
            missed += hearing.take(heardCount: Int(count), microseconds: open * 1000)
        }
        return (made, heard, missed)
    }

    @Test("what can be told is heard all the time", arguments: [0, 1, 500, 8000, 12_000])
    func all(rate: Int64) {
        var hearing = FileHearing(interval: Self.interval)
        let (made, heard, missed) = Self.run(&hearing, rate: rate, looks: 200)
        #expect(heard == made)
        #expect(missed == 0)
        #expect(hearing.rest == 0)
    }

    @Test(
        "in a flood the sensor hears for a small part of the time, and never not at all",
        arguments: [20_000, 86_000, 10_000_000])
    func flood(rate: Int64) {
        var hearing = FileHearing(interval: Self.interval)
        _ = Self.run(&hearing, rate: rate, looks: 2)
        for _ in 0..<200 {
            #expect(hearing.rest >= Self.interval / 2)
            #expect(hearing.rest <= Self.interval - FileHearing.spellMilliseconds)
            _ = Self.run(&hearing, rate: rate, looks: 1)
        }
    }

    @Test(
        "of a flood, what was heard and what is taken to be missed are all that was made",
        arguments: [13_000, 20_000, 86_000, 500_000])
    func accounted(rate: Int64) {
        var hearing = FileHearing(interval: Self.interval)
        let (made, heard, missed) = Self.run(&hearing, rate: rate, looks: 1000)
        #expect(missed > 0)
        #expect(abs(made - heard - Int64(missed)) <= made / 100)
    }

    @Test("one look after a flood everything is heard again")
    func end() {
        var hearing = FileHearing(interval: Self.interval)
        _ = Self.run(&hearing, rate: 86_000, looks: 100)
        _ = Self.run(&hearing, rate: 100, looks: 1)
        #expect(hearing.rest == 0)
        _ = Self.run(&hearing, rate: 86_000, looks: 2)
        #expect(hearing.rest > 0)
    }

    @Test("a burst of one look is no flood")
    func burst() {
        var hearing = FileHearing(interval: Self.interval)
        for _ in 0..<10 {
            _ = Self.run(&hearing, rate: 86_000, looks: 1)
            #expect(hearing.rest == 0)
            let (made, heard, missed) = Self.run(&hearing, rate: 800, looks: 1)
            #expect(heard == made)
            #expect(missed == 0)
        }
    }

    @Test("counts and times of any size trap nothing")
    func bounds() {
        var hearing = FileHearing(interval: Self.interval)
        for count in [0, -1, 1, Int.max, Int.min] {
            for microseconds in [0, -1, 1, Int64.max, Int64.min] {
                hearing.skip(microseconds: microseconds)
                hearing.skip(microseconds: microseconds)
                _ = hearing.take(heardCount: count, microseconds: microseconds)
                #expect((0...Self.interval).contains(hearing.rest))
            }
        }
    }
}
