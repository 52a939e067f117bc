package import FleetModel

/// Moments at which clocks have broken programs before, and those at which the numbers end.
package enum WarpedClocks {
    /// With a name for people.
    package static let moments: [(name: String, at: Moment)] = [
        ("1970, the epoch", 0), ("one millisecond before the epoch", -1), ("1969-12-31T23:59:59Z", -1_000),
        ("1900-01-01, before NTP's own epoch ends", -2_208_988_800_000),
        ("1999-12-31T23:59:59.999Z", 946_684_799_999), ("2000-01-01", 946_684_800_000),
        ("2000-02-29, the leap day of a century", 951_782_400_000), ("2000-12-31, day 366", 978_220_800_000),
        ("2001-09-09T01:46:40Z, ten digits of seconds", 1_000_000_000_000),
        ("2016-12-31T23:59:59.999Z, before a leap second", 1_483_228_799_999),
        ("2017-01-01, after a leap second", 1_483_228_800_000),
        ("2024-02-29, leap day", 1_709_164_800_000), ("2024-12-31T23:59:59.999Z", 1_735_689_599_999),
        ("2026-12-31T23:59:59.999Z", 1_798_761_599_999), ("2027-01-01", 1_798_761_600_000),
        ("2036-02-07T06:28:16Z, the end of NTP's first era", 2_085_978_496_000),
        ("2038-01-19T03:14:06Z", 2_147_483_646_000), ("2038-01-19T03:14:07Z, 32 bits full", 2_147_483_647_000),
        ("2038-01-19T03:14:08Z, 32 bits over", 2_147_483_648_000), ("2100-02-28T23:59:59.999Z", 4_107_542_399_999),
        ("2100-03-01, no leap day before it", 4_107_542_400_000),
        ("2106-02-07T06:28:15Z, 32 unsigned bits full", 4_294_967_295_000),
        ("2106-02-07T06:28:16Z", 4_294_967_296_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("the largest whole number of a double", 9_007_199_254_740_991),
        ("the largest moment there is", .max), ("one before the largest", .max - 1),
        ("the smallest moment there is", .min), ("one after the smallest", .min + 1),
    ].map { (name: $0.0, at: Moment(milliseconds: $0.1)) }
}
