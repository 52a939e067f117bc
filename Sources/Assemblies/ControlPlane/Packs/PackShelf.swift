import DurableFiles
import FleetModel
import NIOCore
import NIOPosix
import Synchronization

/// The packs' files: written once, durable before their release is booked, read by many at the same time.
///
/// Files are read and written on NIO's thread pool, since a disk blocks its caller.
final class PackShelf: Sendable {
    private let folder: String
    private let files = DurableFiles()
    private let cache = Mutex(Cache())
    private let writing = Mutex(())

    /// Packs in memory, the least used first.
    private struct Cache {
        var order: [Digest] = []
        var packs: [Digest: ByteBuffer] = [:]
        var byteCount = 0

        mutating func keep(_ pack: ByteBuffer, as digest: Digest) {
            guard packs[digest] == nil, pack.readableBytes <= ControlLimit.packCacheBytesMax else { return }
            packs[digest] = pack
            order.append(digest)
            byteCount += pack.readableBytes
            while byteCount > ControlLimit.packCacheBytesMax, let oldest = order.first {
                order.removeFirst()
                byteCount -= packs.removeValue(forKey: oldest)?.readableBytes ?? 0
            }
        }
    }

    private static let suffix = ".fbpack"
    private static let fileBytesMax = 32 << 20

    /// - Parameter known: Digests of published releases. Files of no release are what a crash left between the file and
    ///   its row; they are removed.
    init(folder: String, known: Set<Digest>) throws(FileError) {
        self.folder = folder
        try files.makeDirectory(folder, mode: 0o700)
        let names = Set(known.map { "\($0)\(Self.suffix)" })
        for name in try files.names(in: folder) where !names.contains(name) { try files.remove("\(folder)/\(name)") }
    }

    private func path(of digest: Digest) -> String { "\(folder)/\(digest)\(Self.suffix)" }

    /// Writes a verified pack; returns when it is durable.
    func keep(_ bytes: [UInt8], as digest: Digest) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            // DurableFiles wants one writer for a path; publications are rare, so one at all.
            try self.writing.withLock { _ in try self.files.write(bytes, to: self.path(of: digest), mode: 0o600) }
        }
        cache.withLock { $0.keep(ByteBuffer(bytes: bytes), as: digest) }
    }

    /// A pack's bytes.
    func pack(_ digest: Digest) async throws -> ByteBuffer {
        if let pack = cache.withLock({ $0.packs[digest] }) { return pack }
        let bytes = try await NIOThreadPool.singleton.runIfActive {
            try self.files.read(self.path(of: digest), bytesMax: Self.fileBytesMax)
        }
        let pack = ByteBuffer(bytes: bytes)
        cache.withLock { $0.keep(pack, as: digest) }
        return pack
    }
}
