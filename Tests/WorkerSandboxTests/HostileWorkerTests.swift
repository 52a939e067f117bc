import CWorkerSandbox
import Glibc
import Testing
import WorkerWire

@testable import WorkerSandbox

@Suite struct HostileWorkerTests {
    static let forbidden = [
        "open", "create", "stat", "unlink", "chmod", "socket", "socket-unix", "connect", "sendmsg", "recvmsg", "exec",
        "fork", "kill", "tgkill", "ptrace", "read-memory", "prlimit", "memfd", "pipe", "dup", "sleep", "getpid",
        "sigaction", "read-other", "write-other", "map-executable", "map-file", "make-executable", "x32",
    ]

    @Test("a worker that was taken over ends at its first forbidden call", arguments: forbidden)
    func forbiddenCall(deed: String) async throws {
        var conversation = try await Conversation(hostile: deed)
        let ending = try await conversation.provoke()
        #expect(ending.cause == .killed(signal: SIGSYS))
        #expect(!conversation.cameThrough)
    }

    @Test(
        "without the seal the same deeds come through, so it is the seal that refuses them",
        arguments: ["open", "stat", "socket", "fork", "kill", "memfd", "map-executable", "make-executable", "dup"])
    func control(deed: String) async throws {
        var conversation = try await Conversation(hostile: deed, "--unsealed")
        let ending = try await conversation.provoke()
        #expect(ending.cause == .exited(code: 1))
        #expect(conversation.cameThrough)
    }

    @Test("a worker says what it has sealed, and all of it is applied")
    func sealReport() async throws {
        let conversation = try await Conversation(hostile: "open")
        guard case .frame(.hello(let hello)) = conversation.heard[0] else {
            throw Conversation.Unexpected(heard: conversation.heard)
        }
        #expect(hello.seal.isComplete)
        #expect(hello.seal.landlockABI >= 1)
        #expect(hello.seal.allowedCallCount == 13)
        let status = ProcFiles.status(of: conversation.worker.processId)
        #expect(status["NoNewPrivs"] == "1")
        #expect(status["Seccomp"] == "2")
        #expect(status["CapEff"] == "0000000000000000")
        #expect(status["CapPrm"] == "0000000000000000")
        #expect(status["Threads"] == "1")
    }

    @Test("endless allocation ends the worker within its bound, and the host keeps its memory")
    func memory() async throws {
        var conversation = try await Conversation(hostile: "memory")
        let ending = try await conversation.provoke()
        #expect(!ending.isOrderly)
        #expect(!conversation.cameThrough)
        guard case .killed = ending.cause else { throw Conversation.Unexpected(heard: conversation.heard) }
    }

    @Test("an endless loop is ended by the kernel when the processor time is used up")
    func processorTime() async throws {
        var conversation = try await Conversation(hostile: "loop")
        #expect(firebreak_allow_processor(conversation.worker.processId, 1) == 0)
        let ending = try await conversation.provoke()
        #expect(ending.cause == .killed(signal: SIGXCPU))
    }

    @Test("an endless loop is ended by its agent at any time")
    func killedInLoop() async throws {
        var conversation = try await Conversation(hostile: "loop")
        _ = try conversation.worker.send(.ping(nonce: 1))
        conversation.worker.kill()
        let ending = try await conversation.ending()
        #expect(ending.cause == .killed(signal: SIGKILL))
    }

    @Test("a worker that does not end when told is killed")
    func deafToShutdown() async throws {
        var conversation = try await Conversation(hostile: "loop")
        conversation.worker.finish()
        let ending = try await conversation.ending()
        #expect(ending.cause == .killed(signal: SIGKILL))
    }

    @Test("a trap and a stack that overflows end the worker and nothing else", arguments: ["trap", "recursion"])
    func crash(deed: String) async throws {
        var conversation = try await Conversation(hostile: deed)
        let ending = try await conversation.provoke()
        #expect([.killed(signal: SIGILL), .killed(signal: SIGTRAP), .killed(signal: SIGSEGV)].contains(ending.cause))
    }

    @Test("a worker that sends no frames is killed, and the agent hears why", arguments: ["garbage", "lying-length"])
    func lies(deed: String) async throws {
        var conversation = try await Conversation(hostile: deed)
        let ending = try await conversation.provoke()
        #expect(ending.cause == .killed(signal: SIGKILL))
        let isBroken = conversation.heard.contains { if case .wireBroken = $0 { true } else { false } }
        #expect(isBroken)
    }

    @Test("a flood of frames that nobody reads makes the worker wait and leaves the agent's memory bounded")
    func flood() async throws {
        var conversation = try await Conversation(hostile: "flood")
        _ = try conversation.worker.send(.ping(nonce: 1))
        for _ in 0..<20_000 {
            guard case .frame(.pong) = await conversation.next() else {
                throw Conversation.Unexpected(heard: conversation.heard.suffix(3))
            }
        }
        conversation.worker.kill()
        let ending = try await conversation.ending()
        #expect(ending.cause == .killed(signal: SIGKILL))
        // What was queued when the kill came: the bound, one portion that passed it, and the socket's own buffer.
        #expect(conversation.heard.count < 20_000 + WorkerLimit.eventCountMax + 16_000)
    }

    @Test("last words reach the agent cut to their bound, and a full pipe does not keep the worker alive")
    func lastWords() async throws {
        var conversation = try await Conversation(hostile: "last-words")
        let ending = try await conversation.provoke()
        #expect(ending.lastWords.hasPrefix("words words"))
        #expect(ending.lastWords.utf8.count <= WorkerLimit.lastWordsBytesMax)
    }
}
