import Foundation

/// What was measured, as a table and as JSON. Times in microseconds.
struct Report {
    let conditions: [String]
    let samples: [String: [Double]]
    /// Conditions that could not be measured, and why.
    let absent: [String: String]
    /// Executions that were not held as meant: missed, or not asked about.
    let strayed: [String: Int]

    private struct Line {
        var count: Int
        var tenth: Double
        var median: Double
        var ninetyNinth: Double
    }

    private func line(_ name: String) -> Line? {
        guard let sorted = samples[name]?.sorted(), !sorted.isEmpty else { return nil }
        func at(_ share: Double) -> Double { sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)] }
        return Line(count: sorted.count, tenth: at(0.1), median: at(0.5), ninetyNinth: at(0.99))
    }

    var table: String {
        var text = "microseconds for one execution (added to no mark)\n"
        text += Self.row(["condition", "count", "10th percentile", "median", "99th percentile", "strayed"])
        let none = conditions.first.flatMap(line)
        for name in conditions {
            guard let line = line(name) else {
                text += "\(name): \(absent[name] ?? "nothing was measured")\n"
                continue
            }
            func cell(_ value: Double, _ base: Double?) -> String {
                String(format: "%.0f (%+.0f)", value, value - (base ?? value))
            }
            text += Self.row([
                name, "\(line.count)", cell(line.tenth, none?.tenth), cell(line.median, none?.median),
                cell(line.ninetyNinth, none?.ninetyNinth), "\(strayed[name] ?? 0)",
            ])
        }
        return text
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [24, 8, 18, 18, 18, 8]
        return zip(cells, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined() + "\n"
    }

    var json: Data {
        get throws {
            var lines: [String: Any] = [:]
            for name in conditions {
                if let line = line(name) {
                    lines[name] = [
                        "count": line.count, "p10_us": line.tenth, "median_us": line.median,
                        "p99_us": line.ninetyNinth, "strayed": strayed[name] ?? 0,
                    ]
                } else {
                    lines[name] = ["absent": absent[name] ?? ""]
                }
            }
            return try JSONSerialization.data(withJSONObject: lines, options: [.prettyPrinted, .sortedKeys])
        }
    }
}
