import BrokerEngine
import ExecBroker
import Foundation

// exec-latency: what an execution costs under the broker and under audit, beside none, in one run.
//
//   exec-latency --disk DIR --broker PATH [--rounds N] [--executions N] [--json FILE]
//
// DIR is a disk of its own in a mount namespace of its own with the program `tiny` on it: scripts/bench-exec.sh sees to
// that. The conditions alternate round by round, so that a change of the machine's mood meets all of them.

let words = CommandLine.arguments

func value(_ option: String) -> String? {
    guard let index = words.firstIndex(of: option), index + 1 < words.count else { return nil }
    return words[index + 1]
}

func fail(_ sentence: String) -> Never {
    FileHandle.standardError.write(Data("exec-latency: \(sentence)\n".utf8))
    exit(1)
}

if words.dropFirst().first == "engine" {
    guard let socket = value("--socket") else { fail("engine needs --socket") }
    do {
        let client = try BrokerClient.start(socket: socket) { _ in BrokerAnswer(.allow, pack: 0) }
        // Ends when whoever started it closes our input.
        _ = FileHandle.standardInput.readDataToEndOfFile()
        client.stop()
        exit(0)
    } catch { fail("\(error)") }
}

guard let disk = value("--disk"), let broker = value("--broker") else {
    fail("needs --disk and --broker; see main.swift")
}
let rounds = value("--rounds").flatMap(Int.init) ?? 10
let executions = value("--executions").flatMap(Int.init) ?? 500

do {
    let conditions = Condition.all(disk: disk, broker: broker)
    var samples: [String: [Double]] = [:]
    var absent: [String: String] = [:]
    var strayed: [String: Int] = [:]
    for round in 0..<rounds {
        // Each round begins with another condition.
        for index in conditions.indices {
            let condition = conditions[(index + round) % conditions.count]
            guard absent[condition.name] == nil else { continue }
            do { try condition.begin() } catch {
                absent[condition.name] = "\(error)"
                condition.end()
                continue
            }
            let taken = (0..<executions + 20).map { _ in Execution.microseconds("\(disk)/tiny") }
            strayed[condition.name, default: 0] += try condition.strayed()
            condition.end()
            // The first of each stretch meet cold caches after the change.
            samples[condition.name, default: []] += taken.dropFirst(20)
        }
    }
    let report = Report(conditions: conditions.map(\.name), samples: samples, absent: absent, strayed: strayed)
    print(report.table)
    if let file = value("--json") { try report.json.write(to: URL(filePath: file)) }
} catch { fail("\(error)") }
