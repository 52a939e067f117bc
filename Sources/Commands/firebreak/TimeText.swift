import FleetModel
import Foundation

/// Times and spans as people read and write them.
enum TimeText {
    /// UTC, to the second: `2026-11-24T02:35:02Z`.
    static func utc(_ moment: Moment) -> String {
        Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000).formatted(.iso8601)
    }

    /// How long ago, in its largest unit: `12 s ago`.
    static func age(of moment: Moment?, at now: Moment) -> String {
        guard let moment else { return "never" }
        return "\(span(max(now - moment, .zero))) ago"
    }

    /// In its largest whole unit: `450 ms`, `12 s`, `3 min`, `5 h`, `2 d`.
    static func span(_ span: Moment.Span) -> String {
        let milliseconds = span.milliseconds
        return switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<120_000: "\(milliseconds / 1000) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        case ..<172_800_000: "\(milliseconds / 3_600_000) h"
        default: "\(milliseconds / 86_400_000) d"
        }
    }

    /// Reads `500ms`, `90s`, `30m`, `2h` or `1d`. Nil for anything else, and beyond a year.
    static func span(reading text: String) -> Moment.Span? {
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        let yearMilliseconds: Int64 = 366 * 86_400_000
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            case let digits = text.dropLast(unit.suffix.count), digits.utf8.count <= 12,
            !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int64(digits)
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow || product > yearMilliseconds ? nil : Moment.Span(milliseconds: product)
    }
}
