/// The folders that our own programs are installed in.
package struct OwnFolders: Sendable {
    /// Absolute, resolved, without a slash at the end.
    private let folders: [[UInt8]]

    package init(_ folders: [[UInt8]]) { self.folders = folders }

    package var isEmpty: Bool { folders.isEmpty }

    /// Whether `path` is below one of them. Only a hint: whoever has mounts of his own may have such a path too, so the
    /// driver compares device and inode next.
    package func contains(_ path: [UInt8]) -> Bool {
        folders.contains { folder in
            guard path.count > folder.count + 1, path[folder.count] == UInt8(ascii: "/") else { return false }
            for index in folder.indices where path[index] != folder[index] { return false }
            return true
        }
    }
}
