import FleetModel

@testable import DetectionEngine

/// An event as the differential tests make it up, and what its fields are by definition.
struct ModelEvent {
    indirect enum Value {
        case null
        case text(String)
        /// A number or a truth value as it is written.
        case bare(String)
        case list([Value])
        case object([Member])
    }

    struct Member {
        var name: String
        var value: Value
    }

    /// What an event says of one field.
    struct Field {
        /// Whether it says that there are values, be it none.
        var hasValues = false
        var texts: [Text] = []
    }

    /// One value, in the two ways in which tests look at it.
    struct Text {
        let asItIs: [UInt8]
        let folded: [UInt8]

        init(_ text: String) {
            asItIs = Array(text.utf8)
            folded = Array(Self.folded(text).utf8)
        }

        /// Each scalar in lower case, if that is one scalar.
        static func folded(_ text: String) -> String {
            var result = String.UnicodeScalarView()
            for scalar in text.unicodeScalars {
                let lower = scalar.properties.lowercaseMapping.unicodeScalars
                if lower.count == 1, let only = lower.first { result.append(only) } else { result.append(scalar) }
            }
            return String(result)
        }
    }

    var members: [Member]
    var kind: EventKind?

    /// By name, with the names of the objects around; and all values that the event itself carries.
    func fields() -> (byName: [String: Field], all: [Text]) {
        var byName: [String: Field] = [:]
        var all: [Text] = []
        func add(_ value: Value, to name: String) {
            switch value {
            case .null: if byName[name] == nil { byName[name] = Field() }
            case .text(let text), .bare(let text):
                byName[name, default: Field()].hasValues = true
                byName[name, default: Field()].texts.append(Text(text))
                all.append(Text(text))
            case .list(let values):
                byName[name, default: Field()].hasValues = true
                for value in values { add(value, to: name) }
            case .object(let members): for member in members { add(member.value, to: name + "." + member.name) }
            }
        }
        for member in members { add(member.value, to: member.name) }
        if let kind {
            byName[SourceTag.product] = Field(hasValues: true, texts: [Text("linux")])
            byName[SourceTag.category] = Field(hasValues: true, texts: [Text(kind.category)])
        }
        return (byName, all)
    }
}

extension ModelEvent {
    /// The event as an object of JSON, with white space and escapes as they come.
    func json(_ random: inout SplitMix64) -> [UInt8] {
        var text = ""
        Self.write(.object(members), to: &text, &random)
        return Array(text.utf8)
    }

    private static func write(_ value: Value, to text: inout String, _ random: inout SplitMix64) {
        func space() { text += ["", "", "", " ", "\n", "\t \r"][random.number(0..<6)] }
        space()
        switch value {
        case .null: text += "null"
        case .bare(let bare): text += bare
        case .text(let value): write(value, to: &text, &random)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                write(value, to: &text, &random)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                space()
                write(member.name, to: &text, &random)
                space()
                text += ":"
                write(member.value, to: &text, &random)
            }
            text += "}"
        }
        space()
    }

    /// A text between quotes; some signs are escaped though they need not be (RFC 8259 clause 7).
    private static func write(_ value: String, to text: inout String, _ random: inout SplitMix64) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += random.number(0..<2) == 0 ? "\\n" : "\\u000a"
            case "/" where random.number(0..<2) == 0: text += "\\/"
            default:
                guard random.number(0..<40) == 0 else {
                    text.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.number(0..<2) == 0)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        text += "\""
    }

    /// The event as the sensor encodes it; its members are fields of the schema, none twice.
    var encoded: [UInt8] {
        var event = TelemetryEvent(kind: kind ?? .processCreation, at: Moment(milliseconds: 0))
        for member in members {
            guard let field = EventField(name: member.name) else { continue }
            switch member.value {
            case .null: event[field] = .null
            case .text(let text): event[field] = .text(text)
            case .bare(let bare): event[field] = .integer(Int64(bare) ?? 0)
            case .list, .object: break
            }
        }
        return EventCoding.encode(event)
    }
}
