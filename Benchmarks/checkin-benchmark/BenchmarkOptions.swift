import Foundation

/// What is measured, and how long.
struct BenchmarkOptions {
    /// Seconds of each measured run.
    var seconds = 5
    /// Runs of each side; the median is reported.
    var rounds = 3
    var connections = 64
    /// Endpoints that the heartbeats come from: enough that no two of one endpoint are under way at once.
    var endpoints = 512
    var isJSON = false

    init(_ arguments: [String]) {
        func value(_ name: String) -> Int? {
            arguments.firstIndex(of: name).flatMap { arguments.indices.contains($0 + 1) ? Int(arguments[$0 + 1]) : nil }
        }
        seconds = max(1, value("--seconds") ?? seconds)
        rounds = max(1, value("--rounds") ?? rounds)
        connections = max(1, value("--connections") ?? connections)
        endpoints = max(connections * 2, value("--endpoints") ?? endpoints)
        isJSON = arguments.contains("--json")
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
}
