import AsyncHTTPClient
import BoundedHTTP
import ControlWire
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// HTTPS to one control plane, with connections kept alive. Trusts certificates of one CA and no other, follows no
/// redirect, retries nothing, and reads no answer beyond its bound.
final class ControlConnection: Sendable {
    /// An answer, read whole.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    struct Request: Sendable {
        var method: HTTPMethod
        /// Path and query.
        var target: String
        var headers: [(name: String, value: String)] = []
        var body: [UInt8]?
        /// The answer's body, at most; one beyond it is given up.
        var answerBytesMax: Int
        /// From the call to the last byte of the answer.
        var deadline: Moment.Span
    }

    /// How long a TCP and TLS connection may take to come up.
    private static let connectSeconds: Int64 = 5
    /// Connections are kept this long without use: longer than the poll interval of a fleet, below common proxies'.
    private static let idleSeconds: Int64 = 55
    /// Bytes read of the body of a refusal: an error body with its texts at their longest takes 2 KiB.
    static let refusalBytesMax = 16 * 1024

    let address: ControlAddress
    private let client: HTTPClient
    private let group: MultiThreadedEventLoopGroup

    /// - Parameter caFile: PEM, one or more certificates. Nothing else is trusted, the system's CAs neither.
    init(address: ControlAddress, caFile: String) throws(ClientError) {
        self.address = address
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateVerification = .fullVerification
        do {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
        } catch {
            throw ClientError(
                .badInput, subject: caFile, message: "the CA certificate cannot be read: \(error)",
                nextStep: "Name the control plane's CA file with --ca; it is var/control/ca.pem where it runs.")
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(Self.connectSeconds), read: nil))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(Self.idleSeconds)
        configuration.connectionPool.retryConnectionEstablishment = false
        // One thread: an agent has one request at a time, and forty agents share the machine in the demo.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// A connection that nobody closed closes itself: the HTTP client traps when it is forgotten, and a command that
    /// failed half way should end with its own error.
    deinit {
        client.shutdown { [group] _ in group.shutdownGracefully { _ in } }
    }

    /// Closes the connections. Calls under way fail.
    func close() async {
        // Neither can fail in a way that leaves something to do: what is closed twice is closed.
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }

    /// Sends a request and reads the whole answer, whatever its status.
    func send(_ request: Request) async throws(ClientError) -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer?.self) { tasks in
                tasks.addTask { try await self.exchange(request) }
                tasks.addTask {
                    try await Task.sleep(for: .milliseconds(request.deadline.milliseconds))
                    return nil
                }
                defer { tasks.cancelAll() }
                guard let answer = try await tasks.next() ?? nil else {
                    throw HTTPClientError.deadlineExceeded
                }
                return answer
            }
        } catch {
            throw clientError(of: error, calling: "\(request.method.rawValue) \(address)\(request.target)")
        }
    }

    @concurrent
    private func exchange(_ request: Request) async throws -> Answer {
        var message = HTTPClientRequest(url: "\(address)\(request.target)")
        message.method = request.method
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if let body = request.body { message.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(message, timeout: .milliseconds(request.deadline.milliseconds))
        let isSuccess = (200..<300).contains(response.status.code)
        let bytesMax = isSuccess ? request.answerBytesMax : min(Self.refusalBytesMax, request.answerBytesMax)
        guard let body = try await response.body(bytesMax: bytesMax) else { throw OversizedAnswer(bytesMax: bytesMax) }
        return Answer(status: Int(response.status.code), headers: response.headers, body: body)
    }

    private struct OversizedAnswer: Error {
        let bytesMax: Int
    }
}

// MARK: - Errors

extension ControlConnection {
    private func clientError(of error: any Error, calling subject: String) -> ClientError {
        switch error {
        case let error as OversizedAnswer:
            ClientError(
                .oversized, subject: subject, message: "the answer is longer than \(error.bytesMax) bytes")
        case let error as HTTPClientError where Self.timeouts.contains(error):
            ClientError(
                .timedOut, subject: subject, message: "no whole answer in time")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            ClientError(
                .untrusted, subject: subject,
                message: "the certificate of \(address) is not from the CA that was named, or not for that address")
        case is CancellationError:
            ClientError(.timedOut, subject: subject, message: "the call was cancelled", nextStep: "")
        default:
            ClientError(
                .unreachable, subject: subject, message: "cannot reach \(address): \(Self.reason(of: error))")
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout, .cancelled,
    ]

    private static func reason(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(of: $0.error) } ?? "the host name \(error.host) is not known"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }

    /// The refusal in an answer whose status is no success.
    func refusal(_ answer: Answer, calling subject: String) -> ClientError {
        let code: ClientError.Code =
            switch answer.status {
            case 401, 403: .unauthorized
            case 400..<500: .refused
            case 500...: .failed
            default: .malformed
            }
        let retryAfter = answer.headers.first(name: "retry-after").flatMap { Int64($0) }
            .map { Moment.Span.seconds(min(max($0, 0), Self.retrySecondsMax)) }
        if let body = try? ManagementJSON.decode(ErrorBody.self, from: answer.body, bytesMax: Self.refusalBytesMax) {
            return ClientError(
                code, serverCode: body.error.code, status: answer.status, subject: subject,
                message: body.error.message, nextStep: body.error.nextStep, retryAfter: retryAfter)
        }
        return ClientError(
            code, status: answer.status, subject: subject, message: "the server answered with status \(answer.status)",
            retryAfter: retryAfter)
    }

    /// A server that asks for more patience than an hour is not obeyed beyond it.
    private static let retrySecondsMax: Int64 = 3600
}
