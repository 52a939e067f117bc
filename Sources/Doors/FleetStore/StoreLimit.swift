/// The bounds of the store.
package enum StoreLimit {
    /// Bytes of the database, 16 GiB: years of a large fleet's ledger beside a full table of alerts. When it is
    /// reached, writes fail as on a full disk, before the disk of the whole machine is full.
    package static let databaseBytesMax = 16 << 30
    /// Alerts kept: about 600 MB at their common size of 3 KiB. The oldest go first.
    package static let alertCountMax = 200_000
    /// Alerts removed with one commit, so that no commit takes long: more than the 64 that a check-in may bring.
    package static let alertsTrimmedMax = 256
    /// Listening intervals kept: one for each start of the control plane.
    package static let listeningCountMax = 1000
    /// Seconds that a statement waits for another process's lock. A reader holds none in WAL mode; whoever holds one
    /// longer is at work on the file by hand.
    package static let busySeconds = 5.0
}
