/// What a rule asks for when it matches, beside the alert that every match is. The raw value is the number in programs
/// and on the wire.
///
/// A rule only asks: the endpoint's own plan decides (room ResponseEngine), and may refuse.
package enum RuleResponse: UInt8, Hashable, Sendable, Codable, CaseIterable {
    case alert = 0
    /// The execution does not happen.
    case deny = 1
    /// The process is ended.
    case kill = 2
    /// The file is moved to where nothing runs it, and can be brought back.
    case quarantine = 3

    /// The word in a rule, a policy and a journal.
    package var name: String {
        switch self {
        case .alert: "alert"
        case .deny: "deny"
        case .kill: "kill"
        case .quarantine: "quarantine"
        }
    }

    /// The response called `name`; nil when there is none.
    package init?(name: String) {
        guard let response = RuleResponse.allCases.first(where: { $0.name == name }) else { return nil }
        self = response
    }

    /// Whether somebody's work is stopped by it.
    package var isDestructive: Bool { self != .alert }

    /// Whether an event of this kind has what the response acts on: only an execution can be denied, a process that has
    /// ended cannot be ended, and a file that is gone cannot be moved.
    package func applies(to kind: EventKind) -> Bool {
        switch self {
        case .alert: true
        case .deny: kind == .processCreation
        case .kill: kind != .processTermination
        case .quarantine: kind != .fileDelete
        }
    }
}
