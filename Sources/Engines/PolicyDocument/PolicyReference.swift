import FleetModel
package import RolloutEngine

/// The tables of keys as documentation, and policies as rows of it.
package enum PolicyReference {
    /// One number of one policy.
    package struct Row: Equatable, Sendable, Codable {
        /// As in `bake.time` and `rings[0].name`.
        package let path: String
        /// As it is written in a file.
        package let value: String
        package let unit: String
        /// What may stand there.
        package let bounds: String
    }

    package static func rows(of policy: RolloutPolicy) -> [Row] {
        flat(Field.rows(of: policy, RolloutFields.all), path: "")
    }

    package static func rows(of policy: CustomerPolicy) -> [Row] {
        flat(Field.rows(of: policy, CustomerFields.all), path: "")
    }

    private static func flat(_ rows: [Written.Row], path: String) -> [Row] {
        rows.flatMap { row in
            let inner = path.isEmpty ? row.field.key : "\(path).\(row.field.key)"
            func single(_ text: String) -> [Row] {
                [Row(path: inner, value: text, unit: row.field.unit, bounds: row.field.boundsText)]
            }
            switch row.value {
            case .scalar(let text): return single(text)
            case .list(let words): return single("[\(words.joined(separator: ", "))]")
            case .map(let rows): return flat(rows, path: inner)
            case .maps(let elements) where elements.isEmpty: return single("[]")
            case .maps(let elements):
                return elements.enumerated().flatMap { flat($0.element, path: "\(inner)[\($0.offset)]") }
            }
        }
    }

    // MARK: The page

    /// Every key of a rollout policy with its value in the built-in policies.
    package static var rolloutTable: String {
        let laptop = Dictionary(uniqueKeysWithValues: rows(of: .laptopFleet).map { ($0.path, $0.value) })
        let server = Dictionary(uniqueKeysWithValues: rows(of: .serverFleet).map { ($0.path, $0.value) })
        var lines = [
            "| key | what it is | unit | bounds | laptop-fleet | server-fleet | why |", "|---|---|---|---|---|---|---|",
        ]
        for (path, field) in leaves(RolloutFields.all.map(\.outline), path: "") {
            func cell(_ values: [String: String]) -> String { values[path].map { "`\($0)`" } ?? "-" }
            lines.append(
                "| `\(path)` | \(field.meaning) | \(field.unit) | \(field.boundsText) | \(cell(laptop)) | \(cell(server)) "
                    + "| \(field.reason) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Every key of a customer policy.
    package static var customerTable: String {
        var lines = ["| key | what it is | unit | bounds | for example | why |", "|---|---|---|---|---|---|"]
        for (path, field) in leaves(CustomerFields.all.map(\.outline), path: "") {
            let meaning = field.need == .always ? "\(field.meaning) Must be there." : field.meaning
            lines.append(
                "| `\(path)` | \(meaning) | \(field.unit) | \(field.boundsText) | `\(field.example)` | \(field.reason) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Every key that has a value, and every list of maps, by its path.
    package static func leaves(_ fields: [PolicyField], path: String) -> [(path: String, field: PolicyField)] {
        fields.flatMap { field in
            let inner = path.isEmpty ? field.key : "\(path).\(field.key)"
            switch field.shape {
            case .group(let fields), .map(let fields, _): return leaves(fields, path: inner)
            case .maps(let fields, _): return [(inner, field)] + leaves(fields, path: "\(inner)[]")
            default: return [(inner, field)]
            }
        }
    }

    /// The table of a rollout policy's keys.
    package static var rolloutFields: [PolicyField] { RolloutFields.all.map(\.outline) }
    /// The table of a customer policy's keys.
    package static var customerFields: [PolicyField] { CustomerFields.all.map(\.outline) }
}
