package import CanonicalCoding
package import FleetModel

/// The example events of one rule: `examples/<rule id>.json`, `{"true": [event...], "false": [event...]}`.
///
/// An event: `{"kind": "process_creation", "at_ms": 0, "fields": {"Image": "/bin/sh", "ProcessId": 1}}`; `at_ms` may be
/// left out, a field's null is a value that is known to be none. Recordings have the same form, a line for each event.
package struct ExampleFile: Equatable, Sendable {
    package struct Example: Equatable, Sendable {
        package let event: TelemetryEvent
        /// Whether the rule must match.
        package let isMatch: Bool
        /// Counted from 1.
        package let line: Int
    }

    /// In the order of the file: the true events first.
    package let examples: [Example]

    /// Examples of one rule: enough for every branch of a large one.
    package static let exampleCountMax = 256
    private static let depthMax = 6

    /// Reads one file.
    ///
    /// - Throws: ``JSONError`` whose subject is a byte or a path.
    package init(decoding bytes: [UInt8], bytesMax: Int) throws(JSONError) {
        let limits = JSONParser.Limits(bytesMax: bytesMax, depthMax: Self.depthMax)
        let reader = JSONReader(try JSONParser.parse(bytes, limits: limits))
        try reader.requireNoMembers(beside: ["true", "false"])
        let lines = Self.elementLines(in: bytes)
        var examples: [Example] = []
        for (name, isMatch) in [("true", true), ("false", false)] {
            let elements = try reader.member(name).elements()
            guard (1...Self.exampleCountMax).contains(elements.count) else {
                throw JSONError(
                    .invalidValue, subject: name,
                    message: "1 to \(Self.exampleCountMax) events are needed, and there are \(elements.count)")
            }
            for (index, element) in elements.enumerated() {
                let line = lines[name].flatMap { index < $0.count ? $0[index] : nil } ?? 1
                examples.append(Example(event: try Self.event(element), isMatch: isMatch, line: line))
            }
        }
        self.examples = examples
    }

    private static func event(_ reader: JSONReader) throws(JSONError) -> TelemetryEvent {
        try reader.requireNoMembers(beside: ["kind", "at_ms", "fields", "lineage"])
        let kindReader = try reader.member("kind")
        let kindName = try kindReader.string()
        guard let kind = EventKind.allCases.first(where: { $0.category == kindName }) else {
            throw kindReader.refusal(
                "no such kind; there are \(EventKind.allCases.map(\.category).joined(separator: ", "))")
        }
        let at = try reader.optional("at_ms")?.integer() ?? 0
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: at))
        let fields = try reader.member("fields")
        for name in try fields.object().names {
            let value = try fields.member(name)
            guard let field = EventField(name: name), kind.fields.contains(field) else {
                throw value.refusal(
                    "\(kind.category) has no such field; it has \(kind.fields.map(\.name).sorted().joined(separator: ", "))"
                )
            }
            event[field] = try Self.value(value, of: field)
        }
        return event
    }

    private static func value(_ reader: JSONReader, of field: EventField) throws(JSONError) -> FieldValue {
        if reader.value == .null { return .null }
        switch field.type {
        case .text: return .text(try reader.string())
        case .integer: return .integer(try reader.integer())
        }
    }

    /// The lines at which the elements of the members' arrays begin, by the member's name.
    ///
    /// `bytes` must be a JSON text that the parser has accepted; the parser's values know no places.
    static func elementLines(in bytes: [UInt8]) -> [String: [Int]] {
        var lines: [String: [Int]] = [:]
        var line = 1
        var depth = 0
        var name: [UInt8] = []
        var isInString = false
        var isEscaped = false
        var expectsElement = false
        for byte in bytes {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isInString {
                if depth == 1 { name.append(byte) }
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 1 { name.removeLast() }
                }
                continue
            }
            let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
            if depth == 2, expectsElement, !isSpace, byte != UInt8(ascii: "]") {
                lines[String(decoding: name, as: UTF8.self), default: []].append(line)
                expectsElement = false
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                if depth == 1 { name = [] }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth == 2 { expectsElement = byte == UInt8(ascii: "[") }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == 2: expectsElement = true
            default: break
            }
        }
        return lines
    }
}
