import FleetModel
import WorkerSandbox
import WorkerWire

/// A running worker and what it has answered. One caller at a time.
struct LabWorker {
    let process: WorkerProcess
    /// Its first word.
    let hello: WorkerFrame.Hello
    /// The last counts that it gave.
    private(set) var counts = WorkerFrame.Pong(nonce: 0, eventsEvaluated: 0, matches: 0, eventsRefused: 0)
    private var iterator: WorkerEvents.Iterator
    private var lastNonce: UInt64 = 0
    private var lastGeneration: UInt32 = 0

    /// What a worker said up to the answer of a ping.
    struct Settlement {
        /// Since the settlement before, by its own counts.
        var evaluated: UInt64
        var refused: UInt64
        /// Frames other than pongs, in their order.
        var frames: [WorkerFrame]
    }

    /// Starts a worker and hears its hello.
    static func start(_ launch: WorkerLaunch, deadline: Moment.Span) async throws(LabDeath) -> LabWorker {
        let process: WorkerProcess
        do throws(SandboxError) {
            process = try await WorkerProcess.launch(launch)
        } catch {
            throw LabDeath(cause: .missing(error))
        }
        var iterator = process.events.makeAsyncIterator()
        let first = await hear(process, &iterator, deadline: deadline) { frame in
            if case .hello = frame { true } else { false }
        }
        guard case .hello(let hello)? = try first.get().last else {
            throw LabDeath(cause: .lied("no hello"))
        }
        return LabWorker(process: process, hello: hello, iterator: iterator)
    }

    private init(process: WorkerProcess, hello: WorkerFrame.Hello, iterator: WorkerEvents.Iterator) {
        self.process = process
        self.hello = hello
        self.iterator = iterator
    }

    /// Frames up to and with the one that `isLast` accepts.
    private static func hear(
        _ process: WorkerProcess, _ iterator: inout WorkerEvents.Iterator, deadline: Moment.Span,
        until isLast: (WorkerFrame) -> Bool
    ) async -> Result<[WorkerFrame], LabDeath> {
        let watchdog = Watchdog(process)
        var frames: [WorkerFrame] = []
        var fault: String?
        var lie: String?
        return await watchdog.watch(for: deadline) {
            while let event = await iterator.next() {
                switch event {
                case .frame(let frame):
                    frames.append(frame)
                    if case .fault(let code, let message) = frame { fault = "\(code): \(message)" }
                    if isLast(frame) { return .success(frames) }
                    guard frames.count < LabLimit.framesMax else {
                        process.kill()
                        let lie = "\(frames.count) frames and no answer"
                        return .failure(LabDeath(cause: .lied(lie), fault: fault))
                    }
                case .wireBroken(let error): lie = error.description
                case .ended(let ending):
                    let cause: LabDeath.Cause =
                        lie.map { .lied($0) } ?? (watchdog.hasBarked ? .hung(deadline) : .ended(ending))
                    return .failure(LabDeath(cause: cause, fault: fault))
                }
            }
            return .failure(LabDeath(cause: .lied("its end without a word"), fault: fault))
        }
    }

    /// Sends a frame, and waits when the worker's channel is full. A worker that has ended takes every frame: its end
    /// is heard when its answer is waited for.
    func send(_ frame: AgentFrame, deadline: Moment.Span) async throws(LabDeath) {
        let end = ContinuousClock.now + .milliseconds(deadline.milliseconds)
        while true {
            let outcome: SendOutcome
            do throws(WireError) {
                outcome = try process.send(frame)
            } catch {
                throw LabDeath(cause: .lied(error.description))
            }
            guard outcome == .full else { return }
            guard ContinuousClock.now < end else {
                process.kill()
                throw LabDeath(cause: .hung(deadline))
            }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Sends a program; its answer is heard by ``settle(deadline:)`` or ``loaded(deadline:)``.
    ///
    /// - Returns: The number of this load.
    mutating func sendProgram(_ program: [UInt8], deadline: Moment.Span) async throws(LabDeath) -> UInt32 {
        lastGeneration += 1
        try await send(.load(generation: lastGeneration, program: program), deadline: deadline)
        return lastGeneration
    }

    /// Loads a program and gives the worker's answer: `loaded` or `refused`.
    mutating func load(_ program: [UInt8], deadline: Moment.Span) async throws(LabDeath) -> WorkerFrame {
        let generation = try await sendProgram(program, deadline: deadline)
        let frames = await Self.hear(process, &iterator, deadline: deadline) { frame in
            switch frame {
            case .loaded(let loaded): loaded.generation == generation
            case .refused(let refused): refused.generation == generation
            default: false
            }
        }
        guard let answer = try frames.get().last else { throw LabDeath(cause: .lied("no answer to a program")) }
        return answer
    }

    /// Waits until everything that was sent is answered.
    mutating func settle(deadline: Moment.Span) async throws(LabDeath) -> Settlement {
        lastNonce += 1
        let nonce = lastNonce
        try await send(.ping(nonce: nonce), deadline: deadline)
        let heard = await Self.hear(process, &iterator, deadline: deadline) { frame in
            if case .pong(let pong) = frame { pong.nonce == nonce } else { false }
        }
        var frames = try heard.get()
        guard case .pong(let pong)? = frames.popLast() else { throw LabDeath(cause: .lied("no pong")) }
        guard pong.eventsEvaluated >= counts.eventsEvaluated, pong.eventsRefused >= counts.eventsRefused else {
            process.kill()
            throw LabDeath(cause: .lied("its counts went down"))
        }
        defer { counts = pong }
        return Settlement(
            evaluated: pong.eventsEvaluated - counts.eventsEvaluated,
            refused: pong.eventsRefused - counts.eventsRefused, frames: frames)
    }

    /// Tells it to end and hears it to its end.
    mutating func finish(deadline: Moment.Span) async -> (frames: [WorkerFrame], death: LabDeath) {
        process.finish()
        var frames: [WorkerFrame] = []
        let heard = await Self.hear(process, &iterator, deadline: deadline) { frame in
            frames.append(frame)
            return false
        }
        switch heard {
        case .failure(let death): return (frames, death)
        case .success: return (frames, LabDeath(cause: .lied("its end without a word")))
        }
    }

    var residentBytes: UInt64 { process.usage()?.residentBytes ?? 0 }
    var processorMilliseconds: UInt64 { process.usage()?.processorMilliseconds ?? 0 }
}
