/// What the command itself finds wrong, before or without a control plane. Other codes come from the rooms that threw.
enum CommandCode: String, CaseIterable {
    /// A file that was named cannot be read.
    case fileUnreadable = "command.file_unreadable"
    /// A file that was named is longer than its bound.
    case fileOversized = "command.file_oversized"
    /// A result cannot be written.
    case fileUnwritable = "command.file_unwritable"
    /// No key is named whose signature counts, and without one nothing can be verified.
    case noTrustedKeys = "command.no_trusted_keys"
    /// No rollout is what was named.
    case noRollout = "command.no_rollout"
    /// A policy file is not understood.
    case policyUnreadable = "command.policy_unreadable"
    /// Something failed that has no code of its own.
    case failed = "command.failed"

    /// What to do next.
    var nextStep: String {
        switch self {
        case .fileUnreadable: "Check the path, and that you may read the file."
        case .fileOversized: "Check that this is the file you mean."
        case .fileUnwritable: "Check that the folder is there, that you may write to it, and that the disk is not full."
        case .noTrustedKeys: "Name the file with the signer's public key: --trust release.key.pub"
        case .noRollout: "`firebreak rollout status` lists the rollouts; `firebreak rollout start` starts one."
        case .policyUnreadable: "Write the policy as a JSON object: docs/design/control-plane.md shows one."
        case .failed: "Run it again; if it stays so, report it with the message."
        }
    }
}

extension CommandFailure {
    init(
        _ code: CommandCode, exit: CommandExit = .badInput, subject: String = "", message: String,
        nextStep: String? = nil
    ) {
        self.init(
            exit: exit, code: code.rawValue, subject: subject, message: message, nextStep: nextStep ?? code.nextStep)
    }
}
