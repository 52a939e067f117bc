import FleetModel

/// Times as people read them, without a locale and without a time zone: UTC.
enum TimeText {
    /// `14:03:09`, UTC.
    static func clock(_ moment: Moment) -> String {
        let seconds = max(0, moment.milliseconds / 1000) % 86_400
        return [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(
            separator: ":")
    }

    /// `3 s`, `12 min`, `5 h`, `2 d`.
    static func age(_ span: Moment.Span) -> String {
        let seconds = max(0, span.milliseconds / 1000)
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
