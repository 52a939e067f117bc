import ControlWire
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads requests and writes answers, alike for every route.
enum HTTPExchange {
    /// The whole body, at most `bytesMax` bytes.
    static func body(of request: Request, bytesMax: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bytesMax {
            throw oversized(bytesMax)
        }
        do {
            let buffer = try await request.body.collect(upTo: bytesMax)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw oversized(bytesMax)
        }
    }

    static func oversized(_ bytesMax: Int) -> ControlRefusal {
        ControlRefusal(
            413, ControlWireError.Code.oversized.rawValue, "the body has more than \(bytesMax) bytes",
            next: "Send less at a time.")
    }

    /// Refuses a body of another media type than `type`. Parameters, as `; charset=utf-8`, say nothing here.
    static func require(_ type: String, of request: Request) throws(ControlRefusal) {
        let given = request.headers[.contentType]?.split(separator: ";").first.map { String($0).trimmingWhitespace() }
        guard given?.lowercased() == type else {
            throw ControlRefusal(
                .requestMediaType, "the body's type is \"\((given ?? "").prefix(80))\", and \(type) is wanted",
                next: "Send the header Content-Type: \(type).")
        }
    }

    static func answer(_ bytes: [UInt8], _ type: String, status: HTTPResponse.Status = .ok) -> Response {
        answer(ByteBuffer(bytes: bytes), type, status: status)
    }

    static func answer(_ buffer: ByteBuffer, _ type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: buffer)
        )
    }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        answer(try ManagementJSON.encode(value), Routes.MediaType.json, status: status)
    }

    static func answer(_ refusal: ControlRefusal) -> Response {
        // Its three texts are ours, so it can be written.
        let bytes = (try? ManagementJSON.encode(refusal.body)) ?? []
        var response = answer(bytes, Routes.MediaType.json, status: HTTPResponse.Status(code: refusal.status))
        if let seconds = refusal.retryAfterSeconds { response.headers[.retryAfter] = "\(seconds)" }
        if refusal.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    /// The number of a query parameter; `standard` where it is absent.
    static func number(_ name: String, of request: Request, standard: Int64, in bounds: ClosedRange<Int64>)
        throws(ControlRefusal) -> Int64
    {
        guard let text = request.uri.queryParameters[Substring(name)] else { return standard }
        guard let number = Int64(text), bounds.contains(number) else {
            throw ControlRefusal(
                .requestParameter, "\(name) is \"\(text.prefix(40))\"",
                next: "Give a whole number from \(bounds.lowerBound) to \(bounds.upperBound).")
        }
        return number
    }

    static func identifier<ID: TextIdentifier>(_ text: String) throws(ControlRefusal) -> ID {
        do throws(IdentifierError) {
            return try ID(checking: text)
        } catch {
            throw ControlRefusal(.requestIdentifier, error.description, next: "Check the path of the request.")
        }
    }
}

/// Turns what a handler throws into an answer, and logs each refused request once.
struct RefusalMiddleware: RouterMiddleware {
    typealias Context = ControlContext

    let log: RefusalLog
    let now: @Sendable () -> Moment

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    )
        async throws -> Response
    {
        do {
            return try await next(request, context)
        } catch {
            let refusal = Self.refusal(for: error, request: request)
            log.note(refusal, path: String(request.uri.path.prefix(120)), who: context.peer, at: now())
            return HTTPExchange.answer(refusal)
        }
    }

    private static func refusal(for error: any Error, request: Request) -> ControlRefusal {
        guard let error = error as? HTTPError else { return ControlRefusal(any: error) }
        if error.status == .notFound {
            return ControlRefusal(
                .requestPath, "there is nothing at \(request.method) \(request.uri.path.prefix(120))",
                next: "docs/design/control-plane.md lists the routes.")
        }
        return ControlRefusal(
            error.status.code, ControlRefusal.Code.requestRefused.rawValue, error.body ?? error.status.reasonPhrase,
            next: "Check the request.")
    }
}
