/// New builds and remedies.
extension GuardMachine {
    /// The objection to a build that was condemned here.
    package static var failedBefore: PlainText { "this build failed here before; build another" }

    /// Why a build with this digest may not be staged now; nil when it may.
    package func objection(to digest: DigestText) -> PlainText? {
        if record.refuses(digest) { return Self.failedBefore }
        if let trial = record.trial, record[trial].standing == .trying {
            return "the build in slot \(trial.word) is on trial; wait until it is proven or condemned"
        }
        return nil
    }

    /// The slot for staging holds nothing from here on, until the copy is whole.
    mutating func stagingBegan() -> [GuardAction] {
        let slot = record.stagingSlot
        record[slot] = .empty
        if record.trial == slot { record.trial = nil }
        return [.mark(slot, .empty)]
    }

    mutating func staged(_ digest: DigestText) -> [GuardAction] {
        guard objection(to: digest) == nil else { return [] }
        let slot = record.stagingSlot
        record[slot] = SlotState(.staged, digest)
        record.trial = slot
        record.trialStarts = 0
        return [.mark(slot, record[slot]), .tell("build \(digest.text) is staged in slot \(slot.word)")]
    }

    /// Another process of the guard has written the record.
    mutating func looked(at now: UInt64, isRestartWanted: Bool) -> [GuardAction] {
        switch agent {
        case .none: return []
        case .waiting(let until):
            // What has changed may be the cure.
            if isRestartWanted, until > now { agent = .waiting(until: now) }
            return []
        case .running(let run):
            let isOther = record.trial != run.slot && record.force != run.slot
            guard isRestartWanted || isOther, run.ending == nil else { return [] }
            return [.tell("the agent is started anew: the record was changed")] + ending(.change, [.endAgent], at: now)
        }
    }

    /// Does what a remedy orders. What it installs comes as staging.
    mutating func applied(_ plan: RemedyPlan, at now: UInt64) -> [GuardAction] {
        // Given again since its guard was killed between the record and the act: the act is harmless twice.
        guard !record.hasApplied(plan.id) else { return cutOffActs }
        record.remember(remedy: plan.id)
        var actions: [GuardAction] = [.tell("remedy \(plan.id)")]
        for action in plan.actions {
            actions.append(.tell("remedy \(plan.id): \(action.line)"))
            switch action {
            case .revert(let digest):
                record.reverted = digest
                actions.append(.condemn(digest))
            case .leaveSafeMode:
                record.mode = .normal
                record.uncleanBoots = 0
                record.deaths = 0
                record.actionsUsed = 0
                record.hasSwitched = false
            case .observe: record.mode = .observe
            case .useSlot(let slot): actions += used(slot)
            case .installBuild: break
            case .forgetAttempt:
                if let trial = record.trial { actions += condemned(trial, because: "a remedy says so") }
                record.isSweepDue = true
                actions.append(.condemnUnproven)
            }
        }
        return actions + looked(at: now, isRestartWanted: true)
    }

    /// The build on trial goes, or else the one in force, where the other one has proven itself. Without a proven build
    /// to go back to nothing is changed: a build that was recalled protects more than none.
    mutating func buildRecalled() -> [GuardAction] {
        if let trial = record.trial { return condemned(trial, because: "it was recalled") }
        let recalled = record.force
        guard record[recalled.other].standing == .proven else {
            return [.tell("the build in slot \(recalled.word) was recalled, and there is no other to go back to")]
        }
        record.force = recalled.other
        record.deaths = 0
        return condemned(recalled, because: "it was recalled")
    }

    private mutating func used(_ slot: BuildSlot) -> [GuardAction] {
        switch record[slot].standing {
        case .proven:
            var actions: [GuardAction] = []
            if let trial = record.trial, trial != slot, record[trial].standing == .trying {
                actions = condemned(trial, because: "a remedy chose the other slot")
            } else {
                record.trial = nil
            }
            record.force = slot
            record.deaths = 0
            return actions
        case .staged where slot != record.force:
            record.trial = slot
            record.trialStarts = 0
            return []
        case .trying: return []
        case .staged, .empty, .condemned:
            return [.tell("slot \(slot.word) is \(record[slot].standing.word): it may not be used")]
        }
    }

    /// Without a record nothing is tried: a build that takes the host down would be tried at each boot.
    mutating func recordUnwritable(at now: UInt64) -> [GuardAction] {
        guard case .running(let run) = agent, run.isTrial, record.trialStarts > 0 else { return [] }
        record.trialStarts -= 1
        record[run.slot].standing = .staged
        record.trial = nil
        agent = .none
        return start(at: now)
    }
}
