import FleetModel
package import RolloutEngine

/// Writes policies as YAML files that ``PolicyFile`` reads back: every key, with what it is, its unit, its bounds and
/// the reason for them as a comment.
package enum PolicyWriter {
    /// Columns of a line; comments are broken before.
    static let columnCount = 100

    /// The file of a rollout policy. The lane is not written: a file holds the normal lane's numbers and what is
    /// different in the urgent one.
    package static func text(of policy: RolloutPolicy) -> String {
        header("A rollout policy: how fast a release may spread, and what stops it.")
            + text(of: Field.rows(of: policy, RolloutFields.all))
    }

    /// The file of a customer's policy.
    package static func text(of policy: CustomerPolicy) -> String {
        header("A customer policy: which releases come, where, and when.")
            + text(of: Field.rows(of: policy, CustomerFields.all))
    }

    private static func header(_ title: String) -> String {
        "# \(title)\n# Checked by `firebreak policy check FILE`; every key is in docs/operating/policies.md.\n"
    }

    private static func text(of rows: [Written.Row]) -> String {
        var lines: [String] = []
        append(rows, indentation: "", isCommented: true, to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func append(
        _ rows: [Written.Row], indentation: String, isCommented: Bool, to lines: inout [String]
    ) {
        for row in rows {
            if isCommented {
                if indentation.isEmpty { lines.append("") }
                lines += comment(of: row.field, indentation: indentation)
            }
            let key = "\(indentation)\(row.field.key):"
            switch row.value {
            case .scalar(let text): lines.append("\(key) \(text)")
            case .list(let words): lines.append("\(key) [\(words.joined(separator: ", "))]")
            case .map(let rows):
                lines.append(key)
                append(rows, indentation: indentation + "  ", isCommented: isCommented, to: &lines)
            case .maps(let elements):
                lines.append(elements.isEmpty ? "\(key) []" : key)
                append(elements, indentation: indentation + "  ", isCommented: isCommented, to: &lines)
            }
        }
    }

    /// The elements of a list. What their keys mean is said at the first.
    private static func append(
        _ elements: [[Written.Row]], indentation: String, isCommented: Bool, to lines: inout [String]
    ) {
        for (index, rows) in elements.enumerated() {
            var inner: [String] = []
            append(rows, indentation: indentation + "  ", isCommented: isCommented && index == 0, to: &inner)
            // The dash stands where the first key's indentation is; comments before it stay above.
            if let first = inner.firstIndex(where: { !$0.drop(while: { $0 == " " }).hasPrefix("#") }) {
                inner[first] = "\(indentation)- \(inner[first].dropFirst(indentation.count + 2))"
            }
            lines += inner
        }
    }

    /// What the table says of a key, broken into lines.
    private static func comment(of field: PolicyField, indentation: String) -> [String] {
        let bounds = field.boundsWithUnit
        let start = bounds.isEmpty ? "" : "\(bounds.prefix(1).uppercased())\(bounds.dropFirst()). "
        return [field.meaning, "\(start)Why: \(field.reason)."].flatMap { words in
            var lines: [String] = []
            var line = "\(indentation)#"
            for word in words.split(separator: " ") {
                if line.count + 1 + word.count > columnCount {
                    lines.append(line)
                    line = "\(indentation)#"
                }
                line += " \(word)"
            }
            return lines + [line]
        }
    }
}
