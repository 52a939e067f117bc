import Foundation

/// One run of wrk.
struct Run: Codable {
    var requestsPerSecond: Double
    var p50Milliseconds: Double
    var p99Milliseconds: Double
    /// Answers that were not 2xx or 3xx, and socket errors. Any makes the run worthless.
    var errors: Int

    /// Reads what `wrk --latency` prints.
    init(wrk text: String) throws {
        func number(after label: String) -> Substring? {
            text.split(separator: "\n").first { $0.contains(label) }?.split(separator: " ").last
        }
        func milliseconds(_ text: Substring?) -> Double? {
            guard let text else { return nil }
            if text.hasSuffix("us") { return Double(text.dropLast(2)).map { $0 / 1000 } }
            if text.hasSuffix("ms") { return Double(text.dropLast(2)) }
            return text.hasSuffix("s") ? Double(text.dropLast()).map { $0 * 1000 } : nil
        }
        guard let rate = number(after: "Requests/sec:").flatMap({ Double($0) }),
            let p50 = milliseconds(number(after: " 50%")), let p99 = milliseconds(number(after: " 99%"))
        else { throw BenchmarkError(description: "wrk printed no result:\n\(text)") }
        requestsPerSecond = rate
        p50Milliseconds = p50
        p99Milliseconds = p99
        let refused = number(after: "Non-2xx or 3xx responses:").flatMap { Int($0) } ?? 0
        errors = refused + (text.contains("Socket errors") ? 1 : 0)
    }

    static func median(_ runs: [Run], _ figure: (Run) -> Double) -> Double {
        let sorted = runs.map(figure).sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}

/// Both sides, run in turn.
struct BenchmarkReport {
    var heartbeats: [Run]
    var nginx: [Run]
    var requestBytes: Int
    var replyBytes: Int
    var options: BenchmarkOptions

    private var heartbeatRate: Double { Run.median(heartbeats, \.requestsPerSecond) }
    private var nginxRate: Double { Run.median(nginx, \.requestsPerSecond) }

    var table: String {
        func row(_ name: String, _ runs: [Run]) -> String {
            let figures = [
                String(format: "%12.0f", Run.median(runs, \.requestsPerSecond)),
                String(format: "%9.2f", Run.median(runs, \.p50Milliseconds)),
                String(format: "%9.2f", Run.median(runs, \.p99Milliseconds)),
                String(format: "%7d", runs.map(\.errors).reduce(0, +)),
            ]
            return name.padding(toLength: 34, withPad: " ", startingAt: 0) + figures.joined()
        }
        return """
            Check-ins: \(options.connections) connections, \(options.endpoints) endpoints, TLS, \(options.rounds) runs of \(options.seconds) s each, in turn; medians
            \("".padding(toLength: 34, withPad: " ", startingAt: 0))  requests/s   p50 ms   p99 ms errors
            \(row("OpAMP heartbeat (\(requestBytes) B in, \(replyBytes) B out)", heartbeats))
            \(row("nginx, static body of \(replyBytes) B", nginx))
            ratio of rates: \(String(format: "%.3f", heartbeatRate / max(nginxRate, 1)))   ratio of p99: \(String(format: "%.2f", Run.median(heartbeats, \.p99Milliseconds) / max(Run.median(nginx, \.p99Milliseconds), 0.001)))
            """
    }

    var json: String {
        """
        {"heartbeats_per_second":\(heartbeatRate),"nginx_per_second":\(nginxRate),"ratio":\(heartbeatRate / max(nginxRate, 1)),\
        "heartbeat_p99_ms":\(Run.median(heartbeats, \.p99Milliseconds)),"nginx_p99_ms":\(Run.median(nginx, \.p99Milliseconds)),\
        "errors":\((heartbeats + nginx).map(\.errors).reduce(0, +))}
        """
    }
}
