import DurableFiles
import Foundation
import Glibc

/// A disk in memory that keeps what was fsynced and loses what was not: content by file, names by directory.
///
/// Every call that changes or confirms something is counted. One of them can fail, or be the last before the power goes.
///
/// Unchecked: all of it is behind one lock. A `Mutex` would not let raw buffers in.
final class SimulatedDisk: FileCalls, @unchecked Sendable {
    enum Fault: Equatable {
        /// The call fails with an errno, and a write is half done.
        case fails(Int32)
        /// The call is done, and after it nothing any more.
        case stops
    }

    /// What of the unsynced survives a power cut.
    enum Survival: CaseIterable { case nothing, everything, namesOnly, contentOnly }

    private final class Inode {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
    }

    private struct Open {
        var inode: Inode?
        var directory: String
        var place = 0
        var writes: Bool
    }

    private struct State {
        var names: [String: Inode] = [:]
        var durableNames: [String: Inode] = [:]
        var directories: Set<String>
        var durableDirectories: Set<String>
        var open: [Int32: Open] = [:]
        var nextDescriptor: Int32 = 100
        var calls = 0
        var fault: Fault?
        var faultAt = Int.max
        var isOff = false
        /// Whether an fsync of a file says that it is done, and does nothing.
        var liesAboutContent = false
    }

    private var guarded: State
    private let lock = NSLock()

    private struct Access {
        let disk: SimulatedDisk
        func withLock<Value>(_ body: (inout State) -> Value) -> Value {
            disk.lock.lock()
            defer { disk.lock.unlock() }
            return body(&disk.guarded)
        }
    }

    private var state: Access { Access(disk: self) }

    init(folder: String) {
        var directories: Set<String> = ["/"]
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/" + part
            directories.insert(path)
        }
        guarded = State(directories: directories, durableDirectories: directories)
    }

    /// Counted calls since the last ``arm(_:at:)``.
    var calls: Int { state.withLock { $0.calls } }
    var files: [String] { state.withLock { $0.names.keys.sorted() } }

    func content(_ path: String) -> [UInt8]? { state.withLock { $0.names[path]?.bytes } }
    func damage(_ path: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            if let inode = state.names[path] { change(&inode.bytes) }
        }
    }

    /// The call of this number, from now on counted from 0, fails or is the last.
    func arm(_ fault: Fault?, at call: Int) {
        state.withLock { state in
            state.fault = fault
            state.faultAt = call
            state.calls = 0
        }
    }

    /// From now on an fsync of a file does nothing.
    func lieAboutContent() { state.withLock { $0.liesAboutContent = true } }

    /// Takes the power away and gives it back.
    func powerCut(_ survival: Survival) {
        state.withLock { state in
            let keepsNames = survival == .everything || survival == .namesOnly
            let keepsContent = survival == .everything || survival == .contentOnly
            state.names = keepsNames ? state.names : state.durableNames
            state.directories = keepsNames ? state.directories : state.durableDirectories
            state.names = state.names.filter { state.directories.contains(Self.folder(of: $0.key)) }
            for inode in state.names.values {
                if !keepsContent { inode.bytes = inode.durable }
                inode.durable = inode.bytes
            }
            state.durableNames = state.names
            state.durableDirectories = state.directories
            state.open = [:]
            (state.fault, state.faultAt, state.isOff) = (nil, .max, false)
        }
    }

    private static func folder(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// What is to happen at this call: nil to do it, otherwise whether half of it is done before it fails.
    private func outcome(_ state: inout State) -> Int32? {
        if state.isOff { return EIO }
        defer { state.calls += 1 }
        guard state.calls == state.faultAt, let fault = state.fault else { return nil }
        switch fault {
        case .fails(let number): return number
        case .stops:
            // The call itself is done by the caller of this; what follows is not.
            state.isOff = true
            return nil
        }
    }

    private func perform<Value>(_ failure: Value, _ body: (inout State) -> (Value, Int32)) -> Value {
        let (value, number) = state.withLock { state in
            if let number = outcome(&state) { return (failure, number) }
            return body(&state)
        }
        errno = number
        return value
    }

    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 {
        perform(-1) { state in
            if flags & O_DIRECTORY != 0 {
                guard state.directories.contains(path) else { return (-1, ENOENT) }
            } else if state.names[path] == nil {
                guard flags & O_CREAT != 0, state.directories.contains(Self.folder(of: path)) else {
                    return (-1, ENOENT)
                }
                state.names[path] = Inode()
            } else if flags & O_EXCL != 0 {
                return (-1, EEXIST)
            }
            let descriptor = state.nextDescriptor
            state.nextDescriptor += 1
            state.open[descriptor] = Open(
                inode: flags & O_DIRECTORY != 0 ? nil : state.names[path], directory: path,
                writes: flags & O_WRONLY != 0)
            return (descriptor, 0)
        }
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let (count, number): (Int, Int32) = state.withLock { state in
            let inode = state.open[descriptor]?.inode
            if let number = outcome(&state) {
                if !state.isOff { inode?.bytes += bytes.prefix(bytes.count / 2) }
                return (-1, number)
            }
            inode?.bytes += bytes
            return (bytes.count, 0)
        }
        errno = number
        return count
    }

    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        perform(-1) { state in
            guard var open = state.open[descriptor], let inode = open.inode else { return (-1, EBADF) }
            let part = inode.bytes.dropFirst(open.place).prefix(bytes.count)
            bytes.copyBytes(from: part)
            open.place += part.count
            state.open[descriptor] = open
            return (part.count, 0)
        }
    }

    func fsync(_ descriptor: Int32) -> Int32 {
        perform(-1) { state in
            guard let open = state.open[descriptor] else { return (-1, EBADF) }
            if let inode = open.inode {
                if !state.liesAboutContent { inode.durable = inode.bytes }
                return (0, 0)
            }
            // The names in this directory, and the directories in it.
            let own = { (path: String) in Self.folder(of: path) == open.directory }
            state.durableNames = state.durableNames.filter { !own($0.key) }
            for (path, inode) in state.names where own(path) { state.durableNames[path] = inode }
            state.durableDirectories.formUnion(state.directories.filter(own))
            return (0, 0)
        }
    }

    func close(_ descriptor: Int32) -> Int32 {
        perform(-1) { state in
            state.open[descriptor] = nil
            return (0, 0)
        }
    }

    func rename(_ old: String, to new: String) -> Int32 {
        perform(-1) { state in
            guard let inode = state.names.removeValue(forKey: old) else { return (-1, ENOENT) }
            state.names[new] = inode
            return (0, 0)
        }
    }

    func unlink(_ path: String) -> Int32 {
        perform(-1) { state in state.names.removeValue(forKey: path) == nil ? (-1, ENOENT) : (0, 0) }
    }

    func mkdir(_ path: String, mode: mode_t) -> Int32 {
        perform(-1) { state in
            guard state.directories.contains(Self.folder(of: path)) else { return (-1, ENOENT) }
            return state.directories.insert(path).inserted ? (0, 0) : (-1, EEXIST)
        }
    }

    // Asking changes nothing; it is answered also by a disk that is off, whose answers nobody uses.
    func exists(_ path: String) -> Bool {
        state.withLock { $0.names[path] != nil || $0.directories.contains(path) }
    }

    func names(in directory: String, countMax: Int) -> [String]? {
        perform(nil) { state in
            guard state.directories.contains(directory) else { return (nil, ENOENT) }
            let paths = state.names.keys.filter { Self.folder(of: $0) == directory }
            return (Array(paths.map { String($0.dropFirst(directory.utf8.count + 1)) }.prefix(countMax)), 0)
        }
    }
}
