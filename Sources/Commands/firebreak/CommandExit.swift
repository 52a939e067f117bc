/// The exit codes of `firebreak`, for scripts. They are part of the interface: docs/operating/cli.md lists them.
enum CommandExit: Int32, CaseIterable {
    case ok = 0
    /// Something failed that is not the caller's doing.
    case failure = 1
    /// The command line, a file or a value was wrong. The control plane was not told anything.
    case badInput = 2
    /// The control plane understood and refused: policy, signature, state, or the operator's token.
    case refused = 3
    /// The control plane cannot be reached, or it is not the one whose CA was named.
    case unreachable = 4
    /// `rollout watch` saw the rollout end without every endpoint proven: halted or recalled.
    case stopped = 5
    /// `lab` ran the pack, and it failed.
    case labFailed = 6
    /// `lab` could not start a worker. A check that cannot be made has failed.
    case labNotRun = 7

    /// What `detect` says when rules matched, whatever the other commands mean by it: as grep tells, a match is an
    /// answer and no failure.
    static let detectMatches: Int32 = 3

    /// One line for the help page.
    var meaning: String {
        switch self {
        case .ok: "done"
        case .failure: "something failed that is not the caller's doing"
        case .badInput: "the command line, a file or a value was wrong"
        case .refused: "the control plane refused"
        case .unreachable: "the control plane cannot be reached, or is not the expected one"
        case .stopped: "rollout watch: the rollout was halted or recalled"
        case .labFailed: "lab: the pack failed"
        case .labNotRun: "lab: no worker could be started, so nothing is known of the pack"
        }
    }
}
