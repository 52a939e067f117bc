import FleetModel

/// What metadata says, in words for the person who is about to sign it: the whole of it, then what changes.
package enum TufWords {
    /// Lines for a root; `old` is the one that it follows.
    package static func lines(of root: TufRoot, after old: TufRoot?) -> [String] {
        var lines = ["root, version \(root.head.version), holds until \(root.head.expires.rfc3339)"]
        for name in TufRoot.roleNames {
            guard let role = root.roles[name] else { continue }
            lines.append("  \(name): \(words(of: role))")
        }
        guard let old else { return lines + ["the first root: whoever installs it trusts these keys"] }
        var changes: [String] = []
        for name in TufRoot.roleNames {
            guard let after = root.roles[name] else { continue }
            changes += Self.changes(of: name, from: old.roles[name], to: after)
        }
        return lines + headed(changes, "changes since version \(old.head.version):")
    }

    /// Lines for targets, top-level or a vendor's.
    package static func lines(of targets: TufTargets, role: String, after old: TufTargets?) -> [String] {
        var lines = ["\(role), version \(targets.head.version), holds until \(targets.head.expires.rfc3339)"]
        lines.append("  it vouches for \(targets.targets.count) files")
        let named = targets.delegations?.named ?? []
        for delegation in named {
            lines.append("  \(delegation.name) speaks for \(paths(of: delegation)): \(words(of: delegation.role))")
        }
        guard let old else { return lines + targets.targets.all.map { "  + \($0.path)" } }
        var changes: [String] = []
        for target in targets.targets.all where old.targets[target.path] != target {
            changes.append(old.targets[target.path] == nil ? "+ \(target.path)" : "! \(target.path) has other bytes")
        }
        changes += old.targets.all.filter { targets.targets[$0.path] == nil }.map { "- \($0.path)" }
        let before = old.delegations?.named ?? []
        for delegation in named {
            let earlier = before.first { $0.name == delegation.name }
            if earlier?.scope != delegation.scope {
                changes.append("+ \(delegation.name) speaks for \(paths(of: delegation))")
            }
            changes += Self.changes(of: delegation.name, from: earlier?.role, to: delegation.role)
        }
        changes += before.filter { old in !named.contains { $0.name == old.name } }
            .map { "- \($0.name) speaks for nothing any more" }
        return lines + headed(changes, "changes since version \(old.head.version):")
    }

    private static func headed(_ changes: [String], _ head: String) -> [String] {
        changes.isEmpty ? ["\(head) none but its version and date"] : [head] + changes.map { "  \($0)" }
    }

    private static func words(of role: TufRole) -> String {
        "\(role.threshold) of \(role.keyIDs.count) keys must sign"
            + (role.keyIDs.isEmpty ? "" : " (\(role.keyIDs.map(short).joined(separator: ", ")))")
    }

    private static func paths(of delegation: TufDelegations.Delegation) -> String {
        switch delegation.scope {
        case .paths(let paths): paths.joined(separator: ", ")
        case .hashPrefixes(let prefixes): "paths whose digests begin with \(prefixes.joined(separator: ", "))"
        }
    }

    private static func changes(of name: String, from old: TufRole?, to new: TufRole) -> [String] {
        let before = old?.keyIDs ?? []
        var changes = new.keyIDs.filter { !before.contains($0) }.map { "+ \(name) is given the key \(short($0))" }
        changes += before.filter { !new.keyIDs.contains($0) }.map { "- \(name) loses the key \(short($0))" }
        if let old, old.threshold != new.threshold {
            changes.append("! \(name) needs \(new.threshold) signatures instead of \(old.threshold)")
        }
        return changes
    }

    /// Enough of a key's name to tell it from others by eye; the full one is in the file.
    package static func short(_ keyID: String) -> String { String(keyID.prefix(16)) }
}
