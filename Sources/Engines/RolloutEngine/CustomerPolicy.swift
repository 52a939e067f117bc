package import FleetModel

/// What one customer lets in, where and when: rings in order, windows, holds, pins, and how far behind the newest
/// release a ring stays. It can only keep releases out: the gate's cap holds in any case.
///
/// Checked by ``problems()``. A policy that has any keeps everything out: a customer's "no" that cannot be read is not
/// a "yes".
package struct CustomerPolicy: Codable, Hashable, Sendable {
    /// The endpoints that it is for: those whose tag `customer` says this. `*` is for those that no other policy is for.
    package var customer: String
    /// First to last. An endpoint's tag `ring` names its ring; one that names none of these is in the last.
    package var rings: [Ring]
    /// Releases that endpoints stay on, pack by pack.
    package var pins: [Pin]
    /// Whether a release in the urgent lane waits for windows. Holds, pins and the order of rings count in any lane.
    package var urgent: UrgentAnswer

    /// Tags by which endpoints say where they belong.
    package static let customerTag = "customer"
    package static let ringTag = "ring"
    /// Stands for every customer without a policy of its own.
    package static let everyone = "*"

    package enum UrgentAnswer: String, Codable, Hashable, Sendable, CaseIterable {
        /// At any time: a week-end must not keep a cure out.
        case anytime
        /// As any other release.
        case windows
    }

    package struct Ring: Codable, Hashable, Sendable {
        package var name: String
        /// Why nothing is let in at all; nil: it is.
        package var hold: String?
        /// How many newer releases must be complete before this ring takes one: 0 the newest, 1 is N-1, 2 is N-2.
        package var releasesBehind: Int
        /// When offers may be made. None: at any time.
        package var windows: [Window]
        /// What this ring must show before the next one opens: the share of its endpoints that are proven well...
        package var provenShare: Double
        /// ...and for how long that must have been so.
        package var soak: Moment.Span

        package init(
            name: String, hold: String? = nil, releasesBehind: Int = 0, windows: [Window] = [],
            provenShare: Double = 0.9, soak: Moment.Span = .zero
        ) {
            self.name = name
            self.hold = hold
            self.releasesBehind = releasesBehind
            self.windows = windows
            self.provenShare = provenShare
            self.soak = soak
        }

        /// What it must show before the next one opens.
        package var rule: RingPlace.Rule { RingPlace.Rule(name: name, provenShare: provenShare, soak: soak) }

        package enum CodingKeys: String, CodingKey {
            case name, hold, windows
            case releasesBehind = "releases_behind"
            case provenShare = "proven_share"
            case soak = "soak_ms"
        }
    }

    /// A stretch of the week. From 22:00 to 06:00 ends on the day after.
    package struct Window: Codable, Hashable, Sendable {
        /// The days on which it begins.
        package var days: [Weekday]
        /// Minutes after midnight: 0 to 1439.
        package var fromMinute: Int
        /// Minutes after midnight: 1 to 1440; not above `fromMinute` means on the next day.
        package var toMinute: Int
        /// The customer's clock less UTC, in minutes. Fixed: a decision depends on no table of time zones.
        package var utcOffsetMinutes: Int

        package init(days: [Weekday], fromMinute: Int, toMinute: Int, utcOffsetMinutes: Int = 0) {
            self.days = days
            self.fromMinute = fromMinute
            self.toMinute = toMinute
            self.utcOffsetMinutes = utcOffsetMinutes
        }

        package enum CodingKeys: String, CodingKey {
            case days
            case fromMinute = "from_minute"
            case toMinute = "to_minute"
            case utcOffsetMinutes = "utc_offset_minutes"
        }

        /// Whether `now` lies in it.
        package func contains(_ now: Moment) -> Bool {
            let minutes = now.milliseconds.floored(by: 60_000) + Int64(utcOffsetMinutes)
            let minute = Int(minutes - minutes.floored(by: 1_440) * 1_440)
            let today = Weekday(daysSince1970: minutes.floored(by: 1_440))
            if fromMinute < toMinute {
                return days.contains(today) && minute >= fromMinute && minute < toMinute
            }
            return days.contains(today) && minute >= fromMinute
                || days.contains(today.before) && minute < toMinute
        }
    }

    package enum Weekday: String, Codable, Hashable, Sendable, CaseIterable {
        case mon, tue, wed, thu, fri, sat, sun

        /// 1970-01-01 was a Thursday.
        init(daysSince1970 days: Int64) {
            self = Self.allCases[Int(((days + 3) % 7 + 7) % 7)]
        }

        var before: Weekday {
            Self.allCases[((Self.allCases.firstIndex(of: self) ?? 0) + 6) % 7]
        }
    }

    package struct Pin: Codable, Hashable, Sendable {
        package var pack: PackName
        /// The release that is kept. Endpoints that have none of the pack yet are offered this one, if it is complete.
        package var version: ReleaseVersion
        /// The ring that it is for; nil: all of them.
        package var ring: String?

        package init(pack: PackName, version: ReleaseVersion, ring: String? = nil) {
            self.pack = pack
            self.version = version
            self.ring = ring
        }
    }

    package init(
        customer: String, rings: [Ring], pins: [Pin] = [], urgent: UrgentAnswer = .anytime
    ) {
        self.customer = customer
        self.rings = rings
        self.pins = pins
        self.urgent = urgent
    }

    /// Members that may be absent take their defaults.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            customer: try container.decode(String.self, forKey: .customer),
            rings: try container.decode([Ring].self, forKey: .rings),
            pins: try container.decodeIfPresent([Pin].self, forKey: .pins) ?? [],
            urgent: try container.decodeIfPresent(UrgentAnswer.self, forKey: .urgent) ?? .anytime)
    }
}

extension CustomerPolicy.Ring {
    /// Members that may be absent take their defaults.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            hold: try container.decodeIfPresent(String.self, forKey: .hold),
            releasesBehind: try container.decodeIfPresent(Int.self, forKey: .releasesBehind) ?? 0,
            windows: try container.decodeIfPresent([CustomerPolicy.Window].self, forKey: .windows) ?? [],
            provenShare: try container.decodeIfPresent(Double.self, forKey: .provenShare) ?? 0.9,
            soak: try container.decodeIfPresent(Moment.Span.self, forKey: .soak) ?? .zero)
    }
}

extension CustomerPolicy.Window {
    /// Members that may be absent take their defaults.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            days: try container.decode([CustomerPolicy.Weekday].self, forKey: .days),
            fromMinute: try container.decode(Int.self, forKey: .fromMinute),
            toMinute: try container.decode(Int.self, forKey: .toMinute),
            utcOffsetMinutes: try container.decodeIfPresent(Int.self, forKey: .utcOffsetMinutes) ?? 0)
    }
}

extension CustomerPolicy {
    /// Rings of one customer: each is a step in which somebody looks, and nobody looks at more.
    package static let ringCountMax = 16
    /// Windows of one ring: a week has not more shapes than this.
    package static let windowCountMax = 32
    /// Pins of one customer.
    package static let pinCountMax = 256
    /// N-1 and N-2 are what customers ask for; further back, a fleet runs content that nobody tests any more.
    package static let releasesBehindMax = 2

    /// Everything that keeps this policy from being evaluated; empty when it can be.
    package func problems() -> [PolicyProblem] {
        var found = PolicyProblems()
        func isName(_ text: String) -> Bool { (1...CohortAttributes.textBytesMax).contains(text.utf8.count) }
        found.check(
            isName(customer), "customer", "\(customer.utf8.count) bytes",
            "1 to \(CohortAttributes.textBytesMax) bytes", "it is the tag by which endpoints belong to it")
        found.check(
            (1...Self.ringCountMax).contains(rings.count), "rings", "\(rings.count) rings",
            "1 to \(Self.ringCountMax) rings", "an endpoint is in one of them")
        found.check(
            Set(rings.map(\.name)).count == rings.count, "rings", rings.map(\.name).joined(separator: ", "),
            "names that differ", "an endpoint names its ring")
        found.check(
            pins.count <= Self.pinCountMax, "pins", pins.count, "at most \(Self.pinCountMax)", "each is looked at")
        for (index, pin) in pins.enumerated() {
            found.check(
                pin.ring.map { name in rings.contains { $0.name == name } } ?? true, "pins[\(index)].ring",
                pin.ring ?? "", "one of the rings", "a pin for a ring that is not there would pin nothing")
        }
        return found.all + rings.enumerated().flatMap { $1.problems(at: "rings[\($0)]") }
    }
}

extension CustomerPolicy.Ring {
    fileprivate func problems(at path: String) -> [PolicyProblem] {
        var found = PolicyProblems(path: "\(path).")
        found.check(
            (1...CohortAttributes.textBytesMax).contains(name.utf8.count), "name", "\(name.utf8.count) bytes",
            "1 to \(CohortAttributes.textBytesMax) bytes", "it is the tag by which endpoints belong to it")
        found.check(
            (0...CustomerPolicy.releasesBehindMax).contains(releasesBehind), "releases_behind", releasesBehind,
            "0 to \(CustomerPolicy.releasesBehindMax) releases", "further back nobody tests any more")
        found.check(
            windows.count <= CustomerPolicy.windowCountMax, "windows", windows.count,
            "at most \(CustomerPolicy.windowCountMax)", "each is looked at in every check-in")
        found.check(
            provenShare >= 0 && provenShare <= 1, "proven_share", provenShare, "0 to 1",
            "it is a share of the ring's endpoints")
        found.check(
            soak >= .zero && soak <= RolloutPolicy.spanMax, "soak_ms", "\(soak.milliseconds) ms",
            "0 to \(RolloutPolicy.spanMax.milliseconds) ms", "a longer one keeps the next ring shut for ever")
        for (index, window) in windows.enumerated() {
            let place = "windows[\(index)]"
            found.check(!window.days.isEmpty, "\(place).days", "none", "one day or more", "it would never be open")
            found.check(
                (0...1_439).contains(window.fromMinute), "\(place).from_minute", window.fromMinute, "0 to 1439",
                "it is a minute of a day")
            found.check(
                (1...1_440).contains(window.toMinute), "\(place).to_minute", window.toMinute, "1 to 1440",
                "it is the end of a minute of a day")
            found.check(
                (-840...840).contains(window.utcOffsetMinutes), "\(place).utc_offset_minutes",
                window.utcOffsetMinutes, "-840 to 840", "no clock is further from UTC than 14 hours")
        }
        return found.all
    }
}
