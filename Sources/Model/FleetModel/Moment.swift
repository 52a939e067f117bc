/// A point in time, in milliseconds since 1970-01-01T00:00:00Z, as the deciding machine's clock gave it.
///
/// Engines never read a clock: every decision takes a `Moment`, so that last night's decision can be
/// replayed today and gives last night's verdict.
package struct Moment: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since the Unix epoch. Negative before 1970; nothing in Firebreak makes such a moment.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    package static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

    /// Adds a span. Saturates at the ends of `Int64`: a clock that jumped must not trap the caller.
    package static func + (moment: Moment, span: Span) -> Moment {
        let (sum, overflow) = moment.milliseconds.addingReportingOverflow(span.milliseconds)
        return Moment(milliseconds: overflow ? (span.milliseconds > 0 ? .max : .min) : sum)
    }

    /// The span from `earlier` to `later`; negative when they are the other way round. Saturates.
    package static func - (later: Moment, earlier: Moment) -> Span {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return Span(milliseconds: overflow ? (later.milliseconds > 0 ? .max : .min) : difference)
    }

    /// A span of time in whole milliseconds. Unlike `Duration` it has one width, one unit and one JSON form.
    package struct Span: Hashable, Comparable, Sendable, Codable {
        package var milliseconds: Int64

        package init(milliseconds: Int64) { self.milliseconds = milliseconds }

        package init(from decoder: any Decoder) throws {
            milliseconds = try decoder.singleValueContainer().decode(Int64.self)
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(milliseconds)
        }

        package static let zero = Span(milliseconds: 0)
        package static func milliseconds(_ count: Int64) -> Span { Span(milliseconds: count) }
        package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count &* 1000) }
        package static func minutes(_ count: Int64) -> Span { Span(milliseconds: count &* 60_000) }
        package static func hours(_ count: Int64) -> Span { Span(milliseconds: count &* 3_600_000) }

        /// The span in seconds, for people and for arithmetic that is not a decision.
        package var seconds: Double { Double(milliseconds) / 1000 }

        package static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }

        package static func + (left: Span, right: Span) -> Span {
            let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
            return Span(milliseconds: overflow ? (right.milliseconds > 0 ? .max : .min) : sum)
        }

        package static func - (left: Span, right: Span) -> Span {
            let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
            return Span(milliseconds: overflow ? (right.milliseconds > 0 ? .min : .max) : difference)
        }
    }
}
