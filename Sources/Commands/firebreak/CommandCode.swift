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
    /// The file is no result of the lab, or one about another pack.
    case labResultUnfit = "command.lab_result_unfit"
    /// No past incident is named so.
    case noIncident = "command.no_incident"
    /// A file of incidents is not what it must be.
    case badIncidents = "command.bad_incidents"
    /// A simulation's checker saw what must never happen.
    case invariantBroken = "command.invariant_broken"
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
        case .policyUnreadable:
            "Write the policy as `firebreak policy show laptop-fleet` prints one, and see it through `firebreak policy check`."
        case .labResultUnfit: "Run `firebreak lab` on this very pack; it writes the result beside it."
        case .noIncident: "`firebreak simulate --list-incidents` lists the incidents."
        case .badIncidents: "Correct the place that the message names; docs/design/simulator.md tells what a file has."
        case .invariantBroken: "The gate has a defect: report it, with this command line; the same seed shows it again."
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
