import BrokerEngine
import CExecBroker
import ExecBroker
import Foundation
import Glibc
import TestSupport
import Testing

/// A broker that says what a test wants: the socket of one, with nothing behind it.
private final class FakeBroker {
    let path: String
    private let folder: TemporaryFolder
    private let listener: Int32
    private var connection: Int32 = -1

    init() throws {
        folder = try TemporaryFolder("fake-broker")
        path = folder.file("socket")
        listener = firebreak_broker_listen(path)
        guard listener >= 0 else { throw TestSupportError("cannot listen: \(listener)") }
    }

    deinit {
        close(connection)
        close(listener)
    }

    /// Waits for a client and for what it says first.
    func greeted() async throws -> BrokerRequest {
        try await eventually("a client connects", within: 120) {
            var process: pid_t = 0
            connection = firebreak_broker_accept(listener, &process)
            return connection >= 0 ? true : nil
        }
        return try await heard()
    }

    func heard() async throws -> BrokerRequest {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = try await eventually("a datagram comes", within: 120) { () -> Int32? in
            let count = firebreak_broker_datagram_receive(connection, &bytes, bytes.count)
            return count > 0 ? count : nil
        }
        return try BrokerRequest(decoding: Array(bytes[..<Int(count)]))
    }

    func say(_ bytes: [UInt8]) { _ = firebreak_broker_datagram_send(connection, bytes, bytes.count) }
}

@Suite("BrokerClient")
struct BrokerClientTests {
    @Test("without a broker the state is absent and says what to do; a verdict goes nowhere and nobody waits")
    func absent() async throws {
        let client = try BrokerClient.start(socket: "/tmp/firebreak-no-broker") { _ in nil }
        for await state in client.states {
            guard case .absent(let error) = state, error.message.contains("firebreak-broker") else { continue }
            #expect(error.code == .absent)
            break
        }
        #expect(!client.send(BrokerAnswer(.deny, pack: 1), on: 1))
        #expect(!client.state.isHolding)
        client.stop()
    }

    @Test("it greets as an engine, answers what it is asked, and sends later verdicts")
    func answers() async throws {
        let broker = try FakeBroker()
        let client = try BrokerClient.start(socket: broker.path) { ask in
            ask.id == 1 ? BrokerAnswer(.deny, pack: 9) : nil
        }
        #expect(try await broker.greeted() == .hello(version: BrokerWire.version, .engine))
        for id in [UInt64(2), 1] {
            let ask = ExecutionAsk(id: id, kind: .execute, processId: 5, path: Array("/x".utf8))
            broker.say(BrokerReply.ask(ask).encoded())
        }
        #expect(try await broker.heard() == .verdict(id: 1, .deny, pack: 9))
        #expect(client.send(BrokerAnswer(.allow, pack: 8), on: 2))
        #expect(try await broker.heard() == .verdict(id: 2, .allow, pack: 8))
        client.stop()
    }

    @Test(
        "a broker of another version, or one that talks nonsense, is left, with a word that says which",
        arguments: [(BrokerReply.refused(version: 9).encoded(), "version 9"), ([7, 7, 7], "cannot be read")])
    func malformed(bytes: [UInt8], word: String) async throws {
        let broker = try FakeBroker()
        let client = try BrokerClient.start(socket: broker.path) { _ in nil }
        _ = try await broker.greeted()
        broker.say(bytes)
        let error = try await eventually("the client leaves") {
            if case .absent(let error) = client.state, error.code == .malformed { error } else { nil }
        }
        #expect(error.message.contains(word))
        // It tries again: a broker that was replaced is found.
        #expect(try await broker.greeted() == .hello(version: BrokerWire.version, .engine))
        client.stop()
    }

    @Test("the end of the client ends its stream of states and its connection")
    func stops() async throws {
        let client = try BrokerClient.start(socket: "/tmp/firebreak-no-broker") { _ in nil }
        client.stop()
        for await _ in client.states {}
        #expect(!client.refresh())
    }
}
