/// The moment that a text of an event is, in UTC.
package struct EventTime: Equatable, Sendable {
    /// Milliseconds since 1970.
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads `2026-11-27T03:17:53.1Z` (RFC 3339, with a blank for the `T` or without zone too), or a number of seconds
    /// since 1970; from 10^11 on, of milliseconds. Nil for anything else.
    package init?(text: Span<UInt8>) {
        if text.count >= 19, text[4] == UInt8(ascii: "-") {
            guard let milliseconds = Self.dateAndTime(text) else { return nil }
            self.milliseconds = milliseconds
            return
        }
        switch DetectionNumber(text: text) {
        case .integer(let value)? where value.magnitude < 100_000_000_000: milliseconds = value * 1_000
        case .integer(let value)? where value.magnitude < 100_000_000_000_000: milliseconds = value
        case .real(let value)? where value.magnitude < 100_000_000_000: milliseconds = Int64(value * 1_000)
        default: return nil
        }
    }

    private static func dateAndTime(_ text: Span<UInt8>) -> Int64? {
        guard let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
            let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2),
            text[7] == UInt8(ascii: "-"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        var milliseconds: Int64 = 0
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            var scale: Int64 = 100
            while position < text.count, (48...57).contains(text[position]) {
                milliseconds += Int64(text[position] - 48) * scale
                scale /= 10
                position += 1
            }
        }
        guard let offset = zone(text, position) else { return nil }
        let days = Self.days(year, month, day)
        // February has no 30th (RFC 3339 clause 5.7).
        guard Self.date(days).day == day else { return nil }
        return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1_000 + milliseconds
    }

    /// Minutes east of UTC; none means UTC.
    private static func zone(_ text: Span<UInt8>, _ start: Int) -> Int64? {
        guard start < text.count else { return 0 }
        switch text[start] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return start + 1 == text.count ? 0 : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard start + 6 == text.count, let hours = number(text, start + 1, 2),
                let minutes = number(text, start + 4, 2), hours < 24, minutes < 60
            else { return nil }
            return (text[start] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
        default: return nil
        }
    }

    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        guard start + count <= text.count else { return nil }
        var value: Int64 = 0
        for index in start..<(start + count) {
            guard (48...57).contains(text[index]) else { return nil }
            value = value * 10 + Int64(text[index] - 48)
        }
        return value
    }

    /// Days since 1970 of a day of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// A part of the moment.
    package func part(_ part: TimePart) -> Int64 {
        let seconds = Self.floored(milliseconds, by: 1_000)
        let days = Self.floored(seconds, by: 86_400)
        let secondOfDay = seconds - days * 86_400
        switch part {
        case .minute: return secondOfDay / 60 % 60
        case .hour: return secondOfDay / 3_600
        case .day: return Self.date(days).day
        case .month: return Self.date(days).month
        case .year: return Self.date(days).year
        case .week:
            // The week of a day is that of its Thursday (ISO 8601). 1970 began with a Thursday.
            let weekday = days + 3 - Self.floored(days + 3, by: 7) * 7
            let thursday = days - weekday + 3
            return (thursday - Self.days(Self.date(thursday).year, 1, 1)) / 7 + 1
        }
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floored(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
