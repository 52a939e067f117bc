import FleetModel
import WorkerWire

/// One thing that a stage found.
package struct LabFinding: Hashable, Sendable {
    /// How much it weighs.
    package enum Weight: String, Hashable, Sendable, CaseIterable {
        /// The release must not go out.
        case failure
        /// It may, and someone should look.
        case warning
        /// Good to know; weighs nothing.
        case note
    }

    /// What was found. Stable: results name it.
    package enum Code: String, Sendable, CaseIterable {
        /// The worker could not be started.
        case workerMissing = "lab.worker_missing"
        /// The worker is not sealed, or not what it says.
        case sealBroken = "lab.seal_broken"
        /// The worker did not take the program.
        case loadRefused = "lab.load_refused"
        /// The worker died, or stopped answering, while it loaded the program.
        case loadDied = "lab.load_died"
        /// What the worker loaded is not what the manifest states.
        case manifestWrong = "lab.manifest_wrong"
        /// The worker died.
        case workerDied = "lab.worker_died"
        /// The worker stopped answering.
        case workerHung = "lab.worker_hung"
        /// The worker sent what no worker sends.
        case workerLied = "lab.worker_lied"
        /// Events were neither evaluated nor refused, or more than once.
        case eventsLost = "lab.events_lost"
        /// The worker refused an event that it must evaluate.
        case eventRefused = "lab.event_refused"
        /// The worker evaluated bytes that are no event.
        case malformedTaken = "lab.malformed_taken"
        /// A rule of the pack has no examples.
        case exampleMissing = "lab.example_missing"
        /// A rule does not match one of its true events.
        case exampleMissed = "lab.example_missed"
        /// A rule matches one of its false events.
        case exampleWrong = "lab.example_wrong"
        /// There is no recording of ordinary work to hold the pack against.
        case recordingMissing = "lab.recording_missing"
        /// More matches on ordinary work than the budget allows.
        case falsePositives = "lab.false_positives"
        /// A rule matched ordinary work.
        case benignMatched = "lab.benign_matched"
        /// No rule matches anything of a recorded attack.
        case attackUnseen = "lab.attack_unseen"
        /// A rule matches an event in which every field is absent.
        case matchesNothing = "lab.matches_nothing"
        /// The worker used more memory than the budget allows.
        case overMemory = "lab.over_memory"
        /// One event can cost more steps than the budget allows.
        case overCost = "lab.over_cost"
        /// One event took longer than the budget allows.
        case overLatency = "lab.over_latency"
        /// Fewer events a second than the budget asks for.
        case tooSlow = "lab.too_slow"
        /// A rule's answer depends on the date of the event.
        case clockDependent = "lab.clock_dependent"
        /// After a change of program the worker did not do what the program in force says.
        case changeoverWrong = "lab.changeover_wrong"
        /// The worker did not end as it was told.
        case unloadWrong = "lab.unload_wrong"
        /// No earlier release was given to change over with.
        case previousMissing = "lab.previous_missing"
        /// The stage was left out.
        case stageSkipped = "lab.stage_skipped"
        /// The stage could not be run, which counts as failed.
        case stageNotRun = "lab.stage_not_run"
        /// More was found than is listed.
        case moreFound = "lab.more_found"

        /// What to do next.
        package var nextStep: String {
            switch self {
            case .workerMissing: "Name the worker that is shipped with --worker FILE."
            case .sealBroken:
                "Use the shipping worker, on a kernel that endpoints have; docs/design/worker.md tells more."
            case .loadRefused:
                "Build the pack with the compiler of the worker's own version; its words say what it refused."
            case .loadDied, .workerDied, .workerHung:
                "Do not publish. Whatever the pack holds, a worker that dies of it is a defect of its own: report both."
            case .manifestWrong: "Do not publish: manifest and program were not made together. Build the pack again."
            case .workerLied, .eventsLost, .malformedTaken, .changeoverWrong, .unloadWrong:
                "Do not publish. This is a defect of the worker: report it with this result."
            case .eventRefused: "Find the rule that makes the event cost more than the program's own bound."
            case .exampleMissing: "Write examples for the rule and build the pack again."
            case .exampleMissed, .exampleWrong: "Correct the rule or the example, and build the pack again."
            case .recordingMissing: "Name recordings of ordinary work: --benign FILE."
            case .falsePositives, .benignMatched: "Narrow the rules that are named, or filter what they matched."
            case .attackUnseen: "Check whether a rule of this pack should see the attack."
            case .matchesNothing: "Let the rule ask for something that must be there, not only for what must not."
            case .overMemory, .overCost: "Split the pack, or simplify the rules that cost most."
            case .overLatency, .tooSlow:
                "Run again on a quiet machine; if it stays so, simplify the rules that cost most."
            case .clockDependent: "Let the rule not depend on the event's date."
            case .previousMissing: "Name the releases that endpoints have now: --previous PACK, twice."
            case .stageSkipped: "Run the lab without --skip before the release goes out."
            case .stageNotRun: "Mend what stopped the run, and run again."
            case .moreFound: "Mend what is listed, and run again."
            }
        }
    }

    package var weight: Weight
    package var code: Code
    /// What it is about: a rule, a file and line, a field.
    package var subject: String
    /// One sentence.
    package var message: String
    /// The event that shows it, encoded as it was sent; nil where no single event does.
    package var event: [UInt8]?

    package init(
        _ weight: Weight, _ code: Code, subject: String, message: String, event: [UInt8]? = nil
    ) {
        self.weight = weight
        self.code = code
        self.subject = subject.cut(toBytes: LabLimit.messageBytesMax)
        self.message = message.cut(toBytes: LabLimit.messageBytesMax)
        self.event = event.map { Array($0.prefix(LabLimit.evidenceBytesMax)) }
    }
}
