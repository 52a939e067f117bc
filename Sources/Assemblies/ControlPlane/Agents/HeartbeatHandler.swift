import ControlWire
import Crypto
import FleetModel
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers heartbeats on the event loop that they arrive on, and lets every other request through.
///
/// Most requests of a fleet are heartbeats of endpoints to whom there is nothing to tell. Through the router each would
/// cost hops between threads, tasks and routing tables to no end. Here it costs one lookup. Who may be answered here is
/// the driver's word (``CredentialTable``), and everything that is not exactly such a heartbeat goes on unchanged.
///
/// HTTP/1.1 answers in the order of the requests, so nothing is answered here while a request is in the router's hands.
///
/// It is also the connection's watchman: it closes one that is idle, or that sends its request too slowly.
final class HeartbeatHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// What comes goes on.
        case passing
        /// The head of what may be a heartbeat is held back until its body has come.
        case holding(head: HTTPRequest, key: CredentialKey, body: ByteBuffer)
    }

    private let lane: HeartbeatLane
    private var state = State.passing
    /// Requests that went on and are not answered yet.
    private var passedCount = 0
    private var isReadingRequest = false
    private var requestBytes = 0
    private var wasActive = true
    /// How many looks the watch has had at the request that is being read.
    private var looksWhileReading = 0
    private var watch: RepeatedTask?
    /// The last credential of this connection and its key: an agent keeps its connection and its credential.
    private var lastAuthorization = ""
    private var lastKey: CredentialKey?

    init(lane: HeartbeatLane) { self.lane = lane }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        wasActive = true
        switch unwrapInboundIn(data) {
        case .head(let head):
            isReadingRequest = true
            looksWhileReading = 0
            requestBytes = 0
            if passedCount == 0, let key = candidateKey(head) {
                state = .holding(head: head, key: key, body: ByteBuffer())
                return
            }
            passedCount += 1
        case .body(var part):
            requestBytes += part.readableBytes
            // The router refuses what is too long, and reads on to the request's end. That has an end too.
            guard requestBytes <= ControlLimit.requestBytesMax else {
                context.close(promise: nil)
                return
            }
            guard case .holding(let head, let key, var body) = state else { break }
            state = .passing
            body.writeBuffer(&part)
            guard body.readableBytes <= Heartbeat.bytesMax else { return letGo(head, body, context) }
            state = .holding(head: head, key: key, body: body)
            return
        case .end(let trailers):
            isReadingRequest = false
            guard case .holding(let head, let key, let body) = state else { break }
            state = .passing
            if answer(key, body, context) { return }
            letGo(head, body, context)
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
            return
        }
        context.fireChannelRead(data)
    }

    /// Hands on what was held back.
    private func letGo(_ head: HTTPRequest, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        passedCount += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    /// The key of the credential that a request shows, if it may be a heartbeat by its head.
    private func candidateKey(_ head: HTTPRequest) -> CredentialKey? {
        guard head.method == .post, head.path == Routes.opamp,
            head.headerFields[.contentType] == Routes.MediaType.protobuf,
            head.headerFields[.connection] == nil,
            let length = head.headerFields[.contentLength].flatMap({ Int($0) }), length <= Heartbeat.bytesMax,
            let authorization = head.headerFields[.authorization]
        else { return nil }
        if authorization == lastAuthorization { return lastKey }
        guard case .credential(let credential)? = AgentAuthorization(header: authorization) else { return nil }
        lastAuthorization = authorization
        lastKey = CredentialKey(SHA256.hash(data: Array(credential.utf8)))
        return lastKey
    }

    /// Answers a heartbeat of an endpoint to whom there is nothing to tell; false: it is something else.
    private func answer(_ key: CredentialKey, _ body: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard let beat = Heartbeat(body.readableBytesView), lane.isQuiet(beat, of: key) else { return false }
        context.write(wrapOutboundOut(.head(lane.head())), promise: nil)
        let reply = lane.reply.buffer(for: beat.instance, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(.body(reply)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        return true
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passedCount -= 1 }
        wasActive = true
        context.write(data, promise: promise)
    }

    // MARK: The watch

    func handlerAdded(context: ChannelHandlerContext) {
        let interval = TimeAmount.seconds(ControlLimit.idleSeconds / 2)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { watch?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        context.fireChannelInactive()
    }

    private func look(_ context: ChannelHandlerContext) {
        defer { wasActive = false }
        // A byte now and then is activity, but no request: one that is not whole in time gives its connection back.
        looksWhileReading = isReadingRequest ? looksWhileReading + 1 : 0
        guard looksWhileReading <= ControlLimit.requestLooksMax else { return context.close(promise: nil) }
        // A request that is whole and waits for its answer is the router's affair; one that never gets whole is not.
        if !wasActive, passedCount == 0 || isReadingRequest { context.close(promise: nil) }
    }
}

/// What all connections' handlers share.
final class HeartbeatLane: Sendable {
    let credentials: CredentialTable
    let clock: ControlClock
    let reply: QuietReply
    private let heads: HeadCache

    init(credentials: CredentialTable, clock: ControlClock) throws {
        self.credentials = credentials
        self.clock = clock
        reply = try QuietReply()
        heads = HeadCache(contentLength: reply.count)
    }

    func isQuiet(_ beat: Heartbeat, of key: CredentialKey) -> Bool {
        credentials.heartbeat(key, instance: beat.instance, sequence: beat.sequence, at: clock.now) == .quiet
    }

    func head() -> HTTPResponse { heads.head() }
}
