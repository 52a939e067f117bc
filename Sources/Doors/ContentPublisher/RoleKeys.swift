package import UpdateTrust

/// The keys of a repository's four roles as files in one folder: `root-1.key` and on, `targets.key`, `snapshot.key`,
/// `timestamp.key`. Root and targets keys may be taken away: publishing needs the other two.
package struct RoleKeys: Sendable {
    package let folder: String

    /// Root keys that are made at one time: more people than come to one ceremony.
    package static let rootCountMax = 16

    package init(folder: String) { self.folder = folder }

    private func file(_ role: String) -> String { "\(folder)/\(role).key" }

    /// Makes all of them in the folder, which is there; overwrites none.
    package func make(rootCount: Int) throws(PublishError) -> TufKeyring<PackSigningKey> {
        let roots = (1...rootCount).map { "root-\($0)" }
        for role in roots + ["targets", "snapshot", "timestamp"] {
            _ = try SigningKeyFile.create(at: file(role), comment: role)
        }
        var ring = try read()
        for root in roots { ring.root.append(try SigningKeyFile.read(file(root))) }
        return ring
    }

    /// Those that publishing needs, and the targets key where it is there: without it no vendor can be added.
    package func read() throws(PublishError) -> TufKeyring<PackSigningKey> {
        TufKeyring(
            root: [], targets: SigningKeyFile.exists(file("targets")) ? [try SigningKeyFile.read(file("targets"))] : [],
            snapshot: try SigningKeyFile.read(file("snapshot")), timestamp: try SigningKeyFile.read(file("timestamp")))
    }
}
