import AsyncHTTPClient
import BoundedHTTP
import DurableFiles
import NIOCore
import NIOHTTP1
import NIOSSL
package import TransparencyLog

/// A log's files, wherever they are: behind a URL, or in a directory. Believes nothing of them; that is what the
/// machines of TransparencyLog are for.
package struct LogReader: Sendable {
    private enum Place: Sendable {
        case directory(String)
        case address(String, HTTPClient)
    }

    private let place: Place

    /// From the call to the last byte of one file.
    private static let deadlineSeconds: Int64 = 30
    private static let connectSeconds: Int64 = 5

    /// - Parameters:
    ///   - place: `http://…`, `https://…`, or the path of a directory.
    ///   - caFile: PEM: the CAs that are trusted in place of the system's. What is read is believed for its proofs, not
    ///     for its connection; a certificate only keeps others from reading along.
    package init(_ place: String, caFile: String? = nil) throws(LogClientError) {
        var trimmed = place
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        if place.hasPrefix("http://") || place.hasPrefix("https://") {
            self.place = .address(trimmed, HTTPClient(configuration: try Self.configuration(caFile: caFile)))
        } else {
            guard !place.isEmpty, !place.contains("://") else {
                throw LogClientError(.badAddress, subject: place, message: "this is no place of a log")
            }
            self.place = .directory(trimmed)
        }
    }

    /// Reads a log and closes the connections, whatever happens.
    package static func reading<Value>(
        _ place: String, caFile: String? = nil, _ body: (LogReader) async throws -> Value
    ) async throws -> Value {
        let reader = try LogReader(place, caFile: caFile)
        do {
            let value = try await body(reader)
            await reader.close()
            return value
        } catch {
            await reader.close()
            throw error
        }
    }

    static func configuration(caFile: String? = nil) throws(LogClientError) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let caFile {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw LogClientError(
                    .badAddress, subject: caFile, message: "the CA certificate cannot be read: \(error)")
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(connectSeconds), read: nil))
        configuration.httpVersion = .http1Only
        return configuration
    }

    /// Closes the connections. Must be called when the reader is not used any more.
    package func close() async {
        // Closing what is closed is no failure that leaves something to do.
        if case .address(_, let client) = place { try? await client.shutdown() }
    }

    /// The file's bytes; nil where there is none. No more than its bound is read.
    package func bytes(of resource: LogResource) async throws(LogClientError) -> [UInt8]? {
        switch place {
        case .directory(let folder): try Self.read("\(folder)/\(resource.path)", bytesMax: resource.bytesMax)
        case .address(let base, let client):
            try await Self.fetch("\(base)/\(resource.path)", bytesMax: resource.bytesMax, client)
        }
    }

    /// Answers a machine's question.
    ///
    /// - Parameter step: Called after each file, for machines whose entries are to be taken on the way.
    package func answer<Machine: LogMachine>(
        _ machine: Machine, step: (inout Machine) -> Void = { _ in }
    ) async throws -> Machine {
        var machine = machine
        while let next = machine.wanted.first {
            try machine.take(try await bytes(of: next), of: next)
            step(&machine)
        }
        return machine
    }

    private static func read(_ path: String, bytesMax: Int) throws(LogClientError) -> [UInt8]? {
        do throws(FileError) {
            return try DurableFiles().read(path, bytesMax: bytesMax)
        } catch {
            switch error.code {
            case .notFound: return nil
            case .oversized: throw LogClientError(.oversized, subject: path, message: "more than \(bytesMax) bytes")
            default: throw LogClientError(.fileFailed, subject: path, message: error.message)
            }
        }
    }

    private static func fetch(_ url: String, bytesMax: Int, _ client: HTTPClient) async throws(LogClientError)
        -> [UInt8]?
    {
        let answer = try await HTTPCall.send(HTTPClientRequest(url: url), bytesMax: bytesMax, client, deadlineSeconds)
        switch answer.status {
        case 200: return answer.body
        case 404, 410: return nil
        default: throw LogClientError(.refused, subject: url, message: "the server answered with \(answer.status)")
        }
    }
}

/// One request and its whole answer, cut off beyond its bound.
enum HTTPCall {
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
    }

    private struct Oversized: Error {}

    static func send(_ request: HTTPClientRequest, bytesMax: Int, _ client: HTTPClient, _ deadlineSeconds: Int64)
        async throws(LogClientError) -> Answer
    {
        do {
            return try await exchange(request, bytesMax: bytesMax, client, deadlineSeconds)
        } catch is Oversized {
            throw LogClientError(.oversized, subject: request.url, message: "more than \(bytesMax) bytes")
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw LogClientError(.timedOut, subject: request.url, message: "no whole answer in time")
        } catch {
            throw LogClientError(.unreachable, subject: request.url, message: "\(error)")
        }
    }

    @concurrent
    private static func exchange(
        _ request: HTTPClientRequest, bytesMax: Int, _ client: HTTPClient, _ deadlineSeconds: Int64
    ) async throws -> Answer {
        // The deadline of AsyncHTTPClient is that of the whole, the body too.
        let response = try await client.execute(request, timeout: .seconds(deadlineSeconds))
        guard let body = try await response.body(bytesMax: bytesMax) else { throw Oversized() }
        return Answer(status: Int(response.status.code), body: body)
    }
}
