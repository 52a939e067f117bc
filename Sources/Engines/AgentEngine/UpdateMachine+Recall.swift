import FleetModel

extension UpdateMachine {
    /// Takes away what was recalled, wherever it stands, and remembers it.
    mutating func recall(_ recalls: [RecalledRelease], revision: UInt64, at now: Moment) -> [UpdateAction] {
        let known = Set(recalled)
        recalled.insert(contentsOf: recalls.filter { !known.contains($0) }.prefix(UpdateLimit.recalledKept), at: 0)
        recalled.removeLast(max(0, recalled.count - UpdateLimit.recalledKept))
        recallRevision = max(recallRevision, revision)
        // Generations first: a trial that ends here must not fall back to one of them.
        return dropRecalledGenerations(at: now) + dropRecalledAttempt(at: now)
    }

    private func recall(of pinned: PinnedRelease) -> Failing? {
        guard let recall = recalled.first(where: { $0.covers(pinned) }) else { return nil }
        return Failing(kind: nil, code: "update.recalled", message: "recalled: \(recall.reason)")
    }

    private mutating func dropRecalledAttempt(at now: Moment) -> [UpdateAction] {
        guard let pinned = state.attempt?.pinned, let failing = recall(of: pinned) else { return [] }
        switch state {
        case .dormant, .idle: return []
        case .downloading: return refuse(pinned, code: failing.code, message: failing.message, at: now)
        case .staged:
            return [.drop(pinned.digest)] + refuse(pinned, code: failing.code, message: failing.message, at: now)
        case .shadow: return endShadow(failing, at: now)
        case .trial: return endTrial(failing, at: now)
        }
    }

    private mutating func dropRecalledGenerations(at now: Moment) -> [UpdateAction] {
        let gone = shelf.compactMap { generation in recall(of: generation.pinned).map { (generation.pinned, $0) } }
        guard !gone.isEmpty else { return [] }
        let digests = Set(gone.map(\.0.digest))
        shelf.removeAll { digests.contains($0.pinned.digest) }
        foothold.record.failed.removeAll { digests.contains($0) }
        var actions: [UpdateAction] = []
        if let generation = foothold.record.generation, digests.contains(generation.digest) {
            let next = shelf.first { !foothold.record.failed.contains($0.pinned.digest) }?.pinned
            let action = stand(on: next)
            if next == nil, !shelf.isEmpty { foothold.cooldown = UpdateLimit.cooldown }
            // On trial the active worker runs the trial; the foothold is where it would fall back to.
            if !isOnTrial { actions.append(action) }
        }
        for (pinned, failing) in gone {
            actions.append(.drop(pinned.digest))
            actions.append(settle(pinned, .reverted, failing, at: now))
        }
        return actions
    }
}
