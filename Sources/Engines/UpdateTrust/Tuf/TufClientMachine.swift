package import FleetModel

/// What a client does next, decided from what it has got so far: the order of TUF clause 5, as a value.
///
/// The driver stores ``TufStep/stored`` first, then answers ``TufStep/request``, until there is none. A thrown error ends
/// the run; what was stored before it was verified, and stays.
package struct TufClientMachine: Sendable {
    private enum State: Equatable {
        /// Nothing is asked for: before the refresh, between two searches, and after an error.
        case idle
        case root(version: Int64, followed: Int)
        case ownTimestamp
        case timestamp
        case ownSnapshot
        case snapshot
        case ownTargets(role: String, parent: String)
        case targets(role: String, parent: String)
    }

    package private(set) var trusted: TrustedMetadata
    private var state = State.idle
    private var isRefreshed = false
    private var search: TargetSearch?
    /// The latest search's result; nil before it is over, and when nobody who may speak for the path lists it.
    package private(set) var found: FoundTarget?
    /// Why the latest search found nothing.
    package private(set) var missing: TufError?

    /// - Parameter root: The newest root that the client has stored, or the one it was installed with.
    package init(root: [UInt8]) throws(TufError) { trusted = try TrustedMetadata(trustedRoot: root) }

    // MARK: Refresh

    /// Begins a refresh (TUF 5.3 to 5.6): with the root after the one in hand.
    package mutating func refresh() -> TufStep {
        isRefreshed = false
        search = nil
        found = nil
        missing = nil
        trusted.forgetTargets()
        state = .root(version: trusted.root.head.version + 1, followed: 0)
        return step()
    }

    /// Begins the search for a target (TUF 5.6.7). To be called after a refresh.
    package mutating func find(_ path: String, at now: Moment) throws(TufError) -> TufStep {
        guard isRefreshed else {
            throw TufError(.targetMissing, subject: path, message: "the metadata was not refreshed")
        }
        found = nil
        missing = nil
        search = TargetSearch(path: path)
        return try advance(at: now)
    }

    /// Takes what the last request brought.
    package mutating func take(_ reply: TufReply, at now: Moment) throws(TufError) -> TufStep {
        let asked = state
        state = .idle
        switch asked {
        case .idle: return TufStep()
        case .root(let version, let followed):
            return try took(root: reply, version: version, followed: followed, at: now)
        case .ownTimestamp:
            // What lies there may be from before a change of keys (TUF 5.3.11), torn or expired: it is then fetched anew.
            if case .bytes(let bytes) = reply { _ = try? trusted.take(timestamp: bytes, at: now) }
            state = .timestamp
            return step()
        case .timestamp: return try took(timestamp: reply, at: now)
        case .ownSnapshot:
            if case .bytes(let bytes) = reply, (try? trusted.take(snapshot: bytes, isOwn: true, at: now)) != nil {
                return wantTargets("targets", parent: "root")
            }
            state = .snapshot
            return step()
        case .snapshot:
            let bytes = try reply.required("snapshot.json")
            try trusted.take(snapshot: bytes, isOwn: false, at: now)
            return wantTargets("targets", parent: "root").storing("snapshot", bytes)
        case .ownTargets(let role, let parent):
            if case .bytes(let bytes) = reply,
                (try? trusted.take(targets: bytes, role: role, parent: parent, at: now)) != nil
            {
                return try arrived(at: now)
            }
            _ = try trusted.state(of: role)
            state = .targets(role: role, parent: parent)
            return step()
        case .targets(let role, let parent):
            let bytes = try reply.required("\(role).json")
            try trusted.take(targets: bytes, role: role, parent: parent, at: now)
            return try arrived(at: now).storing(role, bytes)
        }
    }

    private mutating func took(root reply: TufReply, version: Int64, followed: Int, at now: Moment) throws(TufError)
        -> TufStep
    {
        guard case .bytes(let bytes) = reply else {
            // TUF 5.3.9: there is no newer one.
            try trusted.requireFreshRoot(at: now)
            state = .ownTimestamp
            return step()
        }
        try trusted.take(root: bytes)
        if followed + 1 == TufLimits.rootRotationsMax {
            try trusted.requireFreshRoot(at: now)
            state = .ownTimestamp
        } else {
            state = .root(version: version + 1, followed: followed + 1)
        }
        return step().storing("root", bytes)
    }

    private mutating func took(timestamp reply: TufReply, at now: Moment) throws(TufError) -> TufStep {
        let bytes = try reply.required("timestamp.json")
        let isNew = try trusted.take(timestamp: bytes, at: now)
        try trusted.requireFreshTimestamp(at: now)
        state = .ownSnapshot
        return isNew ? step().storing("timestamp", bytes) : step()
    }

    private mutating func wantTargets(_ role: String, parent: String) -> TufStep {
        state = .ownTargets(role: role, parent: parent)
        return step()
    }

    /// A targets role is there: the refresh is over, or the search goes on in it.
    private mutating func arrived(at now: Moment) throws(TufError) -> TufStep {
        guard search != nil else {
            isRefreshed = true
            return TufStep()
        }
        return try advance(at: now)
    }

    // MARK: Search

    /// Walks the delegations depth first until a role lists the path, is missing here, or none is left (TUF 5.6.7).
    private mutating func advance(at now: Moment) throws(TufError) -> TufStep {
        guard var walk = search else { return TufStep() }
        while let visit = walk.next() {
            // A role that another delegates to as well was verified by that one's keys, which say nothing here.
            guard let metadata = trusted.targets(of: visit.role, delegatedBy: visit.parent) else {
                walk.putBack(visit)
                search = walk
                return wantTargets(visit.role, parent: visit.parent)
            }
            try metadata.head.requireFresh(at: now, subject: visit.role)
            if let target = metadata.targets[walk.path] {
                search = nil
                found = FoundTarget(target: target, role: visit.role, parent: visit.parent)
                return TufStep()
            }
            walk.enter(visit, metadata.delegations)
        }
        search = nil
        missing = TufError(
            .targetMissing, subject: walk.path,
            message: walk.isExhausted
                ? "no role lists it, and \(TufLimits.delegationsMax) were asked"
                : "no role that may speak for it lists it")
        return TufStep()
    }

    // MARK: Requests

    private func step() -> TufStep {
        let isConsistent = trusted.root.isConsistentSnapshot
        func versioned(_ role: String, _ version: Int64) -> String {
            isConsistent ? "\(version).\(role.percentEncoded).json" : "\(role.percentEncoded).json"
        }
        switch state {
        case .idle: return TufStep()
        case .root(let version, _):
            return TufStep(request: .fetch("\(version).root.json", bytesMax: TufLimits.rootBytesMax, mayBeAbsent: true))
        case .ownTimestamp:
            return TufStep(request: .own("timestamp.json", bytesMax: TufLimits.timestampBytesMax))
        case .timestamp:
            return TufStep(
                request: .fetch("timestamp.json", bytesMax: TufLimits.timestampBytesMax, mayBeAbsent: false))
        case .ownSnapshot:
            // Not the new one's length: the old one must be heard also when it is the longer (TUF 5.5.5).
            return TufStep(request: .own("snapshot.json", bytesMax: TufLimits.metadataBytesMax))
        case .snapshot:
            return TufStep(
                request: .fetch(
                    versioned("snapshot", trusted.timestamp?.snapshot.version ?? 1), bytesMax: snapshotBytesMax,
                    mayBeAbsent: false))
        case .ownTargets(let role, _):
            return TufStep(request: .own("\(role.percentEncoded).json", bytesMax: targetsBytesMax(role)))
        case .targets(let role, _):
            let version = trusted.snapshot?.files["\(role).json"]?.version ?? 1
            return TufStep(
                request: .fetch(versioned(role, version), bytesMax: targetsBytesMax(role), mayBeAbsent: false))
        }
    }

    private var snapshotBytesMax: Int {
        TufStep.bound(trusted.timestamp?.snapshot.length, else: TufLimits.snapshotBytesMax)
    }

    private func targetsBytesMax(_ role: String) -> Int {
        TufStep.bound(trusted.snapshot?.files["\(role).json"]?.length, else: TufLimits.targetsBytesMax)
    }
}
