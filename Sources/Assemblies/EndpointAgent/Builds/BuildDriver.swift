import AgentEngine
import CanonicalCoding
import ContentPack
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import Glibc
import Synchronization
import UpdateTrust
import WorkerSandbox

/// Runs the machine of builds: the only caller it has. One order, as everywhere: plan, persist, act.
actor BuildDriver {
    struct Parts: Sendable {
        let door: ReleaseDoor
        let verifier: PackVerifier
        /// Nil where no guard watches: a build cannot be tried then.
        let program: GuardProgram?
        /// Ends this agent, for the guard to start what is staged.
        let restart: @Sendable () -> Void
        /// The journal, and the folder that programs are fetched into.
        let journal: String
        let folder: String
        let files: DurableFiles
        let clock: AgentClock
        let log: AgentLog
        let isBuildOnTrial: Bool
        let authorization: @Sendable () -> AgentAuthorization?
        let deadline: @Sendable () async -> Moment.Span
        let onNews: @Sendable () -> Void
    }

    /// What others may know of the machine.
    struct View: Sendable {
        var reports: [StageReport] = []
        var active: PinnedRelease?
    }

    private let parts: Parts
    private let inbox: AsyncStream<BuildInput>
    private let inboxEnd: AsyncStream<BuildInput>.Continuation
    private let shown = Mutex(View())
    private var machine = BuildMachine()
    private var fetch: Task<Void, Never>?

    /// Bytes of the journal: 64 digests and one release.
    private static let journalBytesMax = 64 << 10
    /// Inputs that may wait: offers come with each check-in, and are said again.
    private static let inboxCountMax = 256

    init(parts: Parts) {
        self.parts = parts
        (inbox, inboxEnd) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.inboxCountMax))
    }

    nonisolated var view: View { shown.withLock { $0 } }
    nonisolated func give(_ input: BuildInput) { inboxEnd.yield(input) }
    /// Ends ``run()`` after the inputs that wait.
    nonisolated func stop() { inboxEnd.finish() }

    /// Takes up what is on disk, then runs until ``stop()``.
    func run() async {
        let journal = read()
        let isAsked = journal.attempt?.agent != nil || journal.kept != nil
        let running = isAsked ? ProgramDigest.own() : nil
        await step(.started(journal, running: running, isOnTrial: parts.isBuildOnTrial))
        for await input in inbox { await step(input) }
        fetch?.cancel()
    }

    private func step(_ input: BuildInput) async {
        var next = machine
        let actions = next.handle(input, at: parts.clock.now())
        if next.journal != machine.journal {
            do {
                try parts.files.write(try CodableJSON.encode(next.journal, keys: .snakeCase), to: parts.journal)
            } catch {
                // An advance that cannot be journalled does not take place; it comes again with a later input.
                return parts.log.trouble("build.journal_unwritten", "the journal of builds cannot be written: \(error)")
            }
        }
        machine = next
        shown.withLock { [machine] in $0 = View(reports: machine.reports, active: machine.active) }
        for action in actions { await perform(action) }
    }

    /// A journal that is damaged is begun anew: what is lost is only what may be fetched.
    private func read() -> BuildJournal {
        do {
            let bytes = try parts.files.read(parts.journal, bytesMax: Self.journalBytesMax)
            return try CodableJSON.decode(
                BuildJournal.self, from: bytes, limits: .init(bytesMax: Self.journalBytesMax), keys: .snakeCase)
        } catch let error as FileError where error.code == .notFound {
            return BuildJournal()
        } catch {
            parts.log.trouble("build.journal_damaged", "the journal of builds is begun anew: \(error)")
            return BuildJournal()
        }
    }

    private func perform(_ action: BuildAction) async {
        switch action {
        case .fetch(let offer): begin(offer)
        case .install(let digest): await install(digest)
        case .restart: parts.restart()
        case .goBack: await goBack()
        case .report(let report):
            parts.log.tell(report)
            parts.onNews()
        }
    }

    private func begin(_ offer: ReleaseOffer) {
        fetch?.cancel()
        fetch = Task { [parts] in
            let outcome = await Self.fetched(offer.pinned, parts)
            if !Task.isCancelled { give(outcome) }
        }
    }

    private static func fetched(_ pinned: PinnedRelease, _ parts: Parts) async -> BuildInput {
        let digest = pinned.digest
        func refused(_ code: String, _ message: String) -> BuildInput {
            .refused(digest, code: code, message: message)
        }
        guard let metadata = parts.door.metadata else {
            return refused("build.no_repository", "builds come with a TUF repository; start the agent with --root")
        }
        guard parts.program != nil else {
            return refused("build.no_guard", "no guard watches this agent, so a build could not be tried and undone")
        }
        guard let authorization = parts.authorization() else {
            return .fetchFailed(digest, message: "the endpoint has no credential")
        }
        let deadline = await parts.deadline()
        do {
            let bytes = try await parts.door.bytes(of: pinned, authorization, deadline)
            switch await parts.door.standing(of: pinned, bytes, authorization, deadline) {
            case .vouched: break
            case .recalled(let recall): return .recalls([recall])
            case .refused(let code, let message): return refused(code, message)
            case .unavailable(let message): return .fetchFailed(digest, message: message)
            }
            let verified = try parts.verifier.verify(
                UnverifiedPack(bytes), expecting: pinned.release, digest: digest)
            let build = try AgentBuild(decoding: verified.program)
            guard build.architecture == OwnProcess.architecture else {
                return refused(
                    "build.other_architecture",
                    "it is for \(build.architecture.prefix(40)), and this is \(OwnProcess.architecture)")
            }
            let folder = "\(parts.folder)/\(digest)"
            try parts.files.makeDirectory(folder)
            for (name, program) in [("firebreak-agent", build.agent), ("firebreak-worker", build.worker)] {
                let bytes = try await metadata.file(program.target, deadline: deadline)
                guard bytes.count == program.length, ContentDigest.sha256(bytes) == program.digest else {
                    return refused("build.other_program", "\(name) is not what the release says")
                }
                try parts.files.write(bytes, to: "\(folder)/\(name)", mode: 0o755)
            }
            return .fetched(digest, agent: build.agent.digest)
        } catch let error as TrustError {
            return refused(error.code.rawValue, "\(error)")
        } catch let error as JSONError {
            return refused("build.malformed", "\(error)")
        } catch let error as TufError where error.isLasting {
            return refused(error.code.rawValue, "\(error)")
        } catch {
            return .fetchFailed(digest, message: "\(error)")
        }
    }

    private func install(_ digest: Digest) async {
        let folder = "\(parts.folder)/\(digest)"
        let code = await parts.program?.run("install-build", [folder])
        // The guard has a copy, or does not want one.
        for name in ["firebreak-agent", "firebreak-worker"] { try? parts.files.remove("\(folder)/\(name)") }
        rmdir(folder)
        guard code == 0 else {
            return give(
                .notInstalled(
                    digest, message: "the guard did not take it (\(code.map { "exit code \($0)" } ?? "it did not run"))"
                ))
        }
        give(.installed(digest))
    }

    private func goBack() async {
        let code = await parts.program?.run("recall-build")
        guard code != 0 else { return }
        parts.log.trouble(
            "build.not_taken_back",
            "the build that runs was recalled, and the guard has no other to go back to; install one")
    }
}
