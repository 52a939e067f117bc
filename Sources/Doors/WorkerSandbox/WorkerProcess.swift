package import WorkerWire

/// How to start a worker.
package struct WorkerLaunch: Hashable, Sendable {
    /// Path of `firebreak-worker`.
    package var executable: String
    package var arguments: [String]

    /// - Parameter obeysChaos: Starts it with `--chaos`: for tests, demos and the lab only.
    package init(executable: String, obeysChaos: Bool = false) {
        self.executable = executable
        arguments = obeysChaos ? ["--chaos"] : []
    }

    package init(executable: String, arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }
}

/// What a worker uses, as the kernel counts it.
package struct WorkerUsage: Hashable, Sendable {
    package var residentBytes: UInt64
    package var processorMilliseconds: UInt64
}

/// What became of a frame that was to be sent.
package enum SendOutcome: Hashable, Sendable {
    /// Written, or waiting to be written in its order.
    case accepted
    /// `WorkerLimit.outboundBytesMax` bytes wait already. What was to be sent is not; the sender counts it as lost.
    case full
    /// The worker has ended, or is ending.
    case over
}

/// A running worker: one process, one thread of ours that serves it.
///
/// The thread starts the process, reads and writes its channel, and reaps it. It lives longer than the process, so that
/// the kernel's parent-death signal, which belongs to a thread, means the death of the agent and nothing else. Letting
/// go of the last reference kills the worker.
package final class WorkerProcess: Sendable {
    package let processId: Int32
    /// To be iterated once. It ends after `ended`; that comes in every case.
    package let events: WorkerEvents
    private let server: WorkerServer

    private init(server: WorkerServer) {
        self.server = server
        processId = server.processId
        events = WorkerEvents(mailbox: server.mailbox)
    }

    deinit { server.kill() }

    /// Starts a worker. Its first event is `hello`, or how it ended.
    package static func launch(_ launch: WorkerLaunch) async throws(SandboxError) -> WorkerProcess {
        let result = await withCheckedContinuation { continuation in
            WorkerServer.start(launch) { continuation.resume(returning: $0) }
        }
        return WorkerProcess(server: try result.get())
    }

    /// Sends a frame without waiting.
    ///
    /// - Throws: `oversized` for a program or event above its bound.
    package func send(_ frame: AgentFrame) throws(WireError) -> SendOutcome { try send([frame]) }

    /// Sends frames, all or none, in one go.
    package func send(_ frames: [AgentFrame]) throws(WireError) -> SendOutcome {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(frames.count * WorkerLimit.usualFrameBytes)
        for frame in frames { try frame.encode(into: &bytes) }
        return server.send(bytes)
    }

    /// Ends the worker in order: it evaluates what was sent, then exits. After `WorkerLimit.closingMilliseconds` it is
    /// killed.
    package func finish() { server.finish() }

    /// Ends the worker now.
    package func kill() { server.kill() }

    /// What the worker uses; nil when it has ended.
    package func usage() -> WorkerUsage? { server.usage() }
}
