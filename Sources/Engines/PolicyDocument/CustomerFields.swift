import FleetModel
import RolloutEngine

/// The table of keys of a customer policy's file.
enum CustomerFields {
    typealias Row = Field<CustomerPolicy>

    static let all: [Row] = [
        .text(
            "customer", \.customer, bytesMax: CohortAttributes.textBytesMax,
            .init(
                "The endpoints that it is for: those whose tag `customer` says this. \"*\" is for all others.",
                because: "it is the tag by which endpoints belong to it", example: "acme", need: .always)),
        .word(
            "urgent", \.urgent,
            .init(
                "When releases in the urgent lane may come: at any time, or in the windows as any other.",
                because: "a week-end must not keep a cure out, unless the customer says so", example: "anytime")),
        .parts(
            "rings", \.rings, rings, draft: CustomerPolicy.Ring(name: ""), counts: 1...CustomerPolicy.ringCountMax,
            .init(
                "First to last. An endpoint's tag `ring` names its ring; one that names none is in the last.",
                unit: "rings", because: "each is a step in which somebody looks", example: "[{name: all}]",
                need: .always, against: ["rings[].name"])),
        .parts(
            "pins", \.pins, pins, draft: CustomerPolicy.Pin(pack: PackName(accepted: "-"), version: noVersion),
            counts: 0...CustomerPolicy.pinCountMax,
            .init(
                "Releases that endpoints stay on, pack by pack.", unit: "pins",
                because: "each is looked at in every check-in", example: "[{release: linux-core@1.4.0}]")),
    ]

    /// Stands where a version is refused; such a policy is never handed out.
    private static let noVersion = ReleaseVersion(accepted: "0.0.0")

    private static let rings: [Field<CustomerPolicy.Ring>] = [
        .text(
            "name", \.name, bytesMax: CohortAttributes.textBytesMax,
            .init(
                "The ring's name. Each has another.", because: "it is the tag by which endpoints belong to it",
                example: "canary", need: .always)),
        .text(
            "hold", \.hold, bytesMax: holdBytesMax,
            .init(
                "Why nothing is let in at all. Absent: releases come.", because: "it is shown to whoever waits",
                example: "\"year-end freeze\"")),
        .count(
            "releases_behind", \.releasesBehind, 0...CustomerPolicy.releasesBehindMax,
            .init(
                "Newer releases that must be complete first: 0 takes the newest, 1 is N-1, 2 is N-2.",
                unit: "releases", because: "further back, a fleet runs content that nobody tests any more",
                example: "1")),
        .parts(
            "windows", \.windows, windows, draft: CustomerPolicy.Window(days: [], fromMinute: 0, toMinute: 1_440),
            counts: 0...CustomerPolicy.windowCountMax,
            .init(
                "When offers may be made. None: at any time.", unit: "windows",
                because: "each is looked at in every check-in",
                example: "[{days: [sat, sun], from: \"08:00\", to: \"18:00\"}]")),
        .share(
            "proven_share", \.provenShare, 0...1,
            .init(
                "The share of this ring's endpoints that must be proven before the next ring opens.",
                unit: "share of endpoints",
                because: "at 100% one laptop in a drawer keeps the next ring shut; at 0 the order means nothing",
                example: "90%")),
        .span(
            "soak", \.soak, .zero...RolloutPolicy.spanMax,
            .init(
                "How long that share must have been proven before the next ring opens.",
                because: "longer gives slow failures time to show; too long keeps the next ring shut for ever",
                example: "24h")),
    ]

    /// A reason is a sentence or two. The engine has no bound of its own: this is the file's.
    private static let holdBytesMax = 512

    private static let windows: [Field<CustomerPolicy.Window>] = [
        .words(
            "days", \.days, CustomerPolicy.Weekday.allCases.map(\.rawValue),
            counts: 1...CustomerPolicy.Weekday.allCases.count,
            .init(
                "The days on which it begins.", because: "without a day it would never be open",
                example: "[mon, tue, wed, thu, fri]", need: .always),
            read: { CustomerPolicy.Weekday(rawValue: $0) }, write: \.rawValue),
        .special(
            "from", \.fromMinute, .timeOfDay,
            .init(
                "When it opens, by the customer's clock.", because: "it is a minute of a day", example: "\"22:00\"",
                need: .always, member: "from_minute"),
            read: { text in ScalarForm.minuteOfDay(text).flatMap { $0 < 1_440 ? $0 : nil } },
            write: { ScalarForm.text(ofMinuteOfDay: $0) }),
        .special(
            "to", \.toMinute, .timeOfDay,
            .init(
                "When it closes. Not after `from`: on the next day.", because: "it is the end of a minute of a day",
                example: "\"06:00\"", need: .always, member: "to_minute"),
            read: { text in ScalarForm.minuteOfDay(text).flatMap { $0 > 0 ? $0 : nil } },
            write: { ScalarForm.text(ofMinuteOfDay: $0) }),
        .special(
            "utc_offset", \.utcOffsetMinutes, .utcOffset,
            .init(
                "The customer's clock less UTC. Fixed: it does not follow summer time.",
                because: "no clock is further from UTC than 14 hours; a decision depends on no table of time zones",
                example: "\"+01:00\"", member: "utc_offset_minutes"),
            read: { ScalarForm.utcOffset($0) }, write: { ScalarForm.text(ofUTCOffset: $0) }),
    ]

    private static let pins: [Field<CustomerPolicy.Pin>] = [
        Field.release(
            "release",
            .init(
                "The release that endpoints stay on. Those that have none of the pack yet are offered this one.",
                because: "a release is a pack's name and its version", example: "linux-core@1.4.0", need: .always)),
        .text(
            "ring", \.ring, bytesMax: CohortAttributes.textBytesMax,
            .init(
                "The ring that the pin is for. Absent: all of them.",
                because: "a pin for a ring that is not there would pin nothing", example: "broad",
                against: ["rings", "rings[].name"], bounds: "one of the rings")),
    ]
}

extension Field where Owner == CustomerPolicy.Pin {
    /// Pack and version in one word.
    fileprivate static func release(_ key: String, _ about: About) -> Field {
        let outline = PolicyField(key, .release, about)
        return Field(
            outline: outline,
            read: { node, pin, reading in
                guard let release = reading.scalar(node, outline, { ReleaseID($0.text) }) else { return }
                pin.pack = release.pack
                pin.version = release.version
            },
            write: { pin in .scalar(ReleaseID(pack: pin.pack, version: pin.version).text) })
    }
}
