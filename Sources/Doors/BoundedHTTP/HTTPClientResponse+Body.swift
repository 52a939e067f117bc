package import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension HTTPClientResponse {
    /// The whole body; nil when it is longer than `bytesMax`, which is known at the latest from the first byte too many:
    /// no more is read than may be kept, whatever the server announces or leaves unsaid.
    @concurrent
    package func body(bytesMax: Int) async throws -> [UInt8]? {
        if let text = headers.first(name: "content-length"), let count = Int(text), count > bytesMax { return nil }
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= bytesMax else { return nil }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }
}
