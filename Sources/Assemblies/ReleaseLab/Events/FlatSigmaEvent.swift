import CanonicalCoding
import FleetModel

/// Makes events of the sensor's form from flat Sigma events: one object with Sysmon's `EventID` and Sigma's field names
/// side by side, as public sets of telemetry come.
enum FlatSigmaEvent {
    /// The event; nil for an `EventID` that no kind of event has. Members that the kind does not have are left out.
    static func event(_ object: JSONObject) -> TelemetryEvent? {
        guard let id = integer(object["EventID"]), let raw = UInt8(exactly: id), let kind = EventKind(rawValue: raw)
        else { return nil }
        let at = text(object["UtcTime"]).flatMap(moment(reading:)) ?? Moment(milliseconds: 0)
        var event = TelemetryEvent(kind: kind, at: at)
        for field in kind.fields {
            guard let value = object[field.name] else { continue }
            switch field.type {
            case .integer: event[field] = integer(value).map(FieldValue.integer)
            case .text: event[field] = text(value).map(FieldValue.text)
            }
            if value == .null { event[field] = .null }
        }
        return event
    }

    private static func integer(_ value: JSONValue?) -> Int64? {
        switch value {
        case .integer(let integer)?: integer
        case .string(let text)?: Int64(text)
        default: nil
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text)?: text
        case .integer(let integer)?: String(integer)
        case .bool(let bool)?: bool ? "true" : "false"
        default: nil
        }
    }

    /// Sysmon's `2026-11-23 21:52:55.940`, in UTC; nil for anything else.
    static func moment(reading text: String) -> Moment? {
        let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int64($0) }
        guard text.utf8.count >= 19, numbers.count >= 6, (1...9_999).contains(numbers[0]),
            (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24, numbers[4] < 60,
            numbers[5] <= 60
        else { return nil }
        let milliseconds = numbers.count > 6 ? min(999, numbers[6]) : 0
        let days = CivilDate.days(year: numbers[0], month: numbers[1], day: numbers[2])
        let seconds = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]
        return Moment(milliseconds: seconds * 1_000 + milliseconds)
    }
}
