import FleetModel

// What the journal and the generation store say at a start.
extension UpdateMachine {
    /// Takes up what an earlier run left. Only proven generations are believed to be good.
    mutating func start(_ start: AgentStart, at now: Moment) -> [UpdateAction] {
        bootID = start.bootID
        jitterSeed = start.jitterSeed
        protections = start.protections
        state = .idle
        let found = start.found.sorted { ($0.mark?.commitNumber ?? 0) > ($1.mark?.commitNumber ?? 0) }
        switch start.journal {
        case .intact(let journal) where journal.isSound:
            return resume(journal, found: found, under: start.guardWord, at: now)
        case .intact: return rebuild(found, because: "the journal contradicts itself", under: start.guardWord, at: now)
        case .damaged(let why): return rebuild(found, because: why, under: start.guardWord, at: now)
        case .absent:
            // Packs without a journal: it was lost, and that is no better than torn.
            return found.isEmpty
                ? [.protect(nil)] : rebuild(found, because: "the journal is gone", under: start.guardWord, at: now)
        }
    }

    /// Lowers the mode to the guard's and stands where that leads to; to be called when the shelf is known.
    private mutating func settleFooting(under guardWord: GuardWord) {
        let mode = max(foothold.record.mode, guardWord.mode)
        // With nothing proven there is nothing to be careful with.
        guard !shelf.isEmpty, mode != .normal else {
            foothold.record.mode = .normal
            return
        }
        foothold.record.mode = mode
        _ = stand(on: footing)
    }

    /// Without a journal the marks beside the packs say what is proven. Every other pack was being tried when the
    /// journal was lost, and so has failed.
    private mutating func rebuild(
        _ found: [FoundGeneration], because why: String, under guardWord: GuardWord, at now: Moment
    ) -> [UpdateAction] {
        shelf = Array(found.compactMap(\.mark).prefix(UpdateLimit.provenKept))
        commitCount = shelf.first?.commitNumber ?? 0
        foothold = Foothold(record: .init(generation: shelf.first?.pinned))
        settleFooting(under: guardWord)
        let kept = Set(shelf.map(\.pinned.digest))
        var actions: [UpdateAction] = [.protect(foothold.record.generation)]
        for stranger in found where !kept.contains(stranger.pinned.digest) {
            actions.append(.drop(stranger.pinned.digest))
            if stranger.mark == nil {
                let failing = Failing(
                    kind: .crash, code: "update.journal_lost", message: "\(why); what was not proven was taken away")
                actions.append(settle(stranger.pinned, .reverted, failing, at: now))
            }
        }
        return actions
    }

    private mutating func resume(
        _ journal: UpdateJournal, found: [FoundGeneration], under guardWord: GuardWord, at now: Moment
    ) -> [UpdateAction] {
        let intact = Set(found.map(\.pinned.digest))
        settled = journal.settled
        recalled = journal.recalled
        recallRevision = journal.recallRevision
        commitCount = journal.commitCount
        let candidate = journal.attempt?.offer.pinned.digest
        // By its mark a generation comes back that an earlier start could not read and left out of its journal.
        let known = Set(journal.proven.map(\.pinned.digest))
        let returning = found.compactMap(\.mark).filter {
            !known.contains($0.pinned.digest) && $0.pinned.digest != candidate && $0.commitNumber <= commitCount
        }
        let standing = (journal.proven.filter { intact.contains($0.pinned.digest) } + returning).filter { generation in
            !recalled.contains { $0.covers(generation.pinned) }
        }
        shelf = Array(standing.sorted { $0.commitNumber > $1.commitNumber }.prefix(UpdateLimit.provenKept))
        let proven = Set(shelf.map(\.pinned.digest))
        foothold = Foothold(record: journal.foothold)
        foothold.record.fallen.removeAll { !proven.contains($0.digest) }
        let isBack = returning.contains { proven.contains($0.pinned.digest) }
        if isBack || foothold.record.generation.map({ !proven.contains($0.digest) }) ?? true {
            // Nothing in force, or no longer there, or something is there again: a start is a fresh try of what is proven.
            let record = foothold.record
            foothold = Foothold(
                record: .init(
                    generation: shelf.first?.pinned, fallen: record.mode == .observe ? record.fallen : [],
                    mode: record.mode, climbs: record.climbs))
        }
        settleFooting(under: guardWord)
        var actions: [UpdateAction] = []
        for stranger in found where !proven.contains(stranger.pinned.digest) && stranger.pinned.digest != candidate {
            actions.append(.drop(stranger.pinned.digest))
        }
        // A commit whose mark did not get written: write it again, it changes nothing where it is there.
        let marked = Set(found.filter { $0.mark != nil }.map(\.pinned.digest))
        for generation in shelf where !marked.contains(generation.pinned.digest) { actions.append(.commit(generation)) }
        guard let attempt = journal.attempt else { return [.protect(foothold.record.generation)] + actions }
        return resume(
            attempt, isIntact: intact.contains(attempt.offer.pinned.digest),
            // A host that was shut down in order, by the guard's own mark, is as if it had not been.
            isCleanBoot: journal.bootID == bootID || guardWord.lastBoot == .clean, at: now)
            + actions
    }

    private mutating func resume(_ record: UpdateJournal.Attempt, isIntact: Bool, isCleanBoot: Bool, at now: Moment)
        -> [UpdateAction]
    {
        var attempt = UpdateState.Attempt(
            offer: record.offer, interruptions: record.interruptions, enteredAt: record.enteredAt)
        if record.stage == .trial, !protections.revert, isIntact {
            state = .trial(.init(watch: .init(attempt: attempt)))
            return [.swapIn(attempt.pinned)]
        }
        let protect = UpdateAction.protect(foothold.record.generation)
        attempt.interruptions += 1
        let isTried = record.stage == .shadow || record.stage == .trial
        let isStopped = record.isStoppedCleanly && isCleanBoot
        guard record.stage != .trial || isStopped, attempt.interruptions <= UpdateLimit.interruptionsMax else {
            let failing = Failing(
                kind: isTried ? .crash : nil, code: "update.interrupted",
                message: "the agent or the host ended while it was \(record.stage.rawValue); it was taken away")
            return [
                protect, .drop(attempt.pinned.digest),
                settle(attempt.pinned, isTried ? .reverted : .refused, failing, at: now),
            ]
        }
        // The next input sends it on its way: a start only ever retreats.
        if isIntact, record.stage != .downloading {
            state = .staged(.init(attempt: attempt))
        } else {
            state = .downloading(.init(attempt: attempt, step: .waiting(.zero), tries: 1))
        }
        return [protect]
    }
}
