import NIOCore
import NIOPosix
import Synchronization

/// A web server that says, byte for byte, what it is told to.
final class PlayedServer: Sendable {
    struct Answer: Sendable {
        let text: String
        let closes: Bool
        /// Sends byte after byte, each after a while.
        var drips = false
    }

    private struct State {
        var connectionCount = 0
        var requests: [String] = []
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())
    private let answers: [String: Answer]
    private let listener = Mutex<(any Channel)?>(nil)

    /// - Parameter answers: By path. A path without one is answered by closing the connection.
    init(_ answers: [String: Answer]) { self.answers = answers }

    var connectionCount: Int { state.withLock { $0.connectionCount } }
    var requests: [String] { state.withLock { $0.requests } }

    /// - Returns: The address, without a slash at its end.
    func start() async throws -> String {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    self.state.withLock { $0.connectionCount += 1 }
                    try channel.pipeline.syncOperations.addHandler(Player(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
        return "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async throws {
        try await listener.withLock { $0 }?.close()
        try await group.shutdownGracefully()
    }

    private func answer(to request: String) -> Answer? {
        state.withLock { $0.requests.append(request) }
        return answers[String(request.split(separator: " ").dropFirst().first ?? "")]
    }

    private final class Player: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: PlayedServer
        private var read = ""

        init(server: PlayedServer) { self.server = server }

        private static func drip(to channel: any Channel) {
            channel.eventLoop.scheduleTask(in: .milliseconds(20)) {
                guard channel.isActive else { return }
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
                drip(to: channel)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            read += String(buffer: unwrapInboundIn(data))
            guard read.hasSuffix("\r\n\r\n") else { return }
            let answer = server.answer(to: read)
            read = ""
            guard let answer else { return context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer.text)), promise: nil)
            if answer.closes { context.close(promise: nil) }
            if answer.drips { Self.drip(to: context.channel) }
        }
    }
}
