import FleetModel

/// A second of UTC as people and protocols write it. By arithmetic: the C library's names follow the locale.
struct CivilTime: Equatable, Sendable {
    let year: Int64
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0 is Sunday.
    let weekday: Int

    init(secondsSince1970 seconds: Int64) {
        let days = seconds.floored(by: 86_400)
        let rest = Int(seconds - days * 86_400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        weekday = Int(((days + 4) % 7 + 7) % 7)
        let date = CivilDate.date(days: days)
        (year, month, day) = (date.year, Int(date.month), Int(date.day))
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private var clock: String { "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))" }

    /// `2026-11-24T03:17:08Z`
    var iso8601: String { "\(year)-\(Self.two(month))-\(Self.two(day))T\(clock)Z" }

    /// `Tue, 24 Nov 2026 03:17:08 GMT` (IMF-fixdate, RFC 9110 clause 5.6.7).
    var fixdate: String {
        "\(Self.weekdays[weekday]), \(Self.two(day)) \(Self.months[month - 1]) \(year) \(clock) GMT"
    }
}
