/// What the kernel asks for.
package enum PermissionKind: UInt8, Sendable {
    /// An execution (FAN_OPEN_EXEC_PERM): of the program itself, or of its interpreter or loader.
    case execute = 1
    /// The opening of a file in a guarded folder (FAN_OPEN_PERM).
    case open = 2
}

/// An answer to the kernel, or an engine's word.
package enum Verdict: UInt8, Sendable {
    case allow = 1
    case deny = 2
}

/// Where the file of an event is, seen from the broker.
package enum FileStanding: UInt8, Sendable {
    /// Device and inode are those that the broker finds under the same path.
    case same
    /// The broker finds another file under that path: the process has mounts of its own, as in a container.
    case other
    /// The broker could not compare.
    case unknown
}

/// One process that the kernel holds until it is answered.
package struct PermissionEvent: Sendable {
    /// Names the event towards the engine; never used twice in the life of a broker.
    package var id: UInt64
    package var kind: PermissionKind
    package var processId: Int32
    /// The resolved path as the kernel has it; empty when it could not be read or was not needed.
    package var path: [UInt8]
    package var standing: FileStanding
    /// Whether the process runs one of our own programs now, proven by device and inode.
    package var isOwnProcess: Bool

    package init(
        id: UInt64, kind: PermissionKind, processId: Int32, path: [UInt8] = [], standing: FileStanding = .unknown,
        isOwnProcess: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.processId = processId
        self.path = path
        self.standing = standing
        self.isOwnProcess = isOwnProcess
    }
}
