package import FleetModel

/// The metadata that a client has verified, one file after the other: the detailed client workflow of TUF clause 5
/// without its fetching.
///
/// A method that throws has changed nothing, but for one thing that the specification wants: a timestamp or snapshot that
/// was well signed and is too old to be used is still remembered, for what came before it must not come again.
package struct TrustedMetadata: Equatable, Sendable {
    package private(set) var root: TufRoot
    package private(set) var timestamp: TufTimestamp?
    package private(set) var snapshot: TufSnapshot?
    /// By role: `targets` and the delegated ones.
    package private(set) var targets: [String: TufTargets] = [:]
    /// By role: the roles by whose delegation its metadata was verified.
    private var delegators: [String: Set<String>] = [:]

    /// Begins with the root that came with the installation (TUF 5.2): it must be signed by its own keys.
    package init(trustedRoot bytes: [UInt8]) throws(TufError) {
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.rootBytesMax, subject: "root")
        root = try TufRoot(reading: envelope)
        try root.verify(envelope, as: "root")
    }

    /// Takes the next root (TUF 5.3.4, 5.3.5).
    package mutating func take(root bytes: [UInt8]) throws(TufError) {
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.rootBytesMax, subject: "root")
        let new = try TufRoot(reading: envelope)
        // TUF 5.3.4: a threshold of the old root's keys and of the new one's.
        try root.verify(envelope, as: "root")
        try new.verify(envelope, as: "root")
        // TUF 5.3.5: exactly the next version; neither a rollback nor a gap.
        guard new.head.version == root.head.version + 1 else {
            throw TufError(
                .versionMismatch, subject: "root",
                message: "it is version \(new.head.version), and \(root.head.version) must be followed by the next")
        }
        root = new
    }

    /// Requires that the newest root is still good (TUF 5.3.10): asked once, when there is no newer one. A root on the
    /// way to it may have expired.
    package func requireFreshRoot(at now: Moment) throws(TufError) {
        try root.head.requireFresh(at: now, subject: "root")
    }

    /// Takes a timestamp.
    ///
    /// - Returns: Whether it is new. One of the version in hand is passed over whatever it says (TUF 5.4.3.1).
    package mutating func take(timestamp bytes: [UInt8], at now: Moment) throws(TufError) -> Bool {
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.timestampBytesMax, subject: "timestamp")
        let new = try TufTimestamp(reading: envelope)
        // TUF 5.4.2.
        try root.verify(envelope, as: "timestamp")
        if let old = timestamp {
            // TUF 5.4.3.1.
            guard new.head.version >= old.head.version else {
                throw TufError(
                    .rollback, subject: "timestamp",
                    message: "it is version \(new.head.version), and \(old.head.version) was seen")
            }
            if new.head.version == old.head.version { return false }
            // TUF 5.4.3.2.
            guard new.snapshot.version >= old.snapshot.version else {
                throw TufError(
                    .rollback, subject: "timestamp",
                    message: "it names snapshot \(new.snapshot.version), and \(old.snapshot.version) was seen")
            }
        }
        timestamp = new
        // TUF 5.4.4.
        try new.head.requireFresh(at: now, subject: "timestamp")
        return true
    }

    /// The timestamp in hand, when it may be used.
    private func freshTimestamp(at now: Moment) throws(TufError) -> TufTimestamp {
        guard let timestamp else {
            throw TufError(.roleMissing, subject: "timestamp", message: "there is no verified timestamp yet")
        }
        try timestamp.head.requireFresh(at: now, subject: "timestamp")
        return timestamp
    }

    /// Requires that the timestamp in hand may be used: one that was seen before can have expired since.
    package func requireFreshTimestamp(at now: Moment) throws(TufError) { _ = try freshTimestamp(at: now) }

    /// Takes a snapshot.
    ///
    /// - Parameter isOwn: Whether it was verified in an earlier run and lies in the client's own folder: then its digest
    ///   was compared at that time, and the newest timestamp may state another one.
    package mutating func take(snapshot bytes: [UInt8], isOwn: Bool, at now: Moment) throws(TufError) {
        let state = try freshTimestamp(at: now).snapshot
        // TUF 5.5.2.
        if !isOwn { try state.require(bytes, subject: "snapshot") }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.metadataBytesMax, subject: "snapshot")
        let new = try TufSnapshot(reading: envelope)
        // TUF 5.5.3.
        try root.verify(envelope, as: "snapshot")
        if let old = snapshot {
            // TUF 5.5.5: what was listed stays listed, at no older version.
            for (name, before) in old.files {
                guard let after = new.files[name] else {
                    throw TufError(.roleMissing, subject: "snapshot", message: "\(name.prefix(80)) is no longer listed")
                }
                guard after.version >= before.version else {
                    throw TufError(
                        .rollback, subject: "snapshot",
                        message: "\(name.prefix(80)) is at \(after.version), and \(before.version) was seen")
                }
            }
        }
        if isOwn { snapshot = new }
        // TUF 5.5.4 and 5.5.6.
        try Self.require(new, is: state, at: now)
        snapshot = new
    }

    private static func require(_ snapshot: TufSnapshot, is state: TufFileState, at now: Moment) throws(TufError) {
        guard snapshot.head.version == state.version else {
            throw TufError(
                .versionMismatch, subject: "snapshot",
                message: "it is version \(snapshot.head.version), and the timestamp names \(state.version)")
        }
        try snapshot.head.requireFresh(at: now, subject: "snapshot")
    }

    /// What the snapshot says of a targets role.
    ///
    /// - Throws: ``TufError`` `.roleMissing` when it does not list it (TUF 5.6.2).
    package func state(of role: String) throws(TufError) -> TufFileState {
        guard let state = snapshot?.files["\(role).json"] else {
            throw TufError(.roleMissing, subject: role, message: "the snapshot does not list it")
        }
        return state
    }

    /// Takes the metadata of a targets role, delegated to by `parent` (by the root when `role` is `targets`).
    package mutating func take(targets bytes: [UInt8], role: String, parent: String, at now: Moment) throws(TufError) {
        let state = try state(of: role)
        // TUF 5.6.2.
        try state.require(bytes, subject: role)
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.metadataBytesMax, subject: role)
        // TUF 5.6.3.
        try verify(envelope, role: role, parent: parent)
        let new = try TufTargets(reading: envelope, role: role)
        // TUF 5.6.4.
        guard new.head.version == state.version else {
            throw TufError(
                .versionMismatch, subject: role,
                message: "it is version \(new.head.version), and the snapshot names \(state.version)")
        }
        // TUF 5.6.5.
        try new.head.requireFresh(at: now, subject: role)
        targets[role] = new
        delegators[role, default: []].insert(parent)
    }

    /// Forgets what every targets role says: a newer snapshot may name others of them.
    mutating func forgetTargets() {
        targets = [:]
        delegators = [:]
    }

    /// The metadata of a role, when it was verified by the keys that `parent` names for it.
    package func targets(of role: String, delegatedBy parent: String) -> TufTargets? {
        delegators[role]?.contains(parent) == true ? targets[role] : nil
    }

    private func verify(_ envelope: TufEnvelope, role: String, parent: String) throws(TufError) {
        guard role != "targets" else { return try root.verify(envelope, as: role) }
        guard let delegations = targets[parent]?.delegations, let keys = delegations.role(named: role) else {
            throw TufError(.roleMissing, subject: role, message: "\(parent) delegates to no such role")
        }
        try envelope.verify(by: keys, keys: delegations.keys)
    }
}
