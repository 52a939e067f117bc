package import CanonicalCoding
import FleetModel

/// The JSON Schema of policies' files, made from the tables that their reader follows. Editors use it to complete keys
/// and to mark mistakes; what the numbers must be to each other only ``PolicyFile`` checks.
package enum PolicySchema {
    package static let dialect = "https://json-schema.org/draft/2020-12/schema"

    /// The schema of both kinds of documents.
    package static var value: JSONValue {
        [
            "$schema": .string(dialect),
            "$id": "https://firebreak.example/schemas/policy.schema.json",
            "title": "Firebreak policy",
            "description": "A rollout policy or a customer policy, as `firebreak policy check` reads it.",
            "oneOf": [["$ref": "#/$defs/rollout"], ["$ref": "#/$defs/customer"]],
            "$defs": ["rollout": rollout, "customer": object(CustomerFields.all.map(\.outline))],
        ]
    }

    /// The schema as a file: indented, members in one order.
    package static var text: String { pretty(value, indentation: "") + "\n" }

    private static var rollout: JSONValue {
        let fields = RolloutFields.all.map(\.outline)
        guard case .object(var schema) = object(fields) else { return .null }
        // A file that extends nothing gives every number.
        let needed = fields.filter { $0.need == .unlessExtended }.map { JSONValue.string($0.key) }
        var complete: JSONObject = ["required": .array(needed)]
        for field in fields {
            guard case .group(let keys) = field.shape else { continue }
            let inner = keys.filter { $0.need == .unlessExtended }.map { JSONValue.string($0.key) }
            guard !inner.isEmpty else { continue }
            complete["properties"] = .object([field.key: ["required": .array(inner)]])
        }
        schema["anyOf"] = [["required": ["extends"]], .object(complete)]
        return .object(schema)
    }

    private static func object(_ fields: [PolicyField]) -> JSONValue {
        var properties = JSONObject()
        for field in fields { properties[field.key] = schema(of: field) }
        var schema: JSONObject = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
        ]
        let required = fields.filter { $0.need == .always }.map { JSONValue.string($0.key) }
        if !required.isEmpty { schema["required"] = .array(required) }
        return .object(schema)
    }

    private static func schema(of field: PolicyField) -> JSONValue {
        var schema = shape(field.shape)
        let bounds = field.boundsWithUnit
        let words = [
            field.meaning, bounds.isEmpty ? "" : "\(bounds.prefix(1).uppercased())\(bounds.dropFirst()).",
            "Why: \(field.reason).",
        ]
        schema["description"] = .string(words.filter { !$0.isEmpty }.joined(separator: " "))
        return .object(schema)
    }

    private static func shape(_ shape: PolicyShape) -> JSONObject {
        switch shape {
        case .count(let range):
            return [
                "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                "maximum": .integer(Int64(range.upperBound)),
            ]
        case .number(let range): return number(range)
        case .share(let range):
            return ["oneOf": [.object(number(range)), text(#"^[0-9]+(\.[0-9]+)?%$"#)]]
        case .span: return ["type": "string", "pattern": "^[0-9]{1,15}(ms|s|m|h|d)$"]
        case .text(let bytesMax):
            // A character has at least one byte: the schema is the wider one where they have more.
            return ["type": "string", "minLength": 1, "maxLength": .integer(Int64(bytesMax))]
        case .word(let words): return ["enum": .array(words.map(JSONValue.string))]
        case .words(let words, let prefix, let counts):
            let known: JSONValue = ["enum": .array(words.map(JSONValue.string))]
            let items = prefix.map { ["anyOf": [known, text("^\($0.replacing(".", with: "\\.")).+$")]] } ?? known
            return [
                "type": "array", "items": items, "uniqueItems": true,
                "minItems": .integer(Int64(counts.lowerBound)), "maxItems": .integer(Int64(counts.upperBound)),
            ]
        case .timeOfDay: return ["type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"]
        case .utcOffset: return ["type": "string", "pattern": "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"]
        case .release:
            return [
                "type": "string",
                "pattern": #"^[a-z0-9][a-z0-9._-]{0,63}@(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}$"#,
            ]
        case .group(let fields), .map(let fields, nil): return members(object(fields))
        case .map(let fields, let absentWord?):
            return ["oneOf": [object(fields), ["const": .string(absentWord)]]]
        case .maps(let fields, let counts):
            return [
                "type": "array", "items": object(fields), "minItems": .integer(Int64(counts.lowerBound)),
                "maxItems": .integer(Int64(counts.upperBound)),
            ]
        }
    }

    private static func number(_ range: ClosedRange<Double>) -> JSONObject {
        ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
    }

    private static func text(_ pattern: String) -> JSONValue { ["type": "string", "pattern": .string(pattern)] }

    private static func members(_ value: JSONValue) -> JSONObject {
        if case .object(let object) = value { object } else { [:] }
    }

    private static func pretty(_ value: JSONValue, indentation: String) -> String {
        let inner = indentation + "  "
        switch value {
        case .object(let object) where !object.isEmpty:
            let members = object.members.map {
                "\(inner)\(plain(.string($0.name))): \(pretty($0.value, indentation: inner))"
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(indentation)}"
        case .array(let elements) where elements.contains(where: \.isNested):
            let lines = elements.map { inner + pretty($0, indentation: inner) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
        case .array(let elements): return "[\(elements.map(plain).joined(separator: ", "))]"
        default: return plain(value)
        }
    }

    /// A value without line breaks. Every value of the schema has a canonical form.
    private static func plain(_ value: JSONValue) -> String {
        guard let bytes = try? CanonicalJSON.encode(value) else { return "null" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONValue {
    fileprivate var isNested: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }
}
