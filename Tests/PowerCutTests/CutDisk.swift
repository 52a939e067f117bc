import DurableFiles
import Glibc
import Synchronization

/// A disk in memory whose power can be cut at any call that changes it.
final class CutDisk: FileCalls {
    /// A disk, or a writer, that breaks a rule: what the sweep must find.
    enum Lie: String, Sendable, CaseIterable {
        case fileSyncDoesNothing
        case folderSyncDoesNothing
        /// The journal is written over the old one, not beside it.
        case journalInPlace
    }

    /// The moment before one call that changes the disk.
    struct Before: Sendable {
        let disk: DiskState
        let facts: CutFacts
        let call: String
    }

    struct Inside: Sendable {
        var disk: DiskState
        var facts: CutFacts
        var lie: Lie?
        var descriptors: [Int32: (node: Int, offset: Int)] = [:]
        var descriptorsMade: Int32 = 2
        /// Calls of any kind.
        var calls = 0
        /// Calls that change the disk, fsync among them.
        var changes = 0
        /// The number of the change at which the power goes; nil: it stays.
        var cutAt: Int?
        var isDead = false
        /// Nil: nothing is recorded.
        var history: [Before]?
    }

    /// A write call takes this many bytes at most, which a kernel may do too: so a file is cut in the middle as well.
    static let writeBytesMax = 2048

    private let inside: Mutex<Inside>

    init(_ disk: DiskState = DiskState(), facts: CutFacts = CutFacts(), lie: Lie? = nil) {
        inside = Mutex(Inside(disk: disk, facts: facts, lie: lie))
    }

    var now: Inside { inside.withLock { $0 } }
    var isDead: Bool { inside.withLock { $0.isDead } }

    /// Stops every call from change number `change` on, counted from now.
    func cut(at change: Int) { inside.withLock { $0.cutAt = $0.changes + change } }
    /// Keeps what was before each change, from now on.
    func record() { inside.withLock { $0.history = [] } }
    /// What the process knows, which the checker is asked about after the cut.
    func tell(_ change: (inout CutFacts) -> Void) { inside.withLock { change(&$0.facts) } }

    /// Counts a call; nil, with `errno`, when the power is gone.
    private func call<Result>(_ body: (inout Inside) -> Result?) -> Result? {
        let (result, number): (Result?, Int32) = inside.withLock { inside in
            guard !inside.isDead else { return (nil, EIO) }
            inside.calls += 1
            errno = 0
            let result = body(&inside)
            return (inside.isDead ? nil : result, inside.isDead ? EIO : errno)
        }
        errno = number
        return result
    }

    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 {
        call { inside in
            var (path, flags) = (path, flags)
            if inside.redirects(path) {
                path = String(path.dropLast(DurableFiles.temporarySuffix.count))
                flags = flags & ~O_EXCL | O_TRUNC
            }
            guard let node = inside.open(path, flags) else { return nil }
            inside.descriptorsMade += 1
            inside.descriptors[inside.descriptorsMade] = (node, 0)
            return inside.descriptorsMade
        } ?? -1
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let taken = Array(bytes.prefix(Self.writeBytesMax))
        return call { inside in
            guard let (node, offset) = inside.descriptors[descriptor], inside.changes("write") else { return nil }
            var content = inside.disk.files[node]?.cached ?? []
            content.replaceSubrange(offset..<min(content.count, offset + taken.count), with: taken)
            inside.disk.files[node]?.cached = content
            inside.descriptors[descriptor] = (node, offset + taken.count)
            return taken.count
        } ?? -1
    }

    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        let got: [UInt8]? = call { inside in
            guard let (node, offset) = inside.descriptors[descriptor] else { return nil }
            let got = Array((inside.disk.files[node]?.cached ?? []).dropFirst(offset).prefix(bytes.count))
            inside.descriptors[descriptor] = (node, offset + got.count)
            return got
        }
        guard let got else { return -1 }
        bytes.copyBytes(from: got)
        return got.count
    }

    func fsync(_ descriptor: Int32) -> Int32 {
        call { inside in
            guard let (node, _) = inside.descriptors[descriptor], inside.changes("fsync") else { return nil }
            if let content = inside.disk.files[node]?.cached, inside.lie != .fileSyncDoesNothing {
                inside.disk.files[node]?.durable = content
            }
            if inside.lie != .folderSyncDoesNothing { inside.disk.folders[node]?.sync() }
            return 0
        } ?? -1
    }

    func close(_ descriptor: Int32) -> Int32 {
        call { $0.descriptors.removeValue(forKey: descriptor).map { _ in 0 } } ?? -1
    }

    func rename(_ old: String, to new: String) -> Int32 {
        call { inside in
            if inside.redirects(old) { return 0 }
            guard let (folder, oldName) = inside.disk.parent(of: old),
                let (other, newName) = inside.disk.parent(of: new),
                folder == other, let node = inside.disk.folders[folder]?.cached[oldName]
            else { return fails(ENOENT) }
            guard inside.changes("rename") else { return nil }
            inside.disk.folders[folder]?.change([(oldName, nil), (newName, node)])
            return 0
        } ?? -1
    }

    func unlink(_ path: String) -> Int32 {
        call { inside in
            guard let (folder, name) = inside.disk.parent(of: path),
                let node = inside.disk.folders[folder]?.cached[name], inside.disk.files[node] != nil
            else { return fails(ENOENT) }
            guard inside.changes("unlink") else { return nil }
            inside.disk.folders[folder]?.change([(name, nil)])
            return 0
        } ?? -1
    }

    func exists(_ path: String) -> Bool { call { $0.disk.node(at: path) ?? fails(ENOENT) } != nil }

    func mkdir(_ path: String, mode: mode_t) -> Int32 {
        call { inside in
            guard let (folder, name) = inside.disk.parent(of: path) else { return fails(ENOENT) }
            guard inside.disk.folders[folder]?.cached[name] == nil else { return fails(EEXIST) }
            guard inside.changes("mkdir") else { return nil }
            let node = inside.disk.makeFolder()
            inside.disk.folders[folder]?.change([(name, node)])
            return 0
        } ?? -1
    }

    func rmdir(_ path: String) -> Int32 {
        call { inside in
            guard let (folder, name) = inside.disk.parent(of: path),
                let node = inside.disk.folders[folder]?.cached[name], let own = inside.disk.folders[node]
            else { return fails(ENOENT) }
            guard own.cached.isEmpty else { return fails(ENOTEMPTY) }
            guard inside.changes("rmdir") else { return nil }
            inside.disk.folders[folder]?.change([(name, nil)])
            return 0
        } ?? -1
    }

    func names(in directory: String, countMax: Int) -> [String]? {
        call { inside in
            guard let node = inside.disk.node(at: directory), let folder = inside.disk.folders[node] else {
                return fails(ENOENT)
            }
            return Array(folder.cached.keys.sorted().prefix(countMax))
        }
    }
}

/// An error of a call, as the kernel gives it.
private func fails<Result>(_ number: Int32) -> Result? {
    errno = number
    return nil
}

extension CutDisk.Inside {
    /// Counts a call that changes the disk; false when the power goes before it.
    fileprivate mutating func changes(_ call: String) -> Bool {
        guard changes != cutAt else {
            isDead = true
            return false
        }
        history?.append(CutDisk.Before(disk: disk, facts: facts, call: call))
        changes += 1
        return true
    }

    fileprivate func redirects(_ path: String) -> Bool {
        lie == .journalInPlace && path.hasSuffix("journal.json" + DurableFiles.temporarySuffix)
    }

    fileprivate mutating func open(_ path: String, _ flags: Int32) -> Int? {
        if let node = disk.node(at: path) {
            guard flags & O_EXCL == 0 else { return fails(EEXIST) }
            guard flags & O_DIRECTORY == 0 || disk.folders[node] != nil else { return fails(ENOTDIR) }
            if flags & O_TRUNC != 0 {
                guard changes("open") else { return nil }
                disk.files[node]?.cached = []
            }
            return node
        }
        guard flags & O_CREAT != 0, let (folder, name) = disk.parent(of: path) else { return fails(ENOENT) }
        guard changes("open") else { return nil }
        let node = disk.make(DiskState.File(durable: nil, cached: []))
        disk.folders[folder]?.change([(name, node)])
        return node
    }
}
