import DurableFiles
import Foundation
import Glibc
import Synchronization

/// A directory of its own for one test, gone with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "durable-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }
}

/// The kernel's calls, of which one fails.
final class FailingCalls: FileCalls {
    enum Call: String, CaseIterable { case open, write, read, fsync, close, rename }

    private let kernel = KernelCalls()
    private let failing: Call
    private let number: Int32
    /// How many calls of the kind go well first.
    private let left: Mutex<Int>

    init(_ failing: Call, errno number: Int32, after count: Int) {
        self.failing = failing
        self.number = number
        left = Mutex(count)
    }

    /// Whether the failure was reached.
    var hasFailed: Bool { left.withLock { $0 < 0 } }

    private func fails(_ call: Call) -> Bool {
        guard call == failing else { return false }
        let isNow = left.withLock { left in
            left -= 1
            return left == -1
        }
        if isNow { errno = number }
        return isNow
    }

    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 {
        fails(.open) ? -1 : kernel.open(path, flags, mode: mode)
    }
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        if fails(.write) {
            // As a disk that fills up: part of it is written first.
            _ = kernel.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)))
            errno = number
            return -1
        }
        return kernel.write(descriptor, bytes)
    }
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        fails(.read) ? -1 : kernel.read(descriptor, into: bytes)
    }
    func fsync(_ descriptor: Int32) -> Int32 { fails(.fsync) ? -1 : kernel.fsync(descriptor) }
    func close(_ descriptor: Int32) -> Int32 {
        if fails(.close) {
            _ = kernel.close(descriptor)
            errno = number
            return -1
        }
        return kernel.close(descriptor)
    }
    func rename(_ old: String, to new: String) -> Int32 { fails(.rename) ? -1 : kernel.rename(old, to: new) }
    func unlink(_ path: String) -> Int32 { kernel.unlink(path) }
}

/// A disk that loses every second half of what it is given, and says that all is well.
struct LyingCalls: FileCalls {
    private let kernel = KernelCalls()
    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 { kernel.open(path, flags, mode: mode) }
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        _ = kernel.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)))
        return bytes.count
    }
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        kernel.read(descriptor, into: bytes)
    }
    func fsync(_ descriptor: Int32) -> Int32 { kernel.fsync(descriptor) }
    func close(_ descriptor: Int32) -> Int32 { kernel.close(descriptor) }
    func rename(_ old: String, to new: String) -> Int32 { kernel.rename(old, to: new) }
    func unlink(_ path: String) -> Int32 { kernel.unlink(path) }
}
