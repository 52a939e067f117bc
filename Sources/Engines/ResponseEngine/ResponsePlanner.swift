package import FleetModel

/// Decides what is done about a match: what the rule asks for, when the policy allows it, nothing protected is hit and
/// the budget is not used up.
///
/// Pure but for its memory of the last hour, which the journal gives back after a restart.
///
/// Invariants: no plan acts on a protected subject; in no span of a minute or an hour are there more plans to act than
/// the policy allows; every plan to act carries a record with an id of its own.
package struct ResponsePlanner: Sendable {
    /// May change at any time; what has been done counts against the new numbers.
    package var policy: ResponsePolicy
    package var protected: ProtectedList
    /// The plans to act of the last hour, in order, at most `ResponsePolicy.perHourBound`.
    private var acts: [Act] = []
    /// Acts that were taken back in the last hour, each once.
    private var undone: [ResponseID: Act] = [:]
    /// Releases that a storm was told of, and that have asked for too much since.
    private var stormed: Set<ReleaseID> = []
    private var nextNumber: Int

    private struct Act: Sendable {
        var at: Moment
        var release: ReleaseID
        var action: ResponseAction
    }

    /// Undone acts that are remembered: more are told of as the storm that they are.
    private static let undoneCountMax = 256

    /// - Parameter journal: What is on disk: a restart gives nobody a new budget.
    package init(policy: ResponsePolicy, protected: ProtectedList, journal: [ResponseRecord], at now: Moment) {
        self.policy = policy
        self.protected = protected
        nextNumber = (journal.map(\.id.number).max() ?? 0) + 1
        let recent = journal.filter { now - $0.at < ResponsePolicy.hour }.sorted { $0.at < $1.at }
        acts = recent.suffix(ResponsePolicy.perHourBound).map { Act(at: $0.at, release: $0.release, action: $0.action) }
        settle(at: now)
    }

    /// The plan for one match.
    ///
    /// - Parameter now: When it is decided. A clock that was set back frees nothing: what was done later than now counts
    ///   as done now.
    package mutating func plan(_ request: ResponseRequest, at now: Moment) -> ResponsePlan {
        guard request.response.isDestructive else { return .alert }
        guard policy.allowed.contains(request.response) else { return .withheld(.notAllowed) }
        guard request.response.applies(to: request.kind) else { return .withheld(.notForThisEvent) }
        guard let action = action(of: request) else { return .withheld(.subjectUnknown) }
        if let reason = reason(against: action, request) { return .withheld(.protected(reason)) }
        if request.response == .deny, !request.isHeld { return .withheld(.notHeld) }
        settle(at: now)
        guard !acts.contains(where: { $0.action == action }) else { return .withheld(.alreadyAnswered) }
        guard hasBudget(at: now) else { return overBudget(request.release) }
        acts.append(Act(at: now, release: request.release, action: action))
        defer { nextNumber += 1 }
        return .act(
            ResponseRecord(
                id: ResponseID(number: nextNumber), at: now, release: request.release, rule: request.rule,
                action: action))
    }

    /// Takes notice that people took an action back: the surest word that it was wrong.
    ///
    /// - Returns: The release that has had too many taken back, the first time that it has.
    package mutating func tookBack(_ record: ResponseRecord, at now: Moment) -> ReleaseID? {
        settle(at: now)
        guard now - record.changedAt < ResponsePolicy.hour, undone[record.id] == nil,
            undone.count < Self.undoneCountMax
        else { return nil }
        undone[record.id] = Act(at: min(record.changedAt, now), release: record.release, action: record.action)
        let count = undone.values.count { $0.release == record.release }
        guard count >= policy.undonePerHourMax else { return nil }
        return stormed.insert(record.release).inserted ? record.release : nil
    }

    private func action(of request: ResponseRequest) -> ResponseAction? {
        switch request.response {
        case .alert: return nil
        case .deny, .kill:
            guard let process = request.process, process.processId > 0, SubjectPath.plain(process.image) != nil else {
                return nil
            }
            return request.response == .deny ? .deny(process) : .kill(process)
        case .quarantine:
            let file = request.kind == .fileEvent ? request.targetFile : request.process?.image
            guard let file, let path = SubjectPath.plain(file) else { return nil }
            return .quarantine(path: path, seenAt: request.seenAt)
        }
    }

    private func reason(against action: ResponseAction, _ request: ResponseRequest) -> String? {
        switch action {
        case .deny(let process):
            protected.reason(
                toAllow: process.image, by: process.processId, ancestorImages: request.ancestorImages)
        case .kill(let process):
            protected.reason(
                toSpare: process.processId, image: process.image, ancestorImages: request.ancestorImages)
        case .quarantine(let path, _): protected.reason(toKeep: path)
        }
    }

    private func hasBudget(at now: Moment) -> Bool {
        let lastMinute = acts.count { now - $0.at < ResponsePolicy.minute }
        return lastMinute < policy.perMinuteMax && acts.count < policy.perHourMax
    }

    /// A release is told of only when most of what was done was its own: the one that comes after a storm is not to be
    /// taken for it.
    private mutating func overBudget(_ release: ReleaseID) -> ResponsePlan {
        let own = acts.count { $0.release == release }
        guard own * 2 > acts.count, stormed.insert(release).inserted else { return .withheld(.budgetSpent) }
        return .storm(release)
    }

    /// Forgets what is older than an hour.
    private mutating func settle(at now: Moment) {
        for index in acts.indices where acts[index].at > now { acts[index].at = now }
        acts.removeAll { now - $0.at >= ResponsePolicy.hour }
        for (id, act) in undone {
            if act.at > now { undone[id]?.at = now }
            if now - act.at >= ResponsePolicy.hour { undone[id] = nil }
        }
        // A storm is over when nothing of the release is remembered; the next is told of anew.
        let remembered = Set(acts.map(\.release)).union(undone.values.map(\.release))
        stormed.formIntersection(remembered)
    }
}
