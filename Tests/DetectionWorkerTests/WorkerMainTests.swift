import DetectionEngine
import FleetModel
import Glibc
import Testing
import WorkerSandbox
import WorkerWire

/// The shipping worker, as a process, spoken to as an agent does.
@Suite struct WorkerMainTests {
    @Test("a sealed worker loads, evaluates, answers and ends as told")
    func wholeLife() async throws {
        let worker = try await WorkerProcess.launch(WorkerLaunch(executable: Executables.worker))
        _ = try worker.send(.load(generation: 1, program: try Samples.program()))
        _ = try worker.send(.event(sequence: 10, encoded: Samples.event(image: "/bin/ls")))
        _ = try worker.send(.event(sequence: 11, encoded: Samples.event(image: "/tmp/EVIL")))
        _ = try worker.send(.canary(nonce: 1, encoded: Samples.event(image: "/evil")))
        _ = try worker.send(.load(generation: 2, program: [1, 2, 3]))
        _ = try worker.send(.ping(nonce: 99))
        _ = try worker.send(.shutdown)
        var events: [WorkerEvent] = []
        for await event in worker.events { events.append(event) }
        try #require(events.count == 7)
        guard case .frame(.hello(let hello)) = events[0], case .frame(.loaded(let loaded)) = events[1],
            case .frame(.match(let match)) = events[2], case .frame(.refused(let refused)) = events[4]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(hello.seal.isComplete && !hello.isChaotic && hello.wireVersion == WireLimit.version)
        #expect(hello.processId == UInt32(worker.processId))
        #expect(loaded.generation == 1 && loaded.ruleCount == 1 && loaded.costBound > 0)
        #expect(match.sequence == 11 && match.ruleID == "rule-0")
        #expect(events[3] == .frame(.canaryResult(nonce: 1, matchCount: 1)))
        #expect(refused.generation == 2 && refused.code.hasPrefix("program."))
        #expect(events[5] == .frame(.pong(.init(nonce: 99, eventsEvaluated: 2, matches: 1, eventsRefused: 0))))
        #expect(events[6] == .ended(WorkerEnding(cause: .exited(code: 0), lastWords: "")))
    }

    @Test("without --chaos a worker refuses a crash marker and lives; with it, it dies by a trap")
    func crashOnLoad() async throws {
        let program = try Samples.program(chaos: .crashOnLoad)
        let careful = try await Self.hear(
            WorkerLaunch(executable: Executables.worker), .load(generation: 1, program: program))
        #expect(
            careful.contains { event in
                if case .frame(.refused(let refused)) = event { refused.code == "program.chaos_refused" } else { false }
            })
        #expect(careful.last == .ended(WorkerEnding(cause: .exited(code: 0), lastWords: "")))
        let chaotic = try await Self.hear(
            WorkerLaunch(executable: Executables.worker, obeysChaos: true), .load(generation: 1, program: program))
        guard case .ended(let ending) = chaotic.last else {
            Issue.record("\(chaotic)")
            return
        }
        #expect([.killed(signal: SIGILL), .killed(signal: SIGTRAP)].contains(ending.cause))
    }

    @Test("with --chaos a hang marker stops the heartbeat, and only the agent's deadline ends the worker")
    func hangOnLoad() async throws {
        let worker = try await WorkerProcess.launch(WorkerLaunch(executable: Executables.worker, obeysChaos: true))
        _ = try worker.send(.load(generation: 1, program: try Samples.program(chaos: .hangOnLoad)))
        _ = try worker.send(.ping(nonce: 1))
        worker.finish()
        var events: [WorkerEvent] = []
        for await event in worker.events { events.append(event) }
        #expect(!events.contains { if case .frame(.pong) = $0 { true } else { false } })
        #expect(events.last == .ended(WorkerEnding(cause: .killed(signal: SIGKILL), lastWords: "")))
    }

    @Test("a large program loads again while it is in force, and bytes of the largest size are refused in good health")
    func largePrograms() async throws {
        let program = try Samples.largeProgram()
        let worker = try await WorkerProcess.launch(WorkerLaunch(executable: Executables.worker))
        var iterator = worker.events.makeAsyncIterator()
        _ = await iterator.next()
        for generation in UInt32(1)...2 {
            #expect(try worker.send(.load(generation: generation, program: program)) == .accepted)
            let event = await iterator.next()
            guard case .frame(.loaded(let loaded)) = event else {
                Issue.record("\(String(describing: event))")
                return
            }
            #expect(loaded.generation == generation)
        }
        let garbage = program + [UInt8](repeating: 0xA5, count: WireLimit.programBytesMax - program.count)
        _ = try worker.send(.load(generation: 3, program: garbage))
        guard case .frame(.refused(let refused)) = await iterator.next() else {
            Issue.record("garbage was not refused")
            return
        }
        #expect(refused.generation == 3)
    }

    @Test("a worker that is killed at any moment is reaped and reported", arguments: 0..<12)
    func killedAnywhere(step: Int) async throws {
        let worker = try await WorkerProcess.launch(WorkerLaunch(executable: Executables.worker))
        let program = try Samples.program(ruleCount: 100)
        for number in 0..<(step * 20) {
            _ = try worker.send(.event(sequence: UInt64(number), encoded: Samples.event(image: "/evil")))
            if number == step { _ = try worker.send(.load(generation: 1, program: program)) }
        }
        kill(worker.processId, SIGKILL)
        var last: WorkerEvent?
        for await event in worker.events { last = event }
        #expect(last == .ended(WorkerEnding(cause: .killed(signal: SIGKILL), lastWords: "")))
    }

    @Test(
        "a worker that cannot measure its memory refuses to work and says what is missing",
        .enabled(if: geteuid() == 0, "hiding /proc needs root"))
    func cannotSeal() async throws {
        let hidden = "mount -t tmpfs none /proc && exec \"$0\""
        let events = try await Self.hear(
            WorkerLaunch(
                executable: "/usr/bin/unshare", arguments: ["-m", "/bin/sh", "-c", hidden, Executables.worker]),
            .load(generation: 1, program: try Samples.program()))
        guard case .frame(.hello(let hello)) = events.first, case .frame(.fault(let code, _)) = events.dropFirst().first
        else {
            Issue.record("\(events)")
            return
        }
        #expect(hello.seal.measures == [.descriptors])
        #expect(code == "seal.limits")
        #expect(events.count == 3)
        guard case .ended(let ending) = events.last else { return }
        #expect(ending.cause == .exited(code: WorkerExit.sealRefused.rawValue))
    }

    @Test("a person who starts it is told that the agent does that")
    func startedByHand() async throws {
        let events = try await Self.hear(WorkerLaunch(executable: Executables.worker, arguments: ["--help"]), .shutdown)
        guard case .ended(let ending) = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(ending.cause == .exited(code: WorkerExit.usage.rawValue))
        #expect(ending.lastWords.contains("The agent starts this program"))
    }

    private static func hear(_ launch: WorkerLaunch, _ frame: AgentFrame) async throws -> [WorkerEvent] {
        let worker = try await WorkerProcess.launch(launch)
        _ = try worker.send(frame)
        worker.finish()
        var events: [WorkerEvent] = []
        for await event in worker.events { events.append(event) }
        return events
    }
}
