/// Why a run in the lab could not begin. What a run finds is a ``LabFinding``.
package struct LabError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable: the command's exit message names it.
    package enum Code: String, Sendable, CaseIterable {
        /// The file is no pack, or its parts do not belong together.
        case packRefused = "lab.pack_refused"
        /// A rule's examples in the pack are not understood.
        case examplesUnreadable = "lab.examples_unreadable"
        /// A recording cannot be read, or a line of it is no event.
        case recordingUnreadable = "lab.recording_unreadable"
        /// A file of labels cannot be read, or does not belong to its recording.
        case labelsUnreadable = "lab.labels_unreadable"
        /// An earlier release is not of the same pack, or is the release itself.
        case previousUnfit = "lab.previous_unfit"
        /// The worker's file cannot be read.
        case workerUnreadable = "lab.worker_unreadable"

        /// What the person who sees the error does next.
        package var nextStep: String {
            switch self {
            case .packRefused: "Name a pack, as `firebreak pack build` wrote it."
            case .examplesUnreadable: "Build the pack again with `firebreak pack build`, which checks the examples."
            case .recordingUnreadable: "Correct the line that is named, or record again."
            case .labelsUnreadable: "Write a line for each event: its number from 0, a tab, benign or attack."
            case .previousUnfit: "Name earlier releases of the same pack with --previous."
            case .workerUnreadable: "Name the worker that is shipped with --worker FILE."
            }
        }
    }

    package let code: Code
    /// The file, or a line of it.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var nextStep: String { code.nextStep }
    package var description: String { "\(subject): \(message) (\(code.rawValue)). \(nextStep)" }
}
