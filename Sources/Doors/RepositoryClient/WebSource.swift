import AsyncHTTPClient
import BoundedHTTP
import NIOCore
import NIOHTTP1
import NIOPosix
package import UpdateTrust

/// A repository behind HTTP or HTTPS. What it serves is verified by signatures, not by the connection.
package final class WebSource: RepositorySource {
    /// How long a connection may take to come up.
    private static let connectSeconds: Int64 = 10
    /// How long a server may say nothing. The whole has no deadline: a large target over a slow line is no error.
    private static let silenceSeconds: Int64 = 30

    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient

    package init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: .seconds(Self.connectSeconds), read: .seconds(Self.silenceSeconds)))
        configuration.httpVersion = .http1Only
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    deinit {
        client.shutdown { [group] _ in group.shutdownGracefully { _ in } }
    }

    package func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply {
        do {
            return try await exchange(address, bytesMax: bytesMax, subject: subject)
        } catch let error as TufError {
            throw error
        } catch {
            throw TufError(.unavailable, subject: subject, message: "\(address) gave nothing: \(error)")
        }
    }

    @concurrent
    private func exchange(_ address: String, bytesMax: Int, subject: String) async throws -> TufReply {
        let response = try await client.execute(HTTPClientRequest(url: address), deadline: .distantFuture)
        switch response.status.code {
        case 200: break
        // A store that must not be listed says 403 for what is not there.
        case 403, 404: return .absent
        default:
            throw TufError(
                .unavailable, subject: subject, message: "\(address) was answered with \(response.status.code)")
        }
        guard let body = try await response.body(bytesMax: bytesMax) else {
            throw TufError(.lengthMismatch, subject: subject, message: "it is longer than \(bytesMax) bytes")
        }
        return .bytes(body)
    }
}
