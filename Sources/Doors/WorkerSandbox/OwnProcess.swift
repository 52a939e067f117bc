import CWorkerSandbox

/// What a process of ours does to itself.
package enum OwnProcess {
    /// Forbids other processes of the same user to attach to this one, and core dumps of it (prctl(2),
    /// PR_SET_DUMPABLE). Root may attach all the same.
    ///
    /// - Returns: False when the kernel refused.
    package static func makeUndumpable() -> Bool { firebreak_make_undumpable() == 0 }
}
