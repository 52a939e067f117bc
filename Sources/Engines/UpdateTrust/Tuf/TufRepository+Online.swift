import CanonicalCoding
package import FleetModel

// What the control plane signs by itself: recalls, and what must not expire.

/// How long before its end a role is signed anew.
package enum TufMargin {
    /// Half of its life: a timer that misses a turn has more of them.
    package static let timestamp = Moment.Span.hours(12)
    package static let snapshot = Moment.Span.hours(2 * 24)
    package static let recalls = Moment.Span.hours(30 * 24)
}

extension TufRepository {
    /// The role that takes releases away.
    package static let recallsRole = "recalls"
    /// The role's paths: no vendor's pack can be named so.
    package static let recallsPath = "recalls/*"

    /// Where the recall of a release is found.
    ///
    /// - Parameter digest: SHA-256 of the pack.
    package static func recallPath(of digest: Digest) -> String { "\(recallsRole)/\(digest.text).json" }

    /// What a recall says: the target's bytes.
    package static func recallStatement(of digest: Digest, reason: String, at now: Moment) throws(TufError) -> [UInt8] {
        let value: JSONValue = [
            "kind": "recall", "digest": .string(digest.text), "reason": .string(reason),
            "recalled": .string(now.rfc3339),
        ]
        do throws(JSONError) {
            return try CanonicalJSON.encode(value)
        } catch {
            throw TufError(error, subject: recallPath(of: digest))
        }
    }

    /// Signs the first, empty list of recalls, where the targets delegate them and none was signed yet.
    package mutating func beginRecalls(by signer: some TufSigner, at now: Moment) throws(TufError) {
        guard targets.delegations?.role(named: Self.recallsRole) != nil, vendors[Self.recallsRole] == nil else {
            return
        }
        try requireRecaller(signer.key)
        try sign(Self.recallsRole, by: signer, at: now)
    }

    /// Recalls a release, for good. ``publish(snapshot:timestamp:at:)`` makes it visible.
    ///
    /// - Returns: The target that `statement` is to be served as; nil when the release was recalled already.
    package mutating func recall(_ digest: Digest, statement: [UInt8], by signer: some TufSigner, at now: Moment)
        throws(TufError) -> TufTarget?
    {
        try requireRecaller(signer.key)
        let path = Self.recallPath(of: digest)
        guard vendors[Self.recallsRole]?.targets[path] == nil else { return nil }
        let target = TufTarget(path: path, describing: statement)
        try sign(Self.recallsRole, adding: [target], by: signer, at: now)
        return target
    }

    /// Signs anew what would expire soon, or has.
    ///
    /// - Returns: Whether anything was signed.
    package mutating func renew<Signer: TufSigner>(
        snapshot: Signer, timestamp other: Signer, recalls: Signer? = nil, at now: Moment
    ) throws(TufError) -> Bool {
        var isChanged = false
        if let recalls, let role = vendors[Self.recallsRole], role.head.expires < now + TufMargin.recalls {
            try requireRecaller(recalls.key)
            try sign(Self.recallsRole, by: recalls, at: now)
            isChanged = true
        }
        if isChanged || self.snapshot.head.expires < now + TufMargin.snapshot {
            try publish(snapshot: snapshot, timestamp: other, at: now)
            return true
        }
        guard timestamp.head.expires < now + TufMargin.timestamp else { return false }
        try publish(timestamp.snapshot, by: other, at: now)
        return true
    }

    private func requireRecaller(_ key: TufKey) throws(TufError) {
        guard let role = targets.delegations?.role(named: Self.recallsRole) else {
            throw TufError(.roleUnknown, subject: Self.recallsRole, message: "the targets delegate no recalls")
        }
        guard role.keyIDs.contains(key.id), role.threshold == 1 else {
            throw TufError(.keyUnknown, subject: Self.recallsRole, message: "\(key.id) is not its key")
        }
    }
}
