import FleetModel
import Foundation
import Glibc
import LogClient
import LogStore
import LogWitness
import Logging
import ServiceLifecycle
import Testing
import TransparencyLog

/// A log in a folder of its own.
struct ScratchLog {
    let folder = NSTemporaryDirectory() + "log-client-\(UUID().uuidString)"
    let signer: NoteSigner
    var log: LogFolder

    init(entries: Int, key: UInt8 = 7) throws {
        signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: key, count: 32))
        log = try LogFolder(folder + "/log", signer: signer, at: Moment(milliseconds: 0))
        try append(entries)
    }

    mutating func append(_ count: Int, of word: String = "entry") throws {
        let size = Int(log.tree.size)
        _ = try log.append((size..<size + count).map { Array("\(word) \($0)".utf8) }, at: Moment(milliseconds: 0))
    }

    var trust: LogTrust { get throws { try LogTrust(keys: [signer.verifier]) } }
}

/// Serves a folder over HTTP as any web server does, and one path without end.
final class FolderServer {
    private let process = Process()
    /// Its end is the server's end.
    private let life = Pipe()
    let address: String

    init(_ folder: String) throws {
        let program = """
            import http.server, os, socketserver, sys, threading
            # Ends with the test, however that ends.
            threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
            # Without the look-up of its own name, which waits where there is no name service.
            class S(http.server.ThreadingHTTPServer):
                def server_bind(self):
                    socketserver.TCPServer.server_bind(self)
                    self.server_name, self.server_port = 'localhost', self.server_address[1]
            class H(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *a): pass
                def do_GET(self):
                    if self.path.startswith('/endless/'):
                        self.send_response(200); self.end_headers()
                        try:
                            while True: self.wfile.write(b'x' * 65536)
                        except OSError: pass
                        return
                    super().do_GET()
            os.chdir(sys.argv[1])
            s = S(('127.0.0.1', 0), H)
            print(s.server_address[1], flush=True)
            s.serve_forever()
            """
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", program, folder]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = life
        process.standardError = FileHandle.nullDevice
        try process.run()
        let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        address = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    deinit {
        // Not by the end of its input: a child that another test starts meanwhile holds that open too.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

@Suite("LogClient")
struct LogClientTests {
    @Test("a log is verified and followed over HTTP and from a directory alike")
    func follows() async throws {
        var scratch = try ScratchLog(entries: 300)
        let server = try FolderServer(scratch.folder)
        for place in [scratch.folder + "/log", server.address + "/log/"] {
            let reader = try LogReader(place)
            var monitor = LogMonitor(reader, trust: try scratch.trust)
            var read: [UInt64] = []
            let first = try await monitor.look { index, _ in read.append(index) }
            try scratch.append(50)
            let second = try await monitor.look { index, _ in read.append(index) }
            #expect(first.newCount == first.checkpoint.size && second.newCount == 50)
            #expect(read == Array(0..<second.checkpoint.size))
            await reader.close()
        }
    }

    @Test("a body without end is cut off at its bound, and what is not there is not there")
    func bounds() async throws {
        let scratch = try ScratchLog(entries: 1)
        let server = try FolderServer(scratch.folder)
        let endless = try LogReader(server.address + "/endless")
        let error = await #expect(throws: LogClientError.self) { try await endless.bytes(of: .checkpoint) }
        #expect(error?.code == .oversized)
        await endless.close()
        let elsewhere = try LogReader(server.address + "/nowhere")
        #expect(try await elsewhere.bytes(of: .checkpoint) == nil)
        await elsewhere.close()
        let bad = #expect(throws: LogClientError.self) { try LogReader("ftp://a/b") }
        #expect(bad?.code == .badAddress)
    }

    @Test("a log that shows another tree than before is refused with evidence, and the monitor stays where it was")
    func splitView() async throws {
        let one = try ScratchLog(entries: 20)
        let reader = try LogReader(one.folder + "/log")
        var monitor = LogMonitor(reader, trust: try one.trust)
        _ = try await monitor.look { _, _ in }
        var other = try ScratchLog(entries: 0)
        try other.append(30, of: "other")
        try FileManager.default.removeItem(atPath: one.folder)
        try FileManager.default.moveItem(atPath: other.folder, toPath: one.folder)
        let error = await #expect(throws: LogError.self) { try await monitor.look { _, _ in } }
        #expect(error?.code == .splitView)
        let (evidence, trust) = (try #require(error?.evidence), try one.trust)
        #expect(evidence.isProven(by: trust))
        #expect(monitor.last?.size == 20)
    }

    @Test("a witness cosigns over HTTP what continues, and refuses after a restart what does not")
    func witness() async throws {
        var scratch = try ScratchLog(entries: 3)
        let key = try NoteSigner(name: "witness.example", kind: .cosignature, seed: [UInt8](repeating: 9, count: 32))
        let reader = try LogReader(scratch.folder + "/log")
        for round in 0..<3 {
            try await Self.withWitness(scratch, key) { address in
                let client = try WitnessClient(address, key: key.verifier)
                for _ in 0..<2 {
                    let signature = try await client.cosign(scratch.log.checkpoint) { try await reader.answer($0) }
                    try scratch.log.addSignatures([signature], to: scratch.log.checkpoint.note.text)
                }
                let policy = try WitnessPolicy(threshold: 1, of: [key.verifier])
                let trust = try LogTrust(keys: [scratch.signer.verifier], witnesses: policy)
                let newest = try await reader.answer(CheckpointMachine(trust: trust, last: nil)).newest
                #expect(newest?.witnesses == ["witness.example"], "round \(round)")
                var fork = try ScratchLog(entries: 0)
                try fork.append(Int(scratch.log.tree.size) + 5, of: "fork")
                let forked = try LogReader(fork.folder + "/log")
                let refused = await #expect(throws: LogClientError.self) {
                    try await client.cosign(fork.log.checkpoint) { try await forked.answer($0) }
                }
                #expect(refused?.message.contains("422") == true)
                await client.close()
                try scratch.append(260)
            }
        }
    }

    private static func withWitness(
        _ scratch: ScratchLog, _ key: NoteSigner, _ body: (String) async throws -> Void
    ) async throws {
        let (addresses, told) = AsyncStream.makeStream(of: String.self)
        let service = try LogWitness(
            host: "127.0.0.1", port: 0, folder: scratch.folder + "/witness", signer: key, logs: [try scratch.trust],
            logger: Logger(label: "witness", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { Moment(milliseconds: 5000) }, announce: { told.yield("http://\($0)") })
        let running = Task { try await service.run() }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next())
        let outcome: Result<Void, any Error>
        do {
            try await body(address)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        _ = await running.result
        try outcome.get()
    }
}
