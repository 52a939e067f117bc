import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real TLS server on loopback whose answers a test writes down.
final class TestServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    enum Answer: Sendable {
        case whole(status: Int, headers: [(String, String)] = [], body: [UInt8] = [])
        /// Nothing, ever.
        case silence
        /// Head and first byte of a body that never ends.
        case unfinished
        /// A body without end, as fast as it is read.
        case endless
        /// The connection is closed without a word.
        case hangUp
    }

    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let seen: Seen

    /// What came in, in order.
    private final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
        let connections = Mutex(0)
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: [Request] { seen.requests.withLock { $0 } }
    /// Connections that were accepted, kept-alive ones once.
    var connectionCount: Int { seen.connections.withLock { $0 } }

    init(_ fixture: CertificateFixture, answer: @escaping @Sendable (Request) -> Answer) async throws {
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(fixture.server)], privateKey: .privateKey(fixture.serverKey))
        let context = try NIOSSLContext(configuration: configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let seen = Seen()
        self.group = group
        self.seen = seen
        channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    seen.connections.withLock { $0 += 1 }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(answer: answer) { request in seen.requests.withLock { $0.append(request) } })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: @Sendable (Request) -> Answer
        private let note: @Sendable (Request) -> Void
        private var request: Request?

        init(answer: @escaping @Sendable (Request) -> Answer, note: @escaping @Sendable (Request) -> Void) {
            self.answer = answer
            self.note = note
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = Request(method: head.method.rawValue, target: head.uri, headers: head.headers, body: [])
            case .body(let part): request?.body.append(contentsOf: part.readableBytesView)
            case .end:
                guard let request else { return }
                note(request)
                give(answer(request), context)
            }
        }

        private func give(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .whole(let status, let headers, let body):
                var fields = HTTPHeaders(headers)
                fields.replaceOrAdd(name: "content-length", value: "\(body.count)")
                head(status, fields, context)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .silence: break
            case .unfinished:
                head(200, HTTPHeaders(), context)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: [0])))), promise: nil)
            case .endless:
                head(200, HTTPHeaders(), context)
                pour(context)
            case .hangUp: context.close(promise: nil)
            }
        }

        private func head(_ status: Int, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
        }

        /// Writes the next portion when the last one is gone, until the reader hangs up.
        private func pour(_ context: ChannelHandlerContext) {
            let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0, count: 65_536)))))
                .whenSuccess {
                    let (handler, context) = loopBound.value
                    handler.pour(context)
                }
        }
    }
}
