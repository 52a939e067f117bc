import AgentEngine
import CanonicalCoding
import ContentPack
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
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
        let folder: BuildFolder
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

        /// What runs here or may yet.
        var held: [PinnedRelease] {
            reports.filter { $0.stage != .reverted && $0.stage != .refused }.map(\.pinned)
        }
    }

    private let parts: Parts
    private let inbox: AsyncStream<BuildInput>
    private let inboxEnd: AsyncStream<BuildInput>.Continuation
    private let shown = Mutex(View())
    private var builds: JournalledBuilds
    private var fetch: Task<Void, Never>?

    /// Inputs that may wait: offers come with each check-in, and are said again.
    private static let inboxCountMax = 256

    init(parts: Parts) {
        self.parts = parts
        builds = JournalledBuilds(path: parts.journal, files: parts.files)
        (inbox, inboxEnd) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.inboxCountMax))
    }

    nonisolated var view: View { shown.withLock { $0 } }
    nonisolated func give(_ input: BuildInput) { inboxEnd.yield(input) }
    /// Takes those of `recalls` that are of builds.
    nonisolated func recall(_ recalls: [RecalledRelease]) {
        give(.recalls(recalls.filter { $0.pinned.release.pack == AgentBuild.pack }))
    }
    /// Ends ``run()`` after the inputs that wait.
    nonisolated func stop() { inboxEnd.finish() }

    /// Takes up what is on disk, then runs until ``stop()``.
    func run() async {
        parts.folder.clear()
        let journal = builds.read { [parts] error in
            parts.log.trouble("build.journal_damaged", "the journal of builds is begun anew: \(error)")
        }
        let isAsked = journal.attempt?.agent != nil || journal.kept != nil
        let running = isAsked ? ProgramDigest.own() : nil
        await step(.started(journal, running: running, isOnTrial: parts.isBuildOnTrial))
        for await input in inbox { await step(input) }
        fetch?.cancel()
    }

    private func step(_ input: BuildInput) async {
        let actions = builds.handle(input, at: parts.clock.now()) { [parts] error in
            parts.log.trouble("build.journal_unwritten", "the journal of builds cannot be written: \(error)")
        }
        shown.withLock { [machine = builds.machine] in
            $0 = View(reports: machine.reports, active: machine.active)
        }
        // Recalled meanwhile, or not to be written down: it is not handed over.
        if case .fetched(let digest, _) = input, !actions.contains(.install(digest)) { parts.folder.discard(digest) }
        for action in actions { await perform(action) }
    }

    private func perform(_ action: BuildAction) async {
        switch action {
        case .fetch(let offer): await begin(offer)
        case .install(let digest): await install(digest)
        case .restart: parts.restart()
        case .goBack: await goBack()
        case .report(let report):
            parts.log.tell(report)
            parts.onNews()
        }
    }

    private func begin(_ offer: ReleaseOffer) async {
        // Two fetches would write into one folder.
        fetch?.cancel()
        await fetch?.value
        fetch = Task { [parts] in
            let outcome = await Self.fetched(offer.pinned, parts)
            let isFetched = if case .fetched = outcome { true } else { false }
            if Task.isCancelled || !isFetched { parts.folder.discard(offer.pinned.digest) }
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
            let names = BuildFolder.programs
            for (name, program) in [(names.agent, build.agent), (names.worker, build.worker)] {
                let bytes = try await metadata.file(program.target, deadline: deadline)
                guard bytes.count == program.length, ContentDigest.sha256(bytes) == program.digest else {
                    return refused("build.other_program", "\(name) is not what the release says")
                }
                try parts.folder.keep(bytes, as: name, of: digest)
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
        let code = await parts.program?.run("install-build", [parts.folder.folder(of: digest)])
        // The guard has a copy, or does not want one.
        parts.folder.discard(digest)
        switch code {
        case 0: give(.installed(digest))
        case GuardProgram.failedBefore: give(.failedBefore(digest))
        default:
            let how = code.map { "exit code \($0)" } ?? "it did not run"
            give(.notInstalled(digest, message: "the guard did not take it (\(how))"))
        }
    }

    private func goBack() async {
        let code = await parts.program?.run("recall-build")
        guard code != 0 else { return }
        parts.log.trouble(
            "build.not_taken_back",
            "the build that runs was recalled, and the guard has no other to go back to; install one")
    }
}
