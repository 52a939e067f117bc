import FleetModel
import ResponseEngine

/// What `quarantine list --json` prints.
struct ActionListView: Encodable {
    var actions: [ActionView]
}

/// One action of the journal, as it is shown.
struct ActionView: Encodable {
    var id: String
    /// UTC.
    var at: String
    var state: String
    var action: String
    var subject: String
    var rule: String
    var release: String
    var note: String
    var digest: String?
    var bytes: Int64?
    var mode: String?
    var owner: UInt32?
    var group: UInt32?
    var processId: Int32?
    var commandLine: String?
    var user: String?

    enum CodingKeys: String, CodingKey {
        case id, at, state, action, subject, rule, release, note, digest, bytes, mode, owner, group, user
        case processId = "process_id"
        case commandLine = "command_line"
    }

    init(_ record: ResponseRecord) {
        id = record.id.text
        at = TimeText.utc(record.at)
        state = record.isHeld ? "held" : record.state.rawValue
        action = record.action.response.name
        subject = record.action.subject
        rule = record.rule
        release = record.release.text
        note = record.note
        digest = record.before?.digest.text
        bytes = record.before?.bytes
        mode = record.before.map { "0" + String($0.mode, radix: 8) }
        owner = record.before?.owner
        group = record.before?.group
        if case .kill(let process) = record.action {
            processId = process.processId
            commandLine = process.commandLine
            user = process.user
        }
    }

    func lines(on console: Console) -> [String] {
        var sheet = FactSheet()
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { sheet.add(name, Table.Cell(value)) }
        }
        add("action", "\(action) \(subject)")
        add("state", state)
        add("when", at)
        add("rule", rule)
        add("release", release)
        add("SHA-256", digest)
        add("bytes", bytes.map { String($0) })
        add("mode", mode)
        add("owner", owner.map { owner in "\(owner):\(group ?? 0)" })
        add("process", processId.map { String($0) })
        add("command line", commandLine)
        add("user", user)
        add("note", note)
        return sheet.lines(on: console)
    }
}

extension ResponseRecord {
    /// Whether the quarantine holds a file for it, or may.
    var isHeld: Bool {
        guard case .quarantine = action else { return false }
        return state == .done || state == .planned || state == .undoing
    }
}
