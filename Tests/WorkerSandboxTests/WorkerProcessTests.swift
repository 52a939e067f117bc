import Glibc
import Testing
import WorkerWire

@testable import WorkerSandbox

@Suite struct WorkerProcessTests {
    @Test("an executable that is missing is a failure that says what to do")
    func missing() async {
        let error = await #expect(throws: SandboxError.self) {
            try await WorkerProcess.launch(WorkerLaunch(executable: "/nonexistent/firebreak-worker"))
        }
        #expect(error?.code == .executableUnusable)
        #expect(error?.message.contains("--worker") == true)
    }

    @Test("a worker killed by someone else is reaped and reported")
    func killedByOther() async throws {
        var conversation = try await Conversation(hostile: "loop")
        #expect(kill(conversation.worker.processId, SIGKILL) == 0)
        let ending = try await conversation.ending()
        #expect(ending.cause == .killed(signal: SIGKILL))
        #expect(kill(conversation.worker.processId, 0) == -1 && errno == ESRCH)
    }

    @Test("a worker killed before its first word is reaped and reported")
    func killedAtStart() async throws {
        for _ in 0..<20 {
            var conversation = try await Conversation(
                WorkerLaunch(executable: Executables.hostileWorker, arguments: ["loop"]))
            conversation.worker.kill()
            let ending = try await conversation.ending()
            #expect(ending.cause == .killed(signal: SIGKILL))
        }
    }

    @Test("after a hundred workers there is no descriptor and no zombie more than before")
    func noLeaks() async {
        // In a process of its own: other tests open descriptors at the same time.
        await #expect(processExitsWith: .success) {
            var warm = try await Conversation(hostile: "open")
            _ = try await warm.provoke()
            let before = ProcFiles.descriptors(of: getpid()).count
            for _ in 0..<100 {
                var conversation = try await Conversation(hostile: "open")
                _ = try await conversation.provoke()
            }
            // The thread closes its descriptors after the last event.
            for _ in 0..<10_000 where ProcFiles.descriptors(of: getpid()).count > before { sched_yield() }
            precondition(ProcFiles.descriptors(of: getpid()).count <= before, "descriptors leaked")
            precondition(waitpid(-1, nil, WNOHANG) <= 0, "a zombie is left")
        }
    }

    @Test("the worker has the standard descriptors and its channel, and no environment of its agent's")
    func inheritance() async throws {
        let conversation = try await Conversation(hostile: "loop", "--unsealed")
        let processId = conversation.worker.processId
        #expect(ProcFiles.descriptors(of: processId) == ["0", "1", "2", "3"])
        let environment = ProcFiles.text(of: "/proc/\(processId)/environ").split(separator: "\0")
        #expect(environment.sorted() == ["MALLOC_ARENA_MAX=1", "SWIFT_BACKTRACE=enable=no"])
        #expect(getpgid(processId) == processId)
    }

    @Test("letting go of a worker kills it")
    func release() async throws {
        let events: WorkerEvents
        do {
            let conversation = try await Conversation(hostile: "loop")
            events = conversation.worker.events
        }
        var iterator = events.makeAsyncIterator()
        var last: WorkerEvent?
        while let event = await iterator.next() { last = event }
        guard case .ended(let ending) = last else { throw Conversation.Unexpected(heard: []) }
        #expect(ending.cause == .killed(signal: SIGKILL))
    }

    @Test("frames for a worker that does not read are refused at the bound, and the ending still comes")
    func full() async throws {
        var conversation = try await Conversation(hostile: "loop")
        let event = AgentFrame.event(sequence: 1, encoded: .init(repeating: 7, count: 32_000))
        var accepted = 0
        while try conversation.worker.send(event) == .accepted { accepted += 1 }
        #expect(try conversation.worker.send(event) == .full)
        #expect(accepted * 32_000 < WorkerLimit.outboundBytesMax + 2_000_000)
        conversation.worker.kill()
        _ = try await conversation.ending()
        #expect(try conversation.worker.send(event) == .over)
        #expect(conversation.worker.usage() == nil)
    }

    @Test("a cancelled consumer stops waiting, and the worker runs on")
    func cancellation() async throws {
        let worker = try await WorkerProcess.launch(
            WorkerLaunch(executable: Executables.hostileWorker, arguments: ["loop"]))
        let consumer = Task {
            var count = 0
            for await _ in worker.events { count += 1 }
            return count
        }
        consumer.cancel()
        _ = await consumer.value
        #expect(kill(worker.processId, 0) == 0)
    }

    @Test("usage is what the kernel counts")
    func usage() async throws {
        let conversation = try await Conversation(hostile: "loop")
        let usage = try #require(conversation.worker.usage())
        #expect((1_000_000...60_000_000).contains(usage.residentBytes))
    }
}
