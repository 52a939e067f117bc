package import FleetModel

// What people change before they sign: root and targets as drafts.

extension TufRole {
    /// Adds a key's name.
    mutating func add(_ id: String, subject: String) throws(TufError) {
        guard !keyIDs.contains(id) else { throw TufError(.keyTaken, subject: subject, message: "it has the key \(id)") }
        keyIDs.append(id)
    }

    mutating func remove(_ id: String, subject: String) throws(TufError) {
        guard keyIDs.contains(id) else { throw TufError(.keyUnknown, subject: subject, message: "it has no key \(id)") }
        keyIDs.removeAll { $0 == id }
    }

    /// Requires that enough different keys are listed to reach the threshold.
    func requireReachable(_ keys: [String: TufKey], subject: String) throws(TufError) {
        var listed: [TufKey] = []
        for id in keyIDs {
            if let key = keys[id], !listed.contains(where: key.isSameKey(as:)) { listed.append(key) }
        }
        guard threshold >= 1, listed.count >= threshold else {
            throw TufError(
                .thresholdImpossible, subject: subject,
                message: "\(threshold) of its keys must sign, and it has \(listed.count)")
        }
    }
}

extension TufRoot {
    /// A root to begin with; every role still without keys.
    package static func first(at now: Moment, lifetime: Moment.Span = TufLifetime.root) -> TufRoot {
        let roles = roleNames.map { ($0, TufRole(keyIDs: [], threshold: 1)) }
        return TufRoot(
            head: TufHead(version: 1, expires: now + lifetime), keys: [:],
            roles: Dictionary(uniqueKeysWithValues: roles))
    }

    /// The root after this one, with the same keys.
    package func next(at now: Moment, lifetime: Moment.Span = TufLifetime.root) -> TufRoot {
        var next = self
        next.head = TufHead(version: head.version + 1, expires: now + lifetime)
        return next
    }

    package mutating func add(_ key: TufKey, to name: String) throws(TufError) {
        var role = try role(name)
        try role.add(key.id, subject: name)
        roles[name] = role
        keys[key.id] = key
    }

    package mutating func remove(_ keyID: String, from name: String) throws(TufError) {
        var role = try role(name)
        try role.remove(keyID, subject: name)
        roles[name] = role
        if !roles.values.contains(where: { $0.keyIDs.contains(keyID) }) { keys[keyID] = nil }
    }

    package mutating func setThreshold(_ threshold: Int, of name: String) throws(TufError) {
        var role = try role(name)
        role.threshold = threshold
        try role.requireReachable(keys, subject: name)
        roles[name] = role
    }

    private func role(_ name: String) throws(TufError) -> TufRole {
        guard let role = roles[name] else {
            throw TufError(
                .roleUnknown, subject: name, message: "the root's roles are \(Self.roleNames.joined(separator: ", "))")
        }
        return role
    }

    /// Requires that every role can be signed for.
    package func requireSound() throws(TufError) {
        for name in Self.roleNames { try role(name).requireReachable(keys, subject: name) }
    }
}

extension TufTargets {
    /// The targets after these.
    package func next(at now: Moment, lifetime: Moment.Span = TufLifetime.targets) -> TufTargets {
        var next = self
        next.head = TufHead(version: head.version + 1, expires: now + lifetime)
        return next
    }

    /// Lets a role speak for paths. The order of the delegations says nothing: no two share a path.
    package mutating func delegate(to name: String, paths: [String], keys: [TufKey], threshold: Int) throws(TufError) {
        guard !TufRoot.roleNames.contains(name), delegations?.role(named: name) == nil else {
            throw TufError(.roleTaken, subject: name, message: "there is a role of this name")
        }
        guard !name.isEmpty, !name.hasPrefix("."), name.percentEncoded == name else {
            throw TufError(.roleNameUnfit, subject: name, message: "its metadata could not be served as a static file")
        }
        var role = TufRole(keyIDs: [], threshold: threshold)
        var changed = delegations ?? TufDelegations(keys: [:], roles: .named([]))
        for key in keys {
            try role.add(key.id, subject: name)
            changed.keys[key.id] = key
        }
        changed.roles = .named(
            changed.named + [.init(name: name, role: role, scope: .paths(paths), isTerminating: true)])
        try take(changed)
    }

    /// Takes what was delegated away. What the role had signed is served to nobody then.
    package mutating func withdraw(from name: String) throws(TufError) {
        _ = try delegation(to: name)
        guard var changed = delegations else { return }
        changed.roles = .named(changed.named.filter { $0.name != name })
        try take(changed)
    }

    /// Puts a key in another's place; the number of keys, and the threshold, stay.
    package mutating func replace(_ keyID: String, by key: TufKey, of name: String) throws(TufError) {
        var delegation = try delegation(to: name)
        try delegation.role.remove(keyID, subject: name)
        try delegation.role.add(key.id, subject: name)
        guard var changed = delegations else { return }
        changed.keys[key.id] = key
        changed.roles = .named(changed.named.map { $0.name == name ? delegation : $0 })
        try take(changed)
    }

    private func delegation(to name: String) throws(TufError) -> TufDelegations.Delegation {
        guard let delegation = delegations?.named.first(where: { $0.name == name }) else {
            throw TufError(.roleUnknown, subject: name, message: "nothing is delegated to a role of this name")
        }
        return delegation
    }

    private mutating func take(_ changed: TufDelegations) throws(TufError) {
        var next = self
        next.delegations = changed
        let used = Set(changed.named.flatMap(\.role.keyIDs))
        next.delegations?.keys = changed.keys.filter { used.contains($0.key) }
        try next.requireSound()
        self = next
    }

    /// Requires that each role can be signed for, and that no path is two roles'.
    package func requireSound() throws(TufError) {
        guard let delegations else { return }
        guard case .named(let list) = delegations.roles else {
            throw TufError(.pathsTooWide, subject: "targets", message: "hashed bins are nobody's packs")
        }
        var owners: [String: String] = [TufRepository.recallsPath: TufRepository.recallsRole]
        for delegation in list {
            try delegation.role.requireReachable(delegations.keys, subject: delegation.name)
            guard case .paths(let paths) = delegation.scope, !paths.isEmpty else {
                throw TufError(.pathsTooWide, subject: delegation.name, message: "it names no packs")
            }
            for path in paths {
                guard Self.isWholePack(path) else {
                    throw TufError(.pathsTooWide, subject: delegation.name, message: "\(path.prefix(80)) is no pack's")
                }
                let owner = owners[path] ?? delegation.name
                guard owner == delegation.name else {
                    throw TufError(.pathsTaken, subject: delegation.name, message: "\(path.prefix(80)) is \(owner)'s")
                }
                owners[path] = owner
            }
        }
    }

    /// Whether a pattern is one folder's: its name without anything that matches several, a slash and a star.
    private static func isWholePack(_ pattern: String) -> Bool {
        guard pattern.hasSuffix("/*") else { return false }
        let name = pattern.utf8.dropLast(2)
        return !name.isEmpty && !name.contains { "*?[/".utf8.contains($0) }
    }
}
