/// The bounds of the journal of actions and of the quarantine.
package struct ResponseLimit: Sendable {
    /// Files in quarantine, at most. Ten times what the budget of an hour lets in: somebody must have looked by then.
    package var heldCountMax = 256
    /// Bytes of all files in quarantine, at most 1 GiB, so that the quarantine cannot fill the disk that the agent lives on.
    package var heldBytesMax: Int64 = 1 << 30
    /// Bytes of one file, at most 256 MiB: it is read once before it is moved, and reading more takes seconds.
    package var fileBytesMax: Int64 = 256 << 20
    /// Records kept. The oldest that are settled and hold no file give way.
    package var recordCountMax = 2_000

    /// Bytes of one record: two paths, a command line of 4 KiB and 64 KiB of attributes in hex.
    static let recordBytesMax = 256 << 10
    /// Bytes of all extended attributes of a file: the kernel keeps no longer list of names.
    static let attributeBytesMax = 64 << 10
    /// Bytes of the log of denials and of the one before it.
    static let denialBytesMax = 2 << 20
    /// How long an ended process may take to be gone before the record says that it was not: it may be in the middle of a
    /// call that nothing interrupts.
    static let endDeadlineMilliseconds: Int32 = 1_000

    package init() {}
}

/// The steps of an act, in order. A test stops after each of them, as a power cut would.
package enum ResponseStep: String, Hashable, Sendable, CaseIterable {
    /// The record is durable, and nothing has been done.
    case journaled
    /// The file has its name in the quarantine, on the same file system.
    case moved
    /// The record says that the content will be copied.
    case copyJournaled
    /// The content is in the quarantine, durably; the file is where it was.
    case copied
    /// The file has another name in its folder.
    case setAside
    /// The file is gone from its folder.
    case removed
    /// Nobody but the system's own may open what is held.
    case sealed
    /// The record says that it was done.
    case recorded
    /// The record says that a person takes it back.
    case undoJournaled
    /// What is held has its owner, mode and times again.
    case prepared
    /// The content is in the folder under another name.
    case copiedBack
    /// The file has its name again.
    case placed
    /// The quarantine holds it no longer.
    case released
    case undoRecorded
}
