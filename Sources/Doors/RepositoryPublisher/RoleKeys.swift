package import UpdateTrust

/// The keys of a repository's roles as files in one folder: `root-1.key` and on, `targets.key`, `snapshot.key`,
/// `timestamp.key`, `recalls.key`. Root and targets keys may be taken away: publishing needs the others.
package struct RoleKeys: Sendable {
    package let folder: String

    /// Root keys that are made at one time: more people than come to one ceremony.
    package static let rootCountMax = 16

    package init(folder: String) { self.folder = folder }

    private func file(_ role: String) -> String { "\(folder)/\(role).key" }

    /// Makes all of them in the folder, which is there; overwrites none.
    package func make(rootCount: Int) throws(KeyFileError) -> TufKeyring<PackSigningKey> {
        let roots = (1...rootCount).map { "root-\($0)" }
        for role in roots + ["targets", "snapshot", "timestamp", "recalls"] {
            _ = try SigningKeyFile.create(at: file(role), comment: role)
        }
        var ring = try read()
        for root in roots { ring.root.append(try SigningKeyFile.read(file(root))) }
        return ring
    }

    /// Those that publishing needs, and the targets key where it is there: without it no vendor can be added. A repository
    /// from before there were recalls has no key for them.
    package func read() throws(KeyFileError) -> TufKeyring<PackSigningKey> {
        TufKeyring(
            root: [], targets: try present("targets").map { [$0] } ?? [],
            snapshot: try SigningKeyFile.read(file("snapshot")), timestamp: try SigningKeyFile.read(file("timestamp")),
            recalls: try present("recalls"))
    }

    private func present(_ role: String) throws(KeyFileError) -> PackSigningKey? {
        SigningKeyFile.exists(file(role)) ? try SigningKeyFile.read(file(role)) : nil
    }
}
