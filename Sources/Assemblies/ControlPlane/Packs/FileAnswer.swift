import DurableFiles
import Foundation
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore

/// A file as an answer, of which one portion is in memory at a time: a build of the agent has 90 MB, and a fleet asks for
/// it together.
final class FileAnswer: Sendable {
    private let descriptor: Int32
    private let path: String
    private let byteCount: Int

    private static let portionBytes = 256 << 10

    /// Opens the file.
    ///
    /// - Throws: ``FileError`` `.notFound`, `.oversized` for one of more than `bytesMax` bytes, and others.
    init(_ path: String, bytesMax: Int) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            byteCount = 0
            throw FileError(errno: errno, during: "open", subject: path)
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            byteCount = 0
            throw FileError(errno: errno, during: "fstat", subject: path)
        }
        byteCount = Int(facts.st_size)
        guard facts.st_mode & S_IFMT == S_IFREG else { throw FileError(errno: ENOENT, during: "open", subject: path) }
        guard byteCount <= bytesMax else {
            throw FileError(.oversized, subject: path, message: "longer than \(bytesMax) bytes")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    var response: Response {
        Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: ResponseBody(contentLength: byteCount) { writer in
                var sent = 0
                // What was added since is not sent, and what was cut off ends the connection: its reader sees the length.
                while sent < self.byteCount {
                    let portion = try self.portion(at: sent)
                    sent += portion.readableBytes
                    try await writer.write(portion)
                }
                try await writer.finish(nil)
            })
    }

    private func portion(at offset: Int) throws(FileError) -> ByteBuffer {
        let wanted = min(Self.portionBytes, byteCount - offset)
        var buffer = ByteBufferAllocator().buffer(capacity: wanted)
        let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
            max(0, pread(descriptor, room.baseAddress, wanted, off_t(offset)))
        }
        guard count > 0 else { throw FileError(errno: errno == 0 ? EIO : errno, during: "read", subject: path) }
        return buffer
    }
}
