import AgentEngine
import FleetModel

/// What is known from outside of a life up to some moment: what was written and acknowledged, what was about to be
/// written, what ran. Nothing of it is asked of the code that is watched.
struct CutFacts: Sendable {
    /// The journal whose write returned last; nil before the first.
    var written: UpdateJournal?
    /// The journal that is being written; nil when none is.
    var writing: UpdateJournal?
    /// What an acknowledged journal once called proven.
    var proven: Set<Digest> = []
    /// What was swapped in, in this boot or an earlier one.
    var tried: Set<Digest> = []
    /// What worked on trial for as long and on as many events as the policy asks, by the worker's own count.
    var worked: Set<Digest> = []
    /// The journals of builds that may be found after a cut.
    var buildJournals: [BuildJournal] = [BuildJournal()]

    /// The journals that may be found after a cut, of which one must be.
    var possible: [UpdateJournal] { [written, writing].compactMap { $0 } }

    /// Whether the journal may say that the agent was told to end while this release was on trial: then a start in the
    /// same boot may go on with it.
    func isStopped(_ digest: Digest) -> Bool {
        possible.contains { $0.attempt?.offer.pinned.digest == digest && $0.attempt?.isStoppedCleanly == true }
    }

    /// Generations that stand whichever of the possible journals is found.
    var standing: [ProvenGeneration] {
        guard let written else { return [] }
        return written.proven.filter { generation in
            possible.allSatisfy { journal in
                journal.proven.contains(generation) && !journal.recalled.contains { $0.covers(generation.pinned) }
            }
        }
    }
}

/// A rule that a life broke.
struct CutViolation: Hashable, Sendable, CustomStringConvertible {
    let rule: String
    let detail: String

    init(_ rule: String, _ detail: String = "") {
        self.rule = rule
        self.detail = detail
    }

    var description: String { detail.isEmpty ? rule : "\(rule): \(detail)" }
}
