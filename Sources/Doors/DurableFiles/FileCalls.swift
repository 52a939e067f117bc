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
    func exists(_ path: String) -> Bool
    func mkdir(_ path: String, mode: mode_t) -> Int32
    func rmdir(_ path: String) -> Int32
    /// The names in a directory, in any order, without `.` and `..`; it may stop after `countMax` of them. Nil is an
    /// error.
    func names(in directory: String, countMax: Int) -> [String]?
}

extension FileCalls {
    // Directories are the kernel's own for whoever only wants to fail the calls on files.
    package func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    package func mkdir(_ path: String, mode: mode_t) -> Int32 { Glibc.mkdir(path, mode) }
    package func rmdir(_ path: String) -> Int32 { Glibc.rmdir(path) }
    package func names(in directory: String, countMax: Int) -> [String]? {
        guard let stream = opendir(directory) else { return nil }
        var names: [String] = []
        var failure: Int32 = 0
        while names.count < countMax {
            // The end and an error look the same but for this (readdir(3)); a list that breaks off is none.
            errno = 0
            guard let entry = readdir(stream) else {
                failure = errno
                break
            }
            // The name is a fixed array in the C structure, ended by zero.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(stream)
        errno = failure
        return failure == 0 ? names : nil
    }
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
