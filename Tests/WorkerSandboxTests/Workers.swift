import Glibc
import Testing
import WorkerSandbox
import WorkerWire

/// Executables that the build leaves beside the test bundle.
enum Executables {
    static let folder: String = {
        guard let path = realpath("/proc/self/exe", nil) else { return "." }
        defer { free(path) }
        let text = String(cString: path)
        return String(text[..<(text.lastIndex(of: "/") ?? text.startIndex)])
    }()

    static let hostileWorker = "\(folder)/hostile-worker"
}

/// A running worker and what it has said so far.
struct Conversation {
    let worker: WorkerProcess
    private var iterator: WorkerEvents.Iterator
    private(set) var heard: [WorkerEvent] = []

    init(_ launch: WorkerLaunch) async throws {
        worker = try await WorkerProcess.launch(launch)
        iterator = worker.events.makeAsyncIterator()
    }

    /// A hostile worker that is sealed and about to do its deed.
    init(hostile deed: String, _ more: String...) async throws {
        try await self.init(WorkerLaunch(executable: Executables.hostileWorker, arguments: [deed] + more))
        guard case .frame(.hello) = await next() else {
            throw Unexpected(heard: heard)
        }
    }

    struct Unexpected: Error { let heard: [WorkerEvent] }

    mutating func next() async -> WorkerEvent? {
        let event = await iterator.next()
        if let event { heard.append(event) }
        return event
    }

    /// Lets the deed happen and hears the worker to its end.
    mutating func provoke() async throws -> WorkerEnding {
        _ = try worker.send(.ping(nonce: 1))
        return try await ending()
    }

    mutating func ending() async throws -> WorkerEnding {
        while let event = await next() {
            if case .ended(let ending) = event { return ending }
        }
        throw Unexpected(heard: heard)
    }

    /// The deed came through.
    var cameThrough: Bool {
        heard.contains { event in
            if case .frame(.fault(code: "hostile.came_through", _)) = event { true } else { false }
        }
    }
}
