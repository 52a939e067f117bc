import CanonicalCoding
package import FleetModel

/// Who signs for a repository's four top-level roles.
package struct TufKeyring<Signer: TufSigner>: Sendable {
    package var root: [Signer]
    package var targets: [Signer]
    package var snapshot: Signer
    package var timestamp: Signer
    /// Signs recalls, and nothing else; without it the repository carries none.
    package var recalls: Signer?

    package init(root: [Signer], targets: [Signer], snapshot: Signer, timestamp: Signer, recalls: Signer? = nil) {
        self.root = root
        self.targets = targets
        self.snapshot = snapshot
        self.timestamp = timestamp
        self.recalls = recalls
    }
}

/// For how long what is signed holds: the longer, the longer a frozen mirror goes unnoticed; the shorter, the more often a
/// key must be at hand.
package enum TufLifetime {
    /// Signed anew by a timer. After a day of silence an endpoint knows that it is kept from news.
    package static let timestamp = Moment.Span.hours(24)
    package static let snapshot = Moment.Span.hours(7 * 24)
    package static let targets = Moment.Span.hours(90 * 24)
    /// A ceremony with people: once a year.
    package static let root = Moment.Span.hours(365 * 24)
}

/// A repository as its publisher has it: what is served, and what is served next.
///
/// Vendors are delegated roles, each for the packs that it names: `PACK/*`. None can sign for another's.
package struct TufRepository: Sendable {
    /// A file to be served: its name below the metadata's address, and its bytes.
    package struct File: Equatable, Sendable {
        package let name: String
        package let bytes: [UInt8]
    }

    package internal(set) var root: TufRoot
    package internal(set) var targets: TufTargets
    /// By vendor.
    package internal(set) var vendors: [String: TufTargets]
    package internal(set) var snapshot: TufSnapshot
    package internal(set) var timestamp: TufTimestamp
    /// What was signed since the last ``takeFiles()``, in the order in which it must be written: the timestamp, which
    /// makes the rest visible, is last.
    var files: [File] = []
    /// By role, root, targets and the delegated ones: the newest file, as it was signed.
    package internal(set) var signed: [String: [UInt8]] = [:]

    /// The files to write, and none of them a second time.
    package mutating func takeFiles() -> [File] {
        defer { files = [] }
        return files
    }

    /// The path of a release's pack among the targets.
    package static func path(of release: ReleaseID) -> String {
        "\(release.pack)/\(release.pack)-\(release.version).fbpack"
    }

    // MARK: A new one

    /// Makes a repository without vendors. More than half of the root's keys, and of the targets', must sign.
    package init(keys: TufKeyring<some TufSigner>, at now: Moment) throws(TufError) {
        var listed: [String: TufKey] = [:]
        for signer in keys.root + keys.targets + [keys.snapshot, keys.timestamp] { listed[signer.key.id] = signer.key }
        func role(_ signers: [some TufSigner]) -> TufRole {
            TufRole(keyIDs: signers.map(\.key.id), threshold: signers.count / 2 + 1)
        }
        root = TufRoot(
            head: TufHead(version: 1, expires: now + TufLifetime.root), keys: listed,
            roles: [
                "root": role(keys.root), "targets": role(keys.targets), "snapshot": role([keys.snapshot]),
                "timestamp": role([keys.timestamp]),
            ])
        targets = TufTargets(head: TufHead(version: 1, expires: now + TufLifetime.targets), targets: [])
        vendors = [:]
        snapshot = TufSnapshot(head: TufHead(version: 0, expires: now), files: [:])
        timestamp = TufTimestamp(head: TufHead(version: 0, expires: now), snapshot: TufFileState(version: 1))
        if let recalls = keys.recalls {
            try targets.delegate(to: Self.recallsRole, paths: [Self.recallsPath], keys: [recalls.key], threshold: 1)
        }
        signed["root"] = try sign(root.json, as: "1.root.json", by: keys.root)
        try signTargets(by: keys.targets)
        if let recalls = keys.recalls { try sign(Self.recallsRole, by: recalls, at: now) }
        try publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
    }

    /// Reads a repository from its files, each verified as a client would, but for its time: what has expired is to be
    /// signed anew.
    ///
    /// A writer that was interrupted after a new root and before the timestamp that its keys sign is taken for what it
    /// is: the repository is then the one before, with the new root in hand.
    ///
    /// - Parameter file: The bytes of a file of the metadata, nil where there is none.
    package init(reading file: (String) -> [UInt8]?) throws(TufError) {
        do throws(TufError) {
            try self.init(verifying: file)
        } catch  where error.code == .thresholdNotReached {
            var newest: Int64 = 1
            while file("\(newest + 1).root.json") != nil { newest += 1 }
            guard newest > 1, let bytes = file("\(newest).root.json") else { throw error }
            try self.init(verifying: { $0 == "\(newest).root.json" ? nil : file($0) })
            try take(root: bytes, at: Self.ever)
        }
    }

    /// A moment at which nothing has expired.
    static let ever = Moment(milliseconds: 0)

    private init(verifying file: (String) -> [UInt8]?) throws(TufError) {
        guard let first = file("1.root.json") else {
            throw TufError(.unavailable, subject: "1.root.json", message: "there is no repository")
        }
        var machine = try TufClientMachine(root: first)
        func run(_ step: TufStep) throws(TufError) {
            var step = step
            while let request = step.request {
                var reply = TufReply.absent
                if case .fetch(let path, _, _) = request, let bytes = file(path) { reply = .bytes(bytes) }
                step = try machine.take(reply, at: Self.ever)
            }
        }
        try run(machine.refresh())
        guard let timestamp = machine.trusted.timestamp, let snapshot = machine.trusted.snapshot,
            let targets = machine.trusted.targets(of: "targets", delegatedBy: "root")
        else {
            throw TufError(.roleMissing, subject: "repository", message: "a top-level role is missing")
        }
        vendors = [:]
        for delegation in targets.delegations?.named ?? [] {
            // A vendor that has signed nothing yet is listed by no snapshot.
            guard snapshot.files["\(delegation.name).json"] != nil, case .paths(let paths) = delegation.scope,
                let path = paths.first
            else { continue }
            // A path that nobody lists leads the search to the role and ends there.
            try run(try machine.find(path.replacingStar(by: "."), at: Self.ever))
            vendors[delegation.name] = machine.trusted.targets(of: delegation.name, delegatedBy: "targets")
        }
        root = machine.trusted.root
        self.targets = targets
        self.snapshot = snapshot
        self.timestamp = timestamp
        signed["root"] = file("\(root.head.version).root.json")
        signed["targets"] = file("\(targets.head.version).targets.json")
        for (name, vendor) in vendors {
            signed[name] = file("\(vendor.head.version).\(name.percentEncoded).json")
        }
    }

    // MARK: Changes

    /// Lets a vendor speak for packs, by a key of its own.
    package mutating func delegate(
        to vendor: String, packs: [PackName], key: TufKey, first: some TufSigner, by signers: [some TufSigner],
        at now: Moment
    ) throws(TufError) {
        var changed = targets
        try changed.delegate(to: vendor, paths: packs.map { "\($0)/*" }, keys: [key], threshold: 1)
        targets = changed
        targets.head = TufHead(version: targets.head.version + 1, expires: now + TufLifetime.targets)
        try signTargets(by: signers)
        try sign(vendor, by: first, at: now)
    }

    /// Adds targets to a vendor's, signed by the vendor as one new version.
    ///
    /// - Throws: ``TufError`` `.targetMissing` for a path that is not the vendor's: no client would find it there.
    package mutating func add(_ added: [TufTarget], to vendor: String, by signer: some TufSigner, at now: Moment)
        throws(TufError)
    {
        for target in added where targets.delegations?.roles(for: target.path).names.contains(vendor) != true {
            throw TufError(.targetMissing, subject: target.path, message: "\(vendor) may not speak for this path")
        }
        try sign(vendor, adding: added, by: signer, at: now)
    }

    /// Makes what was signed visible: a new snapshot, and a timestamp that names it.
    package mutating func publish(snapshot signer: some TufSigner, timestamp other: some TufSigner, at now: Moment)
        throws(TufError)
    {
        try require(signer.key, of: "snapshot")
        try require(other.key, of: "timestamp")
        snapshot.head = TufHead(version: snapshot.head.version + 1, expires: now + TufLifetime.snapshot)
        snapshot.files["targets.json"] = TufFileState(version: targets.head.version)
        for (name, vendor) in vendors { snapshot.files["\(name).json"] = TufFileState(version: vendor.head.version) }
        let bytes = try sign(snapshot.json, as: "\(snapshot.head.version).snapshot.json", by: [signer])
        try publish(TufFileState(version: snapshot.head.version, describing: bytes), by: other, at: now)
    }

    /// Signs a timestamp that names the snapshot.
    mutating func publish(_ state: TufFileState, by signer: some TufSigner, at now: Moment) throws(TufError) {
        try require(signer.key, of: "timestamp")
        timestamp = TufTimestamp(
            head: TufHead(version: timestamp.head.version + 1, expires: now + TufLifetime.timestamp), snapshot: state)
        try sign(timestamp.json, as: "timestamp.json", by: [signer])
    }

    /// Requires that clients will count the key's signature.
    private func require(_ key: TufKey, of role: String) throws(TufError) {
        guard let listed = root.roles[role], listed.keyIDs.contains(key.id) else {
            throw TufError(.keyUnknown, subject: role, message: "the root does not name the key \(key.id) for it")
        }
    }

    // MARK: Signing

    mutating func sign(_ vendor: String, adding added: [TufTarget] = [], by signer: some TufSigner, at now: Moment)
        throws(TufError)
    {
        guard targets.delegations?.role(named: vendor) != nil else {
            throw TufError(.roleUnknown, subject: vendor, message: "there is no such vendor")
        }
        var metadata = vendors[vendor] ?? TufTargets(head: TufHead(version: 0, expires: now), targets: [])
        for target in added { metadata.targets[target.path] = target }
        metadata.head = TufHead(version: newest(vendor) + 1, expires: now + TufLifetime.targets)
        vendors[vendor] = metadata
        signed[vendor] = try sign(
            metadata.json, as: "\(metadata.head.version).\(vendor.percentEncoded).json", by: [signer])
    }

    private mutating func signTargets(by signers: [some TufSigner]) throws(TufError) {
        signed["targets"] = try sign(targets.json, as: "\(targets.head.version).targets.json", by: signers)
    }

    /// The newest version of a delegated role that clients may have seen, 0 before the first: also of a role that was
    /// taken away and is given again.
    func newest(_ role: String) -> Int64 {
        max(vendors[role]?.head.version ?? 0, snapshot.files["\(role).json"]?.version ?? 0)
    }

    @discardableResult
    private mutating func sign(_ value: JSONValue, as name: String, by signers: [some TufSigner]) throws(TufError)
        -> [UInt8]
    {
        var draft = TufDraft(value)
        for signer in signers { try draft.sign(by: signer) }
        files.append(File(name: name, bytes: draft.bytes))
        return draft.bytes
    }
}

extension String {
    fileprivate func replacingStar(by text: String) -> String {
        split(separator: "*", omittingEmptySubsequences: false).joined(separator: text)
    }
}
