package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
package import UpdateTrust

/// A repository behind HTTP or HTTPS. What it serves is verified by signatures, not by the connection.
///
/// Asks on one connection as long as the server keeps it. Redirects are not followed: a repository's addresses are in its
/// client's configuration.
package final class WebSource: RepositorySource {
    /// How long a connection may take to come up.
    private static let connectSeconds: Int64 = 10
    /// How long a server may say nothing.
    private static let silenceSeconds: Int64 = 30
    /// What comes slower than this on the whole is given up: a server that drips one byte after the other would keep its
    /// client from news for ever (TUF 1.5.2, slow retrieval). The line of an old modem.
    private static let slowestBytesPerSecond = 4_096

    /// How long a file of at most so many bytes may take.
    package static func allowance(for bytesMax: Int) -> TimeAmount {
        .seconds(silenceSeconds + Int64(bytesMax / slowestBytesPerSecond))
    }

    /// A connection that waits for the next question.
    private struct Idle {
        let origin: WebAddress.Origin
        let channel: any Channel
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let idle = Mutex<Idle?>(nil)
    private let allowance: @Sendable (Int) -> TimeAmount

    /// - Parameter allowance: How long a file of at most so many bytes may take.
    package init(allowance: @escaping @Sendable (_ bytesMax: Int) -> TimeAmount = WebSource.allowance) {
        self.allowance = allowance
    }

    deinit { group.shutdownGracefully { _ in } }

    package func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply {
        guard let parsed = WebAddress(address) else {
            throw TufError(
                .unavailable, subject: subject,
                message: "\(address.prefix(200)) is not the address of a web server's file")
        }
        let answer: WebAnswer
        do {
            answer = try await ask(parsed, bytesMax: bytesMax)
        } catch {
            throw TufError(.unavailable, subject: subject, message: "\(address) gave nothing: \(error)")
        }
        switch answer {
        case .file(let bytes): return .bytes(bytes)
        case .tooLong:
            throw TufError(.lengthMismatch, subject: subject, message: "it is longer than \(bytesMax) bytes")
        // A store that must not be listed says 403 for what is not there.
        case .refused(403), .refused(404): return .absent
        case .refused(let status):
            throw TufError(.unavailable, subject: subject, message: "\(address) was answered with \(status)")
        }
    }

    @concurrent
    private func ask(_ address: WebAddress, bytesMax: Int) async throws -> WebAnswer {
        let waiting = idle.withLock { idle -> Idle? in
            defer { idle = nil }
            return idle
        }
        if let waiting {
            if waiting.origin == address.origin, waiting.channel.isActive {
                // The server may have closed it while the question was on its way; then it is asked once more.
                do {
                    return try await ask(address, bytesMax: bytesMax, on: waiting.channel)
                } catch WebFailure.slow, WebFailure.silent {
                    throw WebFailure.slow
                } catch {}
            } else {
                waiting.channel.close(promise: nil)
            }
        }
        return try await ask(address, bytesMax: bytesMax, on: try await connect(to: address.origin))
    }

    private func ask(_ address: WebAddress, bytesMax: Int, on channel: any Channel) async throws -> WebAnswer {
        let promise = channel.eventLoop.makePromise(of: WebAnswer.self)
        let question = WebQuestion(address: address, bytesMax: bytesMax, answer: promise)
        channel.writeAndFlush(question).cascadeFailure(to: promise)
        let alarm = channel.eventLoop.scheduleTask(in: allowance(bytesMax)) {
            channel.pipeline.fireUserInboundEventTriggered(WebFailure.slow)
        }
        defer { alarm.cancel() }
        let answer = try await promise.futureResult.get()
        if channel.isActive { idle.withLock { $0 = Idle(origin: address.origin, channel: channel) } }
        return answer
    }

    private func connect(to origin: WebAddress.Origin) async throws -> any Channel {
        let security = origin.isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        return try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(Self.connectSeconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security {
                        // An IP address is no server name (RFC 6066 clause 3); it is compared with the certificate's.
                        let isNumeric = (try? SocketAddress(ipAddress: origin.host, port: origin.port)) != nil
                        try pipeline.addHandler(
                            try NIOSSLClientHandler(context: security, serverHostname: isNumeric ? nil : origin.host))
                    }
                    try pipeline.addHandler(IdleStateHandler(readTimeout: .seconds(Self.silenceSeconds)))
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(WebExchange())
                }
            }
            .connect(host: origin.host, port: origin.port).get()
    }
}
