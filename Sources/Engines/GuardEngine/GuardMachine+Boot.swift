/// What a guard does with what it finds on disk.
extension GuardMachine {
    mutating func booted(_ start: GuardStart) -> [GuardAction] {
        var actions: [GuardAction] = []
        var isNewBoot = true
        switch start.record {
        case .whole(let found):
            record = found
            isNewBoot = found.bootID != start.bootID
        case .absent where start.slotA.mark == nil && start.slotB.mark == nil:
            record = GuardRecord(bootID: start.bootID)
            record.hasEnded = true
        case .absent:
            actions += rebuilt(from: start, because: "the record is gone, and the marks of slots are there")
        case .torn(let why):
            actions += rebuilt(from: start, because: why)
        }
        if isNewBoot { actions += counted(start) }
        actions += grounded(on: start)
        actions += cutOffActs
        for slot in BuildSlot.allCases where start[slot].mark != record[slot] && start[slot].hasBuild {
            actions.append(.mark(slot, record[slot]))
        }
        return actions
    }

    /// Acts on packs that an earlier guard may not have come to, between the record and the act: they are all harmless
    /// twice.
    var cutOffActs: [GuardAction] {
        var actions: [GuardAction] = []
        if let reverted = record.reverted { actions.append(.condemn(reverted)) }
        if record.isSweepDue { actions.append(.condemnUnproven) }
        return actions
    }

    /// The line that tells how this boot was begun.
    package var bootLine: PlainText {
        let slot = record.trial.map { $0.word + " (trial)" } ?? record.force.word
        let ending: PlainText = record.wasClean ? "clean" : "unclean"
        return "boot \(record.bootCount) \(ending) mode=\(record.mode.word) slot=\(slot) reverted=\(revertedAtBoot)"
    }

    /// A record from what the marks say. How often things failed is not known any more, so it counts as often enough
    /// for safe mode.
    private mutating func rebuilt(from start: GuardStart, because why: PlainText) -> [GuardAction] {
        record = GuardRecord(bootID: "-")
        record.uncleanBoots = GuardLimit.uncleanBootsToSafe - 1
        for slot in BuildSlot.allCases {
            guard let mark = start[slot].mark else { continue }
            // A build that was on trial when everything was lost failed.
            let hasFailed = mark.standing == .trying || mark.standing == .staged
            record[slot] = SlotState(hasFailed ? .condemned : mark.standing, mark.digest)
            if record[slot].standing == .condemned, let digest = mark.digest { record.refuse(digest) }
        }
        return [.tell("torn: \(why); safe mode, and the slots are as their marks say")]
    }

    /// Counts a boot that was not counted before, and judges what was on trial when the one before ended.
    private mutating func counted(_ start: GuardStart) -> [GuardAction] {
        let isFirst = record.bootCount == 0 && record.hasEnded
        let isClean = record.hasEnded
        let wasRunning = record.running != nil
        record.bootID = start.bootID
        record.bootCount += 1
        record.wasClean = isClean
        record.hasEnded = false
        record.running = nil
        if !isClean { record.uncleanBoots = min(record.uncleanBoots + 1, GuardLimit.uncleanBootsToObserve) }
        var actions: [GuardAction] = []
        if let trial = record.trial, record[trial].standing == .trying, !isClean || wasRunning {
            actions += condemned(trial, because: isClean ? "its agent did not end as told" : "the boot did not end")
        }
        if isFirst, start.journal != .absent {
            // An agent without a guard wrote it; how its boot ended is not known, and it judges that itself.
            actions.append(.tell("first boot with a guard"))
        } else {
            actions += judged(start.journal, isClean: isClean)
        }
        if record.uncleanBoots >= GuardLimit.uncleanBootsToObserve {
            stepDown(to: .observe)
        } else if record.uncleanBoots >= GuardLimit.uncleanBootsToSafe {
            stepDown(to: .safe)
        }
        return actions
    }

    /// Reverts a trial that was not ended in good order. What is torn is never trusted.
    private mutating func judged(_ journal: JournalReading, isClean: Bool) -> [GuardAction] {
        switch journal {
        case .absent: return []
        case .whole(let header):
            guard header.stage == .trial, let digest = header.digest, !(header.isStopped && isClean) else { return [] }
            record.reverted = digest
            revertedAtBoot = digest.text
            return [.tell("reverted \(digest.text): the boot on its trial did not end in good order")]
        case .torn(let why):
            record.isSweepDue = true
            revertedAtBoot = "unproven"
            return [.tell("torn journal: \(why); every pack without a mark is taken away")]
        }
    }

    /// Lowers the mode as far as `mode`, never raises it.
    private mutating func stepDown(to mode: GuardMode) {
        guard record.mode.rawValue < mode.rawValue else { return }
        record.mode = mode
        record.actionsUsed = min(record.actionsUsed + 1, GuardLimit.actionsMax)
    }

    /// Sees to it that the slot in force has a build that may run. A folder that is missing now may be mounted later, so
    /// what is known of a slot outlives it.
    private mutating func grounded(on start: GuardStart) -> [GuardAction] {
        let isVirgin = BuildSlot.allCases.allSatisfy { record[$0].standing == .empty && start[$0].mark == nil }
        if isVirgin {
            // The first installation: somebody chose it, and there is nothing else to stand on.
            for slot in BuildSlot.allCases where start[slot].hasBuild { record[slot] = SlotState(.proven) }
        }
        let other = record.force.other
        guard !(start[record.force].hasBuild && record[record.force].standing == .proven) else { return [] }
        guard start[other].hasBuild, record[other].standing == .proven else {
            return [.tell("no slot holds a proven build")]
        }
        record.force = other
        // What was to be tried lies where there is nothing to fall back from any more.
        if record.trial == other { record.trial = nil }
        return [.tell("slot \(other.word) is in force: the other holds nothing proven")]
    }
}
