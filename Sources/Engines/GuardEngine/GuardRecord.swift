/// What the guard remembers. Written durably before any act that follows from it; only guard processes write it, one at
/// a time.
package struct GuardRecord: Equatable, Sendable {
    /// The boot that it was last written in.
    package var bootID: PlainText
    /// That boot ended, or is about to end, in good order.
    package var hasEnded: Bool
    /// The boot before that one ended in good order.
    package var wasClean: Bool
    /// Boots seen.
    package var bootCount: UInt64
    /// Boots that did not end in good order, since the last healthy stretch.
    package var uncleanBoots: Int
    /// The slot that runs when nothing is on trial. Proven, as long as any slot is.
    package var force: BuildSlot
    /// The slot whose build is tried at the next start, or is being tried.
    package var trial: BuildSlot?
    package var slotA: SlotState
    package var slotB: SlotState
    /// An agent was started from this slot and was not seen to end.
    package var running: BuildSlot?
    /// Starts of the build on trial.
    package var trialStarts: Int
    /// Deaths of agents of the slot in force since the last healthy stretch or step down.
    package var deaths: Int
    package var mode: GuardMode
    /// The other slot was already turned to since the last healthy stretch.
    package var hasSwitched: Bool
    /// Steps down since the last healthy stretch in normal mode.
    package var actionsUsed: Int
    /// The pack that was reverted last. Reverted anew at every start: the act may have been cut off.
    package var reverted: DigestText?
    /// Every pack without a mark is to be taken away, and that was not seen to be done.
    package var isSweepDue: Bool
    /// Builds that failed here, oldest first.
    package var refusedBuilds: [DigestText]
    /// Remedies that were applied, oldest first.
    package var remedies: [PlainText]

    /// The record of a host that no guard has seen before.
    package init(bootID: PlainText) {
        self.bootID = bootID
        hasEnded = false
        wasClean = true
        bootCount = 0
        uncleanBoots = 0
        force = .a
        trial = nil
        slotA = .empty
        slotB = .empty
        running = nil
        trialStarts = 0
        deaths = 0
        mode = .normal
        hasSwitched = false
        actionsUsed = 0
        reverted = nil
        isSweepDue = false
        refusedBuilds = []
        remedies = []
    }

    package subscript(slot: BuildSlot) -> SlotState {
        get { slot == .a ? slotA : slotB }
        set {
            if slot == .a { slotA = newValue } else { slotB = newValue }
        }
    }

    /// Where a new build is to be copied to: never over what is in force.
    package var stagingSlot: BuildSlot { force.other }

    package func refuses(_ digest: DigestText) -> Bool { refusedBuilds.contains { $0 == digest } }
    package func hasApplied(_ remedy: PlainText) -> Bool { remedies.contains { $0 == remedy } }

    mutating func refuse(_ digest: DigestText) {
        guard !refuses(digest) else { return }
        refusedBuilds.append(digest)
        if refusedBuilds.count > GuardLimit.refusedBuildsMax { refusedBuilds.removeFirst() }
    }

    mutating func remember(remedy: PlainText) {
        guard !hasApplied(remedy) else { return }
        remedies.append(remedy)
        if remedies.count > GuardLimit.remediesMax { remedies.removeFirst() }
    }
}

/// What a record on disk is.
package enum RecordReading: Equatable, Sendable {
    /// There is no file.
    case absent
    case whole(GuardRecord)
    /// Not whole, for this reason.
    case torn(PlainText)
}
