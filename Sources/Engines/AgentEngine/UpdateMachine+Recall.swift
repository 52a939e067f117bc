import FleetModel

extension UpdateMachine {
    /// Takes away what was recalled, wherever it stands, and remembers the newest.
    ///
    /// - Parameters:
    ///   - recalls: The control plane's list, the newest last. What is remembered and not on it stays.
    ///   - revision: Of that list, and kept as it is given: a control plane that lost its database, or got it back
    ///     from a backup, counts from less than before and is heard all the same. Nil leaves it as it is.
    mutating func recall(_ recalls: [RecalledRelease], revision: UInt64?, at now: Moment) -> [UpdateAction] {
        let given = Set(recalls)
        recalled = recalls.reversed() + recalled.filter { !given.contains($0) }
        if let revision { recallRevision = revision }
        // Generations first: a trial that ends here must not fall back to one of them. And all of the list is acted on
        // before what is beyond the bound is forgotten.
        let actions = dropRecalledGenerations(at: now) + dropRecalledAttempt(at: now)
        recalled.removeLast(max(0, recalled.count - UpdateLimit.recalledKept))
        return actions
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
        if shelf.isEmpty {
            // With nothing proven left there is nothing to be careful with: the next release is the way out.
            foothold.record.mode = .normal
            foothold.cooldown = nil
        }
        foothold.record.fallen.removeAll { digests.contains($0.digest) }
        var actions: [UpdateAction] = []
        if let generation = foothold.record.generation, digests.contains(generation.digest) {
            if footing == nil, !shelf.isEmpty { foothold.record.mode = .observe }
            let action = stand(on: footing)
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
