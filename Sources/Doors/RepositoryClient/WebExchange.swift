import NIOCore
import NIOHTTP1

/// What a server answered.
enum WebAnswer: Sendable {
    case file([UInt8])
    /// More bytes than were asked for. The rest was not read.
    case tooLong
    case refused(status: UInt)
}

/// Why an answer did not come to its end.
enum WebFailure: Error {
    /// The server closed the connection before the end of the answer.
    case cutOff
    /// The server said nothing for too long.
    case silent
    /// The whole answer takes too long.
    case slow
}

/// One question to the server of a connection.
struct WebQuestion: Sendable {
    let address: WebAddress
    let bytesMax: Int
    let answer: EventLoopPromise<WebAnswer>
}

/// Asks on a connection one question after the other, and holds of an answer no more than was asked for.
final class WebExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = WebQuestion
    typealias OutboundOut = HTTPClientRequestPart

    /// Bytes of a page that says that there is nothing: a longer one costs more than a new connection.
    private static let refusalBytesMax = 65_536

    private var question: WebQuestion?
    private var status = HTTPResponseStatus.ok
    private var body: [UInt8] = []
    private var staysOpen = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        self.question = question
        body = []
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: question.address.target,
            headers: ["host": question.address.authority, "accept": "*/*"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let question else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = head.status
            staysOpen = head.isKeepAlive
            guard status == .ok, let text = head.headers.first(name: "content-length"), let count = Int(text)
            else { return }
            guard count <= question.bytesMax else { return finish(context, .success(.tooLong)) }
            body.reserveCapacity(count)
        case .body(let part): take(part, of: question, context)
        case .end:
            finish(context, .success(status == .ok ? .file(body) : .refused(status: status.code)), closing: !staysOpen)
        }
    }

    private func take(_ part: ByteBuffer, of question: WebQuestion, _ context: ChannelHandlerContext) {
        let isFile = status == .ok
        guard body.count + part.readableBytes <= (isFile ? question.bytesMax : Self.refusalBytesMax) else {
            return finish(context, .success(isFile ? .tooLong : .refused(status: status.code)))
        }
        part.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context, .failure(WebFailure.cutOff))
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A connection that nobody asks on may be as still as it likes.
        if event is IdleStateHandler.IdleStateEvent, question != nil { finish(context, .failure(WebFailure.silent)) }
        if let failure = event as? WebFailure { finish(context, .failure(failure)) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(context, .failure(error))
    }

    private func finish(
        _ context: ChannelHandlerContext, _ result: Result<WebAnswer, any Error>, closing: Bool = true
    ) {
        let answer = question?.answer
        question = nil
        body = []
        switch result {
        case .failure(let error):
            // Before the close, which fails what was not written yet: that is not the reason.
            answer?.fail(error)
            context.close(promise: nil)
        case .success(let value):
            // After the close, so that nobody asks on a connection that is going.
            if closing { context.close(promise: nil) }
            answer?.succeed(value)
        }
    }
}
