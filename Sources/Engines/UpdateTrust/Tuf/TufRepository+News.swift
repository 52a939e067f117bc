package import FleetModel

/// Metadata that people signed away from the repository, offline, and that is taken in one step.
package struct TufNews: Sendable {
    package var root: [UInt8]?
    package var targets: [UInt8]?
    /// By role.
    package var delegated: [String: [UInt8]]

    package init(root: [UInt8]? = nil, targets: [UInt8]? = nil, delegated: [String: [UInt8]] = [:]) {
        self.root = root
        self.targets = targets
        self.delegated = delegated
    }
}

extension TufRepository {
    /// Begins a repository with a root and targets that were signed elsewhere. ``publish(snapshot:timestamp:at:)`` then
    /// makes it visible.
    package init(first news: TufNews, at now: Moment) throws(TufError) {
        guard let rootBytes = news.root, let targetsBytes = news.targets else {
            throw TufError(.unavailable, subject: "first", message: "a first repository needs a root and targets")
        }
        let envelope = try TufEnvelope(reading: rootBytes, bytesMax: TufLimits.rootBytesMax, subject: "root")
        root = try TufRoot(reading: envelope)
        let list = try TufEnvelope(reading: targetsBytes, bytesMax: TufLimits.targetsBytesMax, subject: "targets")
        targets = try TufTargets(reading: list, role: "targets")
        vendors = [:]
        snapshot = TufSnapshot(head: TufHead(version: 0, expires: now), files: [:])
        timestamp = TufTimestamp(head: TufHead(version: 0, expires: now), snapshot: TufFileState(version: 1))
        try Self.requireNext(root.head, after: 0, role: "root", at: now)
        try Self.requireEnough(of: root, on: envelope, role: "root")
        try root.requireSound()
        keep(rootBytes, as: "root", version: 1)
        targets.head.version = 0
        try take(TufNews(targets: targetsBytes, delegated: news.delegated), at: now)
    }

    /// Takes what was signed elsewhere, all of it or nothing.
    ///
    /// A file that is in hand already, byte for byte, is passed over: a step that was interrupted is taken again.
    /// ``publish(snapshot:timestamp:at:)`` makes it visible.
    ///
    /// - Throws: ``TufError``; the repository is then as it was.
    package mutating func take(_ news: TufNews, at now: Moment) throws(TufError) {
        var next = self
        if let root = news.root { try next.take(root: root, at: now) }
        if let targets = news.targets { try next.take(targets: targets, at: now) }
        for (role, bytes) in news.delegated.sorted(by: { $0.key < $1.key }) {
            try next.take(bytes, of: role, at: now)
        }
        try next.requireSigned()
        self = next
    }

    /// Takes the next root: signed by enough keys of the old one and of its own (TUF 6.1).
    mutating func take(root bytes: [UInt8], at now: Moment) throws(TufError) {
        guard bytes != signed["root"] else { return }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.rootBytesMax, subject: "root")
        let new = try TufRoot(reading: envelope)
        try Self.requireNext(new.head, after: root.head.version, role: "root", at: now)
        try Self.requireEnough(of: root, on: envelope, role: "root")
        try Self.requireEnough(of: new, on: envelope, role: "root")
        try new.requireSound()
        root = new
        keep(bytes, as: "root", version: new.head.version)
    }

    private mutating func take(targets bytes: [UInt8], at now: Moment) throws(TufError) {
        guard bytes != signed["targets"] else { return }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: "targets")
        let new = try TufTargets(reading: envelope, role: "targets")
        try Self.requireNext(new.head, after: targets.head.version, role: "targets", at: now)
        try Self.requireEnough(of: root, on: envelope, role: "targets")
        try new.requireSound()
        targets = new
        let names = Set(new.delegations?.named.map(\.name) ?? [])
        for gone in vendors.keys where !names.contains(gone) {
            vendors[gone] = nil
            signed[gone] = nil
        }
        keep(bytes, as: "targets", version: new.head.version)
    }

    /// Takes a vendor's own metadata: signed by the keys of its delegation, the next version, and about its packs only.
    private mutating func take(_ bytes: [UInt8], of role: String, at now: Moment) throws(TufError) {
        guard bytes != signed[role] else { return }
        guard let delegations = targets.delegations, let signers = delegations.role(named: role) else {
            throw TufError(.roleUnknown, subject: role, message: "nothing is delegated to a role of this name")
        }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: role)
        let new = try TufTargets(reading: envelope, role: role)
        try Self.requireEnough(signers, delegations.keys, on: envelope, role: role)
        try Self.requireNext(new.head, after: newest(role), role: role, at: now)
        guard new.delegations == nil else {
            throw TufError(.delegatesFurther, subject: role, message: "it delegates to roles of its own")
        }
        try require(new, isWithin: delegations, role: role)
        if role == Self.recallsRole, let gone = vendors[role]?.targets.all.first(where: { new.targets[$0.path] == nil })
        {
            throw TufError(.recallDropped, subject: role, message: "\(gone.path) is no longer there")
        }
        vendors[role] = new
        keep(bytes, as: role, version: new.head.version)
    }

    private func require(_ role: TufTargets, isWithin delegations: TufDelegations, role name: String) throws(TufError) {
        for path in role.targets.all.map(\.path) where !delegations.roles(for: path).names.contains(name) {
            throw TufError(.outsideDelegation, subject: name, message: "\(path.prefix(80)) is not its own")
        }
    }

    private static func requireEnough(of root: TufRoot, on envelope: TufEnvelope, role: String) throws(TufError) {
        try requireEnough(root.roles[role] ?? TufRole(keyIDs: [], threshold: 1), root.keys, on: envelope, role: role)
    }

    private static func requireEnough(
        _ role: TufRole, _ keys: [String: TufKey], on envelope: TufEnvelope, role name: String
    ) throws(TufError) {
        let signers = envelope.signers(of: role, keys: keys)
        guard signers.count >= max(1, role.threshold) else {
            throw TufError(
                .signaturesMissing, subject: name,
                message: "keys that have signed: \(signers.count) of \(role.threshold)")
        }
    }

    private static func requireNext(_ head: TufHead, after version: Int64, role: String, at now: Moment)
        throws(TufError)
    {
        guard head.version == version + 1 else {
            throw TufError(
                .notNext, subject: role, message: "it is version \(head.version), and \(version + 1) is the next")
        }
        try head.requireFresh(at: now, subject: role)
    }

    /// Requires that what is served beside new metadata is signed by the keys which that names: a client would otherwise
    /// refuse the whole repository.
    private func requireSigned() throws(TufError) {
        try requireSigned("targets", by: root.roles["targets"], keys: root.keys, bytes: signed["targets"])
        guard let delegations = targets.delegations else { return }
        for (name, vendor) in vendors.sorted(by: { $0.key < $1.key }) {
            try requireSigned(name, by: delegations.role(named: name), keys: delegations.keys, bytes: signed[name])
            try require(vendor, isWithin: delegations, role: name)
        }
    }

    private func requireSigned(_ name: String, by role: TufRole?, keys: [String: TufKey], bytes: [UInt8]?)
        throws(TufError)
    {
        do throws(TufError) {
            let envelope = try TufEnvelope(
                reading: bytes ?? [], bytesMax: TufLimits.targetsBytesMax, subject: name)
            try envelope.verify(by: role ?? TufRole(keyIDs: [], threshold: 1), keys: keys)
        } catch {
            throw TufError(
                .leftUnsigned, subject: name, message: "its version in hand is not signed by its new keys")
        }
    }

    private mutating func keep(_ bytes: [UInt8], as role: String, version: Int64) {
        signed[role] = bytes
        files.append(File(name: "\(version).\(role.percentEncoded).json", bytes: bytes))
    }
}
