import CanonicalCoding
package import FleetModel

/// Who signs for a repository's four top-level roles.
package struct TufKeyring<Signer: TufSigner>: Sendable {
    package var root: [Signer]
    package var targets: [Signer]
    package var snapshot: Signer
    package var timestamp: Signer

    package init(root: [Signer], targets: [Signer], snapshot: Signer, timestamp: Signer) {
        self.root = root
        self.targets = targets
        self.snapshot = snapshot
        self.timestamp = timestamp
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

    package private(set) var root: TufRoot
    package private(set) var targets: TufTargets
    /// By vendor.
    package private(set) var vendors: [String: TufTargets]
    package private(set) var snapshot: TufSnapshot
    package private(set) var timestamp: TufTimestamp
    /// What was signed since the last ``takeFiles()``, in the order in which it must be written: the timestamp, which
    /// makes the rest visible, is last.
    private var files: [File] = []

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

    /// Makes a repository without vendors.
    package init(keys: TufKeyring<some TufSigner>, at now: Moment) throws(TufError) {
        var listed: [String: TufKey] = [:]
        for signer in keys.root + keys.targets + [keys.snapshot, keys.timestamp] { listed[signer.key.id] = signer.key }
        func role(_ signers: [some TufSigner]) -> TufRole {
            TufRole(keyIDs: signers.map(\.key.id), threshold: max(1, signers.count / 2 + signers.count % 2))
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
        try sign(root.json, as: "1.root.json", by: keys.root)
        try signTargets(by: keys.targets)
        try publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
    }

    /// Reads a repository from its files, each verified as a client would, but for its time: what has expired is to be
    /// signed anew.
    ///
    /// - Parameter file: The bytes of a file of the metadata, nil where there is none.
    package init(reading file: (String) -> [UInt8]?) throws(TufError) {
        let ever = Moment(milliseconds: 0)
        guard let first = file("1.root.json") else {
            throw TufError(.unavailable, subject: "1.root.json", message: "there is no repository")
        }
        var machine = try TufClientMachine(root: first)
        func run(_ step: TufStep) throws(TufError) {
            var step = step
            while let request = step.request {
                var reply = TufReply.absent
                if case .fetch(let path, _, _) = request, let bytes = file(path) { reply = .bytes(bytes) }
                step = try machine.take(reply, at: ever)
            }
        }
        try run(machine.refresh())
        guard let timestamp = machine.trusted.timestamp, let snapshot = machine.trusted.snapshot,
            let targets = machine.trusted.targets(of: "targets", delegatedBy: "root")
        else {
            throw TufError(.roleMissing, subject: "repository", message: "a top-level role is missing")
        }
        vendors = [:]
        if case .named(let delegations)? = targets.delegations?.roles {
            for delegation in delegations {
                guard case .paths(let paths) = delegation.scope, let path = paths.first else { continue }
                // A path that nobody lists leads the search to the role and ends there.
                try run(try machine.find(path.replacingStar(by: "."), at: ever))
                vendors[delegation.name] = machine.trusted.targets(of: delegation.name, delegatedBy: "targets")
            }
        }
        root = machine.trusted.root
        self.targets = targets
        self.snapshot = snapshot
        self.timestamp = timestamp
    }

    // MARK: Changes

    /// Lets a vendor speak for packs, by a key of its own.
    package mutating func delegate(
        to vendor: String, packs: [PackName], key: TufKey, first: some TufSigner, by signers: [some TufSigner],
        at now: Moment
    ) throws(TufError) {
        var delegations = targets.delegations ?? TufDelegations(keys: [:], roles: .named([]))
        guard case .named(var roles) = delegations.roles, !roles.contains(where: { $0.name == vendor }) else {
            throw TufError(.malformed, subject: vendor, message: "this vendor is there already")
        }
        delegations.keys[key.id] = key
        roles.append(
            TufDelegations.Delegation(
                name: vendor, role: TufRole(keyIDs: [key.id], threshold: 1), scope: .paths(packs.map { "\($0)/*" }),
                isTerminating: true))
        delegations.roles = .named(roles)
        targets.delegations = delegations
        targets.head = TufHead(version: targets.head.version + 1, expires: now + TufLifetime.targets)
        try signTargets(by: signers)
        vendors[vendor] = TufTargets(head: TufHead(version: 0, expires: now), targets: [])
        try sign(vendor, adding: nil, by: first, at: now)
    }

    /// Adds a target to a vendor's, signed by the vendor.
    ///
    /// - Throws: ``TufError`` `.targetMissing` for a path that is not the vendor's: no client would find it there.
    package mutating func add(_ target: TufTarget, to vendor: String, by signer: some TufSigner, at now: Moment)
        throws(TufError)
    {
        guard let delegations = targets.delegations, delegations.roles(for: target.path).names.contains(vendor) else {
            throw TufError(.targetMissing, subject: target.path, message: "\(vendor) may not speak for this path")
        }
        try sign(vendor, adding: target, by: signer, at: now)
    }

    /// Makes what was signed visible: a new snapshot, and a timestamp that names it.
    package mutating func publish(snapshot signer: some TufSigner, timestamp other: some TufSigner, at now: Moment)
        throws(TufError)
    {
        snapshot.head = TufHead(version: snapshot.head.version + 1, expires: now + TufLifetime.snapshot)
        snapshot.files["targets.json"] = TufFileState(version: targets.head.version)
        for (name, vendor) in vendors { snapshot.files["\(name).json"] = TufFileState(version: vendor.head.version) }
        let bytes = try sign(snapshot.json, as: "\(snapshot.head.version).snapshot.json", by: [signer])
        timestamp = TufTimestamp(
            head: TufHead(version: timestamp.head.version + 1, expires: now + TufLifetime.timestamp),
            snapshot: TufFileState(version: snapshot.head.version, describing: bytes))
        try sign(timestamp.json, as: "timestamp.json", by: [other])
    }

    // MARK: Signing

    private mutating func sign(_ vendor: String, adding target: TufTarget?, by signer: some TufSigner, at now: Moment)
        throws(TufError)
    {
        guard var metadata = vendors[vendor] else {
            throw TufError(.roleMissing, subject: vendor, message: "there is no such vendor")
        }
        if let target { metadata.targets[target.path] = target }
        metadata.head = TufHead(version: metadata.head.version + 1, expires: now + TufLifetime.targets)
        vendors[vendor] = metadata
        try sign(metadata.json, as: "\(metadata.head.version).\(vendor.percentEncoded).json", by: [signer])
    }

    private mutating func signTargets(by signers: [some TufSigner]) throws(TufError) {
        try sign(targets.json, as: "\(targets.head.version).targets.json", by: signers)
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
