import ControlWire
import FleetModel
import Foundation
import Testing
import WorkerWire

@testable import EndpointAgent

/// Held against the OCSF schema as PyPI's ocsf-json-schema has it.
@Suite(
    "OCSF conformance",
    .enabled(if: OCSFPeer.isThere, "ocsf-json-schema is not in .build/peers: run scripts/install-peers.sh"))
struct OCSFConformanceTests {
    private static func finding(_ event: TelemetryEvent?, level: String = "high", heldBack: UInt64 = 0)
        -> DetectionFinding
    {
        DetectionFinding(
            match: RuleMatch(
                sequence: 1, ruleID: "5f0d5c2e-0000-4000-8000-000000000001", title: "A shell", level: level,
                tags: ["attack.execution", "attack.t1059.004", "attack.t1078", "cve.2024-3094", "car.2013"],
                author: "Firebreak",
                fields: [
                    .init(field: .processId, value: .integer(42)), .init(field: .commandLine, value: .text("sh \u{1}")),
                    .init(field: .user, value: .null),
                ]),
            event: event, uid: "u-1",
            host: EndpointDescription(
                hostName: "host",
                cohort: CohortAttributes(
                    os: "linux", osVersion: "debian-12", kernel: "6.1", agentVersion: "1", model: "m")),
            endpoint: EndpointID(accepted: String(repeating: "a", count: 32)),
            release: ReleaseID(accepted: "linux-core@1.0.0"), heldBack: heldBack, now: Moment(milliseconds: 5_000))
    }

    private static func event(_ kind: EventKind, ancestors: Int, _ values: [EventField: FieldValue]) -> TelemetryEvent {
        let lineage: [ProcessNode] = (0..<ancestors).map { depth in
            let startedAt: Moment? = depth == 2 ? nil : Moment(milliseconds: 10)
            return ProcessNode(
                processId: Int32(100 - depth), parentProcessId: Int32(99 - depth), image: "/bin/p\(depth)",
                commandLine: "p\(depth) é", user: depth == 1 ? "" : "alice", startedAt: startedAt)
        }
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 4_321), lineage: lineage)
        for (field, value) in values { event[field] = value }
        return event
    }

    @Test("findings of every kind of event, of every level, with and without a process tree, fit the schema")
    func fit() throws {
        var findings = RuleLevelNames.all.map { Self.finding(nil, level: $0) }
        findings.append(Self.finding(nil, level: "none of Sigma's", heldBack: 7))
        for kind in EventKind.allCases {
            for ancestors in [0, 1, 16] {
                let file: [EventField: FieldValue] = [.targetFilename: .text("/etc/passwd")]
                findings.append(Self.finding(Self.event(kind, ancestors: ancestors, kind == .fileEvent ? file : [:])))
            }
        }
        let process: [EventField: FieldValue] = [
            .processId: .integer(7), .image: .text("/bin/sh"), .parentProcessId: .integer(1), .commandLine: .text(""),
        ]
        findings.append(Self.finding(Self.event(.processCreation, ancestors: 0, process), heldBack: 3))
        let lines = try findings.map { try #require($0.encoded()) }
        let problems = try OCSFPeer.problems(of: lines)
        #expect(problems.isEmpty, "\(Set(problems.map { $0.drop { $0 != " " } }).sorted().joined(separator: "\n"))")
    }

    @Test("the schema's checker tells of a wrong severity, a missing member and an unknown one")
    func bites() throws {
        let bytes = try #require(Self.finding(nil).encoded())
        let text = String(decoding: bytes, as: UTF8.self)
        let broken = [
            text.replacing("\"severity_id\":4", with: "\"severity_id\":17"),
            text.replacing("\"class_uid\":2004,", with: ""), text.replacing("\"class_uid\"", with: "\"class_id\""),
        ]
        let problems = try OCSFPeer.problems(of: broken.map { Array($0.utf8) })
        for index in broken.indices { #expect(problems.contains { $0.hasPrefix("\(index): ") }) }
    }
}

private enum RuleLevelNames {
    static let all = ["informational", "low", "medium", "high", "critical"]
}

/// The Python environment that scripts/install-peers.sh makes.
private enum OCSFPeer {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    private static let python = here.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/peers/bin/python").path

    static let isThere = (try? problems(of: [])) != nil

    struct Failure: Error {
        let status: Int32
    }

    /// What is wrong with the findings, each line with the finding's index before it.
    static func problems(of findings: [[UInt8]]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [here.appending(path: "Peer/ocsf_peer.py").path, DetectionFinding.schemaVersion]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        for finding in findings { try input.fileHandleForWriting.write(contentsOf: Data(finding + [10])) }
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
