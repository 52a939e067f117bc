import NIOCore
import RepositoryClient
import Testing
import UpdateTrust

@Suite("Web source")
struct WebSourceTests {
    private static func answer(_ text: String, closes: Bool = false) -> PlayedServer.Answer {
        PlayedServer.Answer(text: text, closes: closes)
    }

    private static let answers: [String: PlayedServer.Answer] = [
        "/kept": answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile"),
        "/closed": answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfile", closes: true),
        "/old": answer("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfile", closes: true),
        "/endless": answer("HTTP/1.0 200 OK\r\n\r\nfile", closes: true),
        "/chunks": answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nle\r\n0\r\n\r\n"),
        "/forgets": answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile", closes: true),
        "/long": answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfiles"),
        "/long-chunks": answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfiles\r\n0\r\n\r\n"),
        "/long-endless": answer("HTTP/1.0 200 OK\r\n\r\nfiles", closes: true),
        "/cut": answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfil", closes: true),
        "/cut-chunks": answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n", closes: true),
        "/no-http": answer("file\r\n\r\n", closes: true),
        "/absent": answer("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
        "/hidden": answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
        "/moved": answer("HTTP/1.1 302 Found\r\nLocation: /kept\r\nContent-Length: 0\r\n\r\n"),
        // One more byte each time that the last has gone, without an end.
        "/drip": PlayedServer.Answer(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", closes: false, drips: true),
        "/broken": answer("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
    ]

    /// Plays a server while `body` asks it.
    private func serving(_ body: (PlayedServer, String) async throws -> Void) async throws {
        let server = PlayedServer(Self.answers)
        let address = try await server.start()
        try await body(server, address)
        try await server.stop()
    }

    /// One for which a busy machine is never too slow.
    private static var patient: WebSource { WebSource { _ in .minutes(1) } }

    private func refusal(of address: String, by source: WebSource = WebSource()) async -> TufError.Code? {
        do throws(TufError) {
            _ = try await source.fetch(address, bytesMax: 4, subject: "file")
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "a file comes whole, whether its end is told by a length, by chunks or by the connection's",
        arguments: ["/kept", "/closed", "/old", "/endless", "/chunks", "/forgets"])
    func whole(path: String) async throws {
        try await serving { _, address in
            let reply = try await Self.patient.fetch(address + path, bytesMax: 4, subject: "file")
            #expect(reply == .bytes(Array("file".utf8)))
        }
    }

    @Test("a file longer than was asked for is refused", arguments: ["/long", "/long-chunks", "/long-endless"])
    func long(path: String) async throws {
        try await serving { _, address in
            #expect(await refusal(of: address + path, by: Self.patient) == .lengthMismatch)
        }
    }

    @Test(
        "an answer that breaks off, is none, or sends elsewhere is no file",
        arguments: ["/cut", "/cut-chunks", "/no-http", "/moved", "/broken", "/nothing"])
    func broken(path: String) async throws {
        try await serving { _, address in #expect(await refusal(of: address + path) == .unavailable) }
    }

    @Test("what the server does not have, or does not show, is absent", arguments: ["/absent", "/hidden"])
    func absent(path: String) async throws {
        try await serving { _, address in
            let reply = try await Self.patient.fetch(address + path, bytesMax: 4, subject: "file")
            #expect(reply == .absent)
        }
    }

    @Test("a connection is used again while the server keeps it, after an absent file as well")
    func kept() async throws {
        try await serving { server, address in
            let source = WebSource()
            for path in ["/kept", "/absent", "/chunks", "/kept"] {
                _ = try await source.fetch(address + path, bytesMax: 4, subject: "file")
            }
            #expect(server.connectionCount == 1)
            #expect(server.requests.count == 4)
        }
    }

    @Test("a connection that the server closed, with or without a word, is not the end")
    func closed() async throws {
        try await serving { _, address in
            let source = WebSource()
            for path in ["/closed", "/kept", "/forgets", "/kept", "/old", "/kept"] {
                let reply = try await source.fetch(address + path, bytesMax: 4, subject: "file")
                #expect(reply == .bytes(Array("file".utf8)), "\(path)")
            }
        }
    }

    @Test(
        "what is no web address is not asked",
        arguments: [
            "", "ftp://127.0.0.1/a", "http://", "http:///a", "http://127.0.0.1:0/a", "http://127.0.0.1:x/a",
            "http://a@127.0.0.1/a", "http://[::1/a", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nb: c", "http://é/a",
        ])
    func addresses(address: String) async { #expect(await refusal(of: address) == .unavailable) }

    @Test("a server that drips its answer is left when the time for the whole is over, on a kept connection as well")
    func drips() async throws {
        try await serving { server, address in
            // Long enough that a busy machine's request gets there; what is kept has all the time there is.
            let source = WebSource { bytes in bytes == 4 ? .minutes(1) : .seconds(2) }
            _ = try await source.fetch(address + "/kept", bytesMax: 4, subject: "file")
            for _ in 1...2 {
                await #expect(throws: TufError.self) {
                    _ = try await source.fetch(address + "/drip", bytesMax: 1_000_000, subject: "file")
                }
            }
            #expect(server.requests.count == 3, "a slow server is not asked again")
        }
        #expect(WebSource.allowance(for: TufLimits.timestampBytesMax) < .minutes(1))
    }

    @Test("nobody listening is an error, not a wait") func nobody() async throws {
        var address = ""
        try await serving { _, own in address = own }
        #expect(await refusal(of: address + "/kept") == .unavailable)
    }
}
