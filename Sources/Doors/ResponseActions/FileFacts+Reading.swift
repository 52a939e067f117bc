import CResponseActions
import FleetModel
import Glibc
import ResponseEngine

import struct Crypto.SHA256

extension FileFacts {
    /// Bytes read at once.
    private static let chunkBytes = 256 << 10

    /// All there is to know of an open file. Reads it whole.
    ///
    /// - Throws: `subjectRefused` for what is no regular file with one name, and for one that is being written.
    init(of file: OpenFile, path: String) throws(ResponseError) {
        let status = try Self.status(of: file, path: path)
        guard status.isRegular else {
            throw ResponseError(.subjectRefused, subject: path, message: "it is no regular file")
        }
        guard status.st_nlink == 1 else {
            throw ResponseError(
                .subjectRefused, subject: path,
                message: "it has \(status.st_nlink) names, and the others would go on; remove it by hand")
        }
        let (digest, bytes) = try Self.digest(of: file, path: path)
        self.init(
            device: FileNumber(UInt64(status.st_dev)), inode: FileNumber(UInt64(status.st_ino)),
            bytes: Int64(status.st_size), digest: digest, mode: status.st_mode & 0o7777, owner: status.st_uid,
            group: status.st_gid,
            accessed: FileTime(seconds: Int64(status.st_atim.tv_sec), nanoseconds: Int64(status.st_atim.tv_nsec)),
            modified: FileTime(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec)),
            attributes: try Self.attributes(of: file, path: path))
        let after = try Self.status(of: file, path: path)
        guard bytes == self.bytes, after.st_mtim.tv_sec == status.st_mtim.tv_sec,
            after.st_mtim.tv_nsec == status.st_mtim.tv_nsec
        else {
            throw ResponseError(
                .subjectRefused, subject: path, message: "it is being written; it is left to the next match")
        }
    }

    static func status(of file: OpenFile, path: String) throws(ResponseError) -> stat {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else {
            throw ResponseError(call: "fstat", result: -Int(errno), subject: path)
        }
        return status
    }

    /// SHA-256 of the content from the beginning, and its length. With `target`, the content is written there too.
    static func digest(
        of file: OpenFile, path: String, copiedTo target: OpenFile? = nil
    ) throws(ResponseError) -> (digest: Digest, bytes: Int64) {
        var hasher = SHA256()
        var total: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let count = buffer.withUnsafeMutableBytes {
                pread(file.descriptor, $0.baseAddress, $0.count, off_t(total))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ResponseError(call: "read", result: -Int(errno), subject: path) }
            if count == 0 { break }
            buffer.withUnsafeBytes { hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let target { try write(buffer[..<count], to: target, path: path) }
            total += Int64(count)
        }
        return (Digest(accepted: Hexadecimal.encode(Array(hasher.finalize()))), total)
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to target: OpenFile, path: String) throws(ResponseError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(target.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ResponseError(call: "write", result: -Int(errno), subject: path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func attributes(of file: OpenFile, path: String) throws(ResponseError) -> [String: String] {
        var names = [CChar](repeating: 0, count: ResponseLimit.attributeBytesMax)
        let count = firebreak_attribute_names(file.descriptor, &names, names.count)
        // A file system without attributes has none to lose.
        if count == -Int64(EOPNOTSUPP) { return [:] }
        guard count >= 0 else { throw ResponseError(call: "listxattr", result: Int(count), subject: path) }
        var attributes: [String: String] = [:]
        var total = 0
        for part in names[..<Int(count)].split(separator: 0) {
            let name = String(decoding: part.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var value = [UInt8](repeating: 0, count: ResponseLimit.attributeBytesMax)
            let size = firebreak_attribute_value(file.descriptor, name, &value, value.count)
            guard size >= 0 else { throw ResponseError(call: "getxattr", result: Int(size), subject: path) }
            total += Int(size)
            guard total <= ResponseLimit.attributeBytesMax else {
                throw ResponseError(
                    .subjectRefused, subject: path, message: "its extended attributes are too large to be kept")
            }
            attributes[name] = Hexadecimal.encode(value[..<Int(size)])
        }
        return attributes
    }

    /// Gives the file its owner, mode, attributes and times again, durably. In this order: a change of owner takes
    /// set-user-id and capabilities away, and whatever is written last sets the time.
    func apply(to file: OpenFile, path: String) throws(ResponseError) {
        func check(_ call: String, _ result: Int32) throws(ResponseError) {
            guard result == 0 else { throw ResponseError(call: call, result: -Int(errno), subject: path) }
        }
        try check("fchown", fchown(file.descriptor, owner, group))
        try check("fchmod", fchmod(file.descriptor, mode_t(mode)))
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            guard let bytes = Hexadecimal.decode(value) else { continue }
            let result = firebreak_attribute_set(file.descriptor, name, bytes, bytes.count)
            // A file system that has no such attributes cannot have lost them.
            guard result == 0 || result == -EOPNOTSUPP else {
                throw ResponseError(call: "setxattr \(name)", result: Int(result), subject: path)
            }
        }
        let times = [
            timespec(tv_sec: Int(accessed.seconds), tv_nsec: Int(accessed.nanoseconds)),
            timespec(tv_sec: Int(modified.seconds), tv_nsec: Int(modified.nanoseconds)),
        ]
        try check("futimens", futimens(file.descriptor, times))
        try check("fsync", fsync(file.descriptor))
    }
}
