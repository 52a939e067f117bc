import DurableFiles
import HTTPTypes
import Hummingbird
import NIOCore

/// A file as an answer, of which one portion is in memory at a time: a build of the agent has 90 MB, and a fleet asks for
/// it together.
enum FileAnswer {
    private static let portionBytes = 256 << 10

    /// - Throws: ``FileError`` `.notFound`, `.oversized` for one of more than `bytesMax` bytes, and others.
    static func response(_ path: String, bytesMax: Int) throws(FileError) -> Response {
        let file = try ReadableFile(path, bytesMax: bytesMax)
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: ResponseBody(contentLength: file.byteCount) { writer in
                var sent = 0
                // What was added since is not sent, and what was cut off ends the connection: its reader sees the length.
                while sent < file.byteCount {
                    let portion = try portion(of: file, at: sent)
                    sent += portion.readableBytes
                    try await writer.write(portion)
                }
                try await writer.finish(nil)
            })
    }

    private static func portion(of file: ReadableFile, at offset: Int) throws -> ByteBuffer {
        let wanted = min(portionBytes, file.byteCount - offset)
        var buffer = ByteBufferAllocator().buffer(capacity: wanted)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
            try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]))
        }
        return buffer
    }
}
