import FleetModel

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
        let days = CivilDate.days(year: year, month: month, day: day)
        // February has no 30th (RFC 3339 clause 5.7).
        guard CivilDate.date(days: days).day == day else { return nil }
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

    /// A part of the moment.
    package func part(_ part: TimePart) -> Int64 {
        let seconds = milliseconds.floored(by: 1_000)
        let days = seconds.floored(by: 86_400)
        let secondOfDay = seconds - days * 86_400
        switch part {
        case .minute: return secondOfDay / 60 % 60
        case .hour: return secondOfDay / 3_600
        case .day: return CivilDate.date(days: days).day
        case .month: return CivilDate.date(days: days).month
        case .year: return CivilDate.date(days: days).year
        case .week:
            // The week of a day is that of its Thursday (ISO 8601). 1970 began with a Thursday.
            let weekday = days + 3 - (days + 3).floored(by: 7) * 7
            let thursday = days - weekday + 3
            return (thursday - CivilDate.days(year: CivilDate.date(days: thursday).year, month: 1, day: 1)) / 7 + 1
        }
    }
}
