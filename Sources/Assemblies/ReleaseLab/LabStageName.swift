/// The stages of a run, in their order.
package enum LabStageName: String, Hashable, Sendable, CaseIterable {
    case seal
    case load
    case examples
    case recorded
    case hostile
    case stress
    case clocks
    case changeover

    /// What the stage asks, as a question.
    package var question: String {
        switch self {
        case .seal: "Is the worker sealed, by its own word and by the kernel's?"
        case .load: "Does the worker load the program, and is it what the manifest says?"
        case .examples: "Does every rule match its true events and none of its false ones?"
        case .recorded: "How often is it wrong on ordinary work, and what does it see of attacks?"
        case .hostile: "Does it live through events whose fields are absent, empty, huge, mistyped or no text?"
        case .stress: "What does it cost, at full speed and for the worst single event?"
        case .clocks: "Does it hold at year ends, leap days, 32-bit limits and a clock that runs wild?"
        case .changeover: "Is any event lost or evaluated twice when the program changes?"
        }
    }
}
