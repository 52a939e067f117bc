package import Glibc

/// The system calls that durability rests on, so that a test can fail each in turn.
///
/// Every call returns what the system does: a negative number is an error, and `errno` says which.
package protocol FileCalls: Sendable {
    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int
    func fsync(_ descriptor: Int32) -> Int32
    func close(_ descriptor: Int32) -> Int32
    func rename(_ old: String, to new: String) -> Int32
    func unlink(_ path: String) -> Int32
}

/// The kernel's.
package struct KernelCalls: FileCalls {
    package init() {}

    package func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 { Glibc.open(path, flags, mode) }
    package func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }
    package func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        Glibc.read(descriptor, bytes.baseAddress, bytes.count)
    }
    package func fsync(_ descriptor: Int32) -> Int32 { Glibc.fsync(descriptor) }
    package func close(_ descriptor: Int32) -> Int32 { Glibc.close(descriptor) }
    package func rename(_ old: String, to new: String) -> Int32 { Glibc.rename(old, new) }
    package func unlink(_ path: String) -> Int32 { Glibc.unlink(path) }
}
