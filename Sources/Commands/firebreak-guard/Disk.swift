import CGuard

/// Files, by way of CGuard.
enum Disk {
    enum Reading {
        case absent
        case bytes([UInt8])
        /// With its errno.
        case failed(Int)
    }

    /// Bytes of the names in one directory: a thousand names of ours.
    private static let listBytesMax = 128 << 10

    static func read(_ path: PlainText, bytesMax: Int) -> Reading {
        var result = 0
        // Pages of the buffer that no byte is read into cost nothing.
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            result = path.withCString { firebreak_guard_read($0, buffer.baseAddress, bytesMax) }
            count = max(0, result)
        }
        if result >= 0 { return .bytes(bytes) }
        return result == -2 ? .absent : .failed(-result)
    }

    /// Writes durably and reads back; gives 0 or an errno.
    static func write(_ bytes: [UInt8], to path: PlainText) -> Int32 {
        -path.withCString { firebreak_guard_write($0, bytes, bytes.count) }
    }

    /// Reads what other processes replace by a rename, and makes the rename durable first: one that was killed between its
    /// rename and its sync leaves what a power cut would take back, and nobody may act on that. Where that fails the disk
    /// cannot be written either.
    static func readSettled(_ path: PlainText, bytesMax: Int) -> Reading {
        _ = path.withCString { firebreak_guard_sync_directory_of($0) }
        return read(path, bytesMax: bytesMax)
    }

    /// Renames durably; gives 0 or an errno.
    static func rename(_ from: PlainText, to: PlainText) -> Int32 {
        -from.withCString { from in to.withCString { to in firebreak_guard_rename(from, to) } }
    }

    static func makeDirectory(_ path: PlainText) -> Int32 { -path.withCString { firebreak_guard_make_directory($0) } }
    static func isProgram(_ path: PlainText) -> Bool { path.withCString { firebreak_guard_is_program($0) } == 1 }

    /// The names in a directory, in no order; nil when it cannot be read or holds too many.
    static func names(in path: PlainText) -> [PlainText]? {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: listBytesMax) { buffer, count in
            result = buffer.withMemoryRebound(to: CChar.self) { characters in
                path.withCString { firebreak_guard_list($0, characters.baseAddress, listBytesMax) }
            }
            count = max(0, result)
        }
        guard result >= 0 else { return nil }
        var names = PlainText(bytes).split(at: 0)
        names.removeLast()
        return names
    }

    /// The kernel's id of this boot; `-` when it cannot be read, which then is no boot's that was recorded.
    static var bootID: PlainText {
        guard case .bytes(let bytes) = read("/proc/sys/kernel/random/boot_id", bytesMax: 256) else { return "-" }
        let id = PlainText(bytes.filter { $0 > 0x20 })
        return id.isWord(bytesMax: GuardLimit.bootIDBytesMax) ? id : "-"
    }
}

/// A lock that is held until this value is gone, or the process.
struct HeldLock: ~Copyable {
    private let descriptor: Int32

    /// Nil when it is not to be had: another process has it (without `waits`), or its file cannot be made.
    init?(_ path: PlainText, waits: Bool) {
        descriptor = path.withCString { firebreak_guard_lock($0, waits ? 1 : 0) }
        guard descriptor >= 0 else { return nil }
    }

    deinit { firebreak_guard_close(descriptor) }
}
