import CanonicalCoding
import FleetModel
import Testing
import UpdateTrust

/// A TUF repository in memory, and a client of it: what is served can be spoiled before the client asks.
final class TufHouse {
    static let now = Moment(milliseconds: 1_800_000_000_000)
    static let later = now + .hours(24)

    var keys: [String: [PackSigningKey]] = [:]
    var root: TufRoot
    var timestamp: TufTimestamp
    var snapshot: TufSnapshot
    /// By role: `targets` and those that it delegates to.
    var targets: [String: TufTargets] = [:]
    /// By file name as it is asked for.
    var served: [String: [UInt8]] = [:]
    /// The client's folder.
    var own: [String: [UInt8]] = [:]
    private(set) var asked: [String] = []
    private var keyCount: UInt8 = 0

    init() throws {
        root = TufRoot(head: TufHead(version: 1, expires: Self.later), keys: [:], roles: [:])
        timestamp = TufTimestamp(head: root.head, snapshot: TufFileState(version: 1))
        snapshot = TufSnapshot(head: root.head, files: [:])
        targets["targets"] = TufTargets(head: root.head, targets: [])
        for role in TufRoot.roleNames { try addKey(to: role) }
        try publish()
        own["root.json"] = served["1.root.json"]
    }

    func makeKey() throws -> PackSigningKey {
        keyCount += 1
        return try #require(PackSigningKey(seed: Array(repeating: keyCount, count: 32)))
    }

    func addKey(to role: String) throws {
        let signer = try makeKey()
        keys[role, default: []].append(signer)
        root.keys[signer.key.id] = signer.key
        root.roles[role, default: TufRole(keyIDs: [], threshold: 1)].keyIDs.append(signer.key.id)
    }

    /// Lets `parent` delegate `paths` to `name`, with a key of its own.
    func delegate(
        _ name: String, _ scope: TufDelegations.Delegation.Scope, from parent: String = "targets",
        terminating: Bool = false,
        targets list: [TufTarget] = []
    ) throws {
        let signer = try makeKey()
        keys[name] = [signer]
        var delegations = targets[parent]?.delegations ?? TufDelegations(keys: [:], roles: .named([]))
        delegations.keys[signer.key.id] = signer.key
        guard case .named(var roles) = delegations.roles else { return }
        roles.append(
            TufDelegations.Delegation(
                name: name, role: TufRole(keyIDs: [signer.key.id], threshold: 1), scope: scope,
                isTerminating: terminating))
        delegations.roles = .named(roles)
        targets[parent]?.delegations = delegations
        targets[name] = TufTargets(head: TufHead(version: 1, expires: Self.later), targets: list)
    }

    func signed(_ value: JSONValue, by role: String) throws -> [UInt8] {
        var draft = TufDraft(value)
        for signer in keys[role] ?? [] { try draft.sign(by: signer) }
        return draft.bytes
    }

    /// Signs and serves everything as it stands now.
    func publish() throws {
        served["\(root.head.version).root.json"] = try signed(root.json, by: "root")
        snapshot.files = [:]
        for (name, role) in targets {
            let bytes = try signed(role.json, by: name)
            served["\(role.head.version).\(name.percentEncoded).json"] = bytes
            snapshot.files["\(name).json"] = TufFileState(version: role.head.version, describing: bytes)
        }
        let bytes = try signed(snapshot.json, by: "snapshot")
        served["\(snapshot.head.version).snapshot.json"] = bytes
        timestamp.snapshot = TufFileState(version: snapshot.head.version, describing: bytes)
        served["timestamp.json"] = try signed(timestamp.json, by: "timestamp")
    }

    /// A new version of targets, snapshot and timestamp.
    func update() throws {
        for name in targets.keys { targets[name]?.head.version += 1 }
        snapshot.head.version += 1
        timestamp.head.version += 1
        try publish()
    }

    /// A new root, signed by the keys of `role` `root` as they stand.
    func updateRoot() throws {
        root.head.version += 1
        try publish()
    }

    // MARK: The client

    /// Refreshes, then finds each path; what was verified is in `own` then.
    @discardableResult
    func visit(_ paths: [String] = [], at now: Moment = TufHouse.now) throws(TufError) -> [FoundTarget] {
        asked = []
        var machine = try TufClientMachine(root: own["root.json"] ?? [])
        try run(&machine, machine.refresh(), at: now)
        var found: [FoundTarget] = []
        for path in paths {
            try run(&machine, try machine.find(path, at: now), at: now)
            guard let target = machine.found else {
                throw machine.missing ?? TufError(.unavailable, subject: path, message: "")
            }
            found.append(target)
        }
        return found
    }

    func run(_ machine: inout TufClientMachine, _ first: TufStep, at now: Moment) throws(TufError) {
        var step = first
        while true {
            if let stored = step.stored { own[stored.name] = stored.bytes }
            guard let request = step.request else { return }
            step = try machine.take(answer(request), at: now)
        }
    }

    private func answer(_ request: TufRequest) throws(TufError) -> TufReply {
        switch request {
        case .own(let file, let bytesMax):
            guard let bytes = own[file], bytes.count <= bytesMax else { return .absent }
            return .bytes(bytes)
        case .fetch(let path, let bytesMax, _):
            asked.append(path)
            guard let bytes = served[path] else { return .absent }
            guard bytes.count <= bytesMax else {
                throw TufError(.lengthMismatch, subject: path, message: "cut off at \(bytesMax)")
            }
            return .bytes(bytes)
        }
    }

    /// The refusal of a visit, after which the client's folder must be what it was but for `changed`.
    func refusal(_ paths: [String] = [], at now: Moment = TufHouse.now, changed: Set<String> = []) -> TufError.Code? {
        let before = own
        do throws(TufError) {
            try visit(paths, at: now)
            return nil
        } catch {
            for (name, bytes) in own where before[name] != bytes {
                #expect(changed.contains(name), "\(name) was stored by a run that failed")
            }
            return error.code
        }
    }
}

extension TufClientMachine {
    /// What a client that trusts the first of the served roots finds in a refresh and a search.
    static func found(_ path: String, in served: [String: [UInt8]], at now: Moment) throws -> FoundTarget? {
        var machine = try TufClientMachine(root: try #require(served["1.root.json"]))
        var step = machine.refresh()
        for part in 0..<2 {
            while let request = step.request {
                var reply = TufReply.absent
                if case .fetch(let path, let bytesMax, _) = request, let bytes = served[path], bytes.count <= bytesMax {
                    reply = .bytes(bytes)
                }
                step = try machine.take(reply, at: now)
            }
            if part == 0 { step = try machine.find(path, at: now) }
        }
        return machine.found
    }
}
