@testable import DetectionEngine
import Testing

@Suite("Event time")
struct EventTimeTests {
    /// Text, milliseconds since 1970, and minute, hour, day, week, month and year, as Python 3.11's `datetime` has them.
    static let cases: [(String, Int64, [Int64])] = [
        ("1970-01-01T00:00:00Z", 0, [0, 0, 1, 1, 1, 1970]),
        ("1969-12-31T23:59:59Z", -1000, [59, 23, 31, 1, 12, 1969]),
        ("2000-02-29T12:00:00Z", 951_825_600_000, [0, 12, 29, 9, 2, 2000]),
        ("1900-03-01T00:00:00Z", -2_203_891_200_000, [0, 0, 1, 9, 3, 1900]),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000, [59, 23, 29, 9, 2, 2024]),
        ("2023-12-31T23:59:59Z", 1_704_067_199_000, [59, 23, 31, 52, 12, 2023]),
        ("2024-12-30T00:00:00Z", 1_735_516_800_000, [0, 0, 30, 1, 12, 2024]),
        ("2021-01-03T10:10:10Z", 1_609_668_610_000, [10, 10, 3, 53, 1, 2021]),
        ("2020-12-31T10:10:10Z", 1_609_409_410_000, [10, 10, 31, 53, 12, 2020]),
        ("2026-11-27T03:17:53Z", 1_795_749_473_000, [17, 3, 27, 48, 11, 2026]),
        ("2015-06-30T23:59:59+02:00", 1_435_701_599_000, [59, 21, 30, 27, 6, 2015]),
        ("2026-01-01T00:30:00+01:00", 1_767_223_800_000, [30, 23, 31, 1, 12, 2025]),
        ("2026-12-31T23:30:00-01:00", 1_798_763_400_000, [30, 0, 1, 53, 1, 2027]),
        ("2100-02-28T23:59:59-00:01", 4_107_542_459_000, [0, 0, 1, 9, 3, 2100]),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000, [59, 23, 31, 52, 12, 9999]),
        ("1582-10-15T00:00:00Z", -12_219_292_800_000, [0, 0, 15, 41, 10, 1582]),
        ("2010-01-03T00:00:00Z", 1_262_476_800_000, [0, 0, 3, 53, 1, 2010]),
        ("2009-12-31T00:00:00Z", 1_262_217_600_000, [0, 0, 31, 53, 12, 2009]),
        ("2027-01-01T00:00:00Z", 1_798_761_600_000, [0, 0, 1, 53, 1, 2027]),
        ("2016-02-29T00:00:00+14:00", 1_456_653_600_000, [0, 10, 28, 8, 2, 2016]),
        // Other ways to write a moment.
        ("2026-11-27 03:17:53", 1_795_749_473_000, [17, 3, 27, 48, 11, 2026]),
        ("2026-11-27t03:17:53.25z", 1_795_749_473_250, [17, 3, 27, 48, 11, 2026]),
        ("2026-11-27T03:17:53.123456789Z", 1_795_749_473_123, [17, 3, 27, 48, 11, 2026]),
        ("1795749473", 1_795_749_473_000, [17, 3, 27, 48, 11, 2026]),
        ("1795749473.25", 1_795_749_473_250, [17, 3, 27, 48, 11, 2026]),
        ("1795749473250", 1_795_749_473_250, [17, 3, 27, 48, 11, 2026]),
        ("-1", -1000, [59, 23, 31, 1, 12, 1969]),
        // A leap second is the first of the next minute.
        ("2016-12-31T23:59:60Z", 1_483_228_800_000, [0, 0, 1, 52, 1, 2017]),
    ]

    private static func time(_ text: String) -> EventTime? { EventTime(text: Array(text.utf8).span) }

    @Test("a moment is read as Python reads it, and so are its parts")
    func moments() throws {
        for (text, milliseconds, parts) in Self.cases {
            let time = try #require(Self.time(text), "\(text)")
            #expect(time.milliseconds == milliseconds, "\(text)")
            #expect(TimePart.allCases.map { time.part($0) } == parts, "\(text)")
        }
    }

    @Test("what is no moment is none")
    func others() {
        for text in [
            "", "-", "now", "2026-11-27", "2026-11-27T03:17", "2026-13-27T03:17:53Z", "2026-00-27T03:17:53Z",
            "2026-02-29T03:17:53Z", "2024-02-30T03:17:53Z", "2026-04-31T03:17:53Z", "2026-11-00T03:17:53Z",
            "2026-11-27T24:17:53Z", "2026-11-27T03:60:53Z", "2026-11-27T03:17:61Z", "2026-11-27T03:17:53X",
            "2026-11-27T03:17:53Zx", "2026-11-27T03:17:53+24:00", "2026-11-27T03:17:53+0100",
            "2026-11-27T03:17:53+1:00",
            "2026-11-27x03:17:53Z", "2026/11/27 03:17:53", "100000000000000", "-100000000000000", "1e300", "nan",
            "9223372036854775807", "-9223372036854775808",
        ] {
            #expect(Self.time(text) == nil, "\(text)")
        }
    }

    @Test("from day to day every part goes on as a calendar does, over 800 years and each end of a year")
    func days() {
        var (year, month, day): (Int64, Int64, Int64) = (1600, 1, 1)
        // 1 January 1600 was a Saturday, in the week 52 of the year before.
        var (weekday, week): (Int64, Int64) = (5, 52)
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        for number in Int64(-135_140)..<(-135_140 + 292_194) {
            let time = EventTime(milliseconds: number * 86_400_000 + 86_399_999)
            let parts = [TimePart.day, .month, .year, .hour, .minute, .week].map { time.part($0) }
            guard parts == [day, month, year, 23, 59, week] else {
                Issue.record("day \(number): \(parts), not \([day, month, year, 23, 59, week])")
                return
            }
            let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as [Int64]
            day += 1
            if day > lengths[Int(month - 1)] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
            weekday = (weekday + 1) % 7
            // A week belongs to the year of its Thursday: the first has 4 January, or 29 December is its Monday at most.
            if weekday == 0 { week = month == 1 && day <= 4 || month == 12 && day >= 29 ? 1 : week + 1 }
        }
    }
}
