import ExposureChecker
import FleetModel
import Foundation
import GRDB

/// A control plane's database and agents' logs, written by the test, in a folder of their own.
final class ForgedLedger {
    let folder: URL
    private let queue: DatabaseQueue
    private(set) var logs: [String] = []
    private var now: Int64 = 1_700_000_000_000

    static let rollout = RolloutID(accepted: "r-000001")
    static let release = "linux-core@1.0.0"

    init(lossBudget: Int = 4, confidence: Double = 0.99) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        queue = try DatabaseQueue(path: folder.appending(path: "fleet.sqlite").path)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE rollouts(id TEXT PRIMARY KEY, release TEXT, policy_json TEXT, seed INTEGER,
                        started_at_ms INTEGER);
                    CREATE TABLE ledger(seq INTEGER PRIMARY KEY, rollout TEXT, at_ms INTEGER, kind TEXT, endpoint TEXT,
                        detail TEXT);
                    """)
            try database.execute(
                sql: "INSERT INTO rollouts VALUES (?, ?, ?, 1, ?)",
                arguments: [
                    Self.rollout.text, Self.release, #"{"loss_budget":\#(lossBudget),"confidence":\#(confidence)}"#,
                    now,
                ])
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func endpoint(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 32 - text.count) + text
    }

    /// Appends a row, a second after the row before it unless `at` says otherwise. Returns its time.
    @discardableResult
    func row(_ kind: String, phase: String) throws -> Int64 {
        try row(kind, detail: kind == "phase" ? phase : #"{"decision":"hold","phase":"\#(phase)"}"#)
    }

    @discardableResult
    func row(_ kind: String, _ endpoint: Int? = nil, detail: String = "", after milliseconds: Int64 = 1_000) throws
        -> Int64
    {
        now += milliseconds
        try queue.write { [now] database in
            try database.execute(
                sql: "INSERT INTO ledger(rollout, at_ms, kind, endpoint, detail) VALUES (?, ?, ?, ?, ?)",
                arguments: [Self.rollout.text, now, kind, endpoint.map(Self.endpoint), detail])
        }
        return now
    }

    func sql(_ text: String) throws { try queue.write { try $0.execute(sql: text) } }

    /// Writes one agent's log.
    func log(_ lines: [String], tail: String = "") throws {
        let file = folder.appending(path: "agent-\(logs.count).log")
        try Data((lines.map { $0 + "\n" }.joined() + tail).utf8).write(to: file)
        logs.append(file.path)
    }

    static func start(_ number: Int) -> String {
        #"{"at_ms":1,"kind":"start","endpoint":"\#(endpoint(number))","pid":7}"#
    }

    static func offer(at: Int64, release: String = release) -> String {
        #"{"at_ms":\#(at),"kind":"offer","release":"\#(release)","digest":"00","pid":7}"#
    }

    static func stage(_ stage: String, at: Int64) -> String {
        #"{"at_ms":\#(at),"kind":"stage","stage":"\#(stage)","release":"\#(release)","pid":7}"#
    }

    func check() throws -> ExposureReport {
        try ExposureAudit.check(
            database: folder.appending(path: "fleet.sqlite").path, rollout: Self.rollout, agentLogs: logs)
    }

    func kinds() throws -> [ExposureViolation.Kind] { try check().violations.map(\.kind) }
}
