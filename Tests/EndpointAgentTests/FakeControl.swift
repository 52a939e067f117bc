import ControlClient
import ControlWire
import DurableFiles
import EndpointAgent
import FleetModel
import Synchronization
import UpdateTrust

/// A control plane in memory: enrols, offers, recalls, sends policies, keeps alerts; lies and fails on demand.
final class FakeControl: ControlLink {
    struct State {
        var isDown = false
        var refusesCredential = false
        var policy: EndpointPolicy?
        var offers: [PackOffer] = []
        var recalls: [RecallNotice] = []
        var recallRevision: UInt64 = 0
        /// Recalled for this endpoint alone: sent with every reply, whatever its revision.
        var notices: [RecallNotice] = []
        /// What a download gives, by the digest that is asked for.
        var packs: [Digest: [UInt8]] = [:]
        /// The public log's folder, and where it has a release.
        var logFolder: String?
        /// The TUF repository's folder.
        var repositoryFolder: String?
        var logIndices: [Digest: UInt64] = [:]
        var credential: String?
        /// Replies that get lost on the way: the endpoint hears of nothing.
        var repliesToLose = 0
        var wantsFullState = false
        var checkIns: [AgentCheckIn] = []
        var alerts: [AlertReport] = []
        var downloads = 0
        var waiters: [(condition: @Sendable (State) -> Bool, continuation: CheckedContinuation<State, Never>)] = []
    }

    static let secret = "enrolment-secret"
    private let state = Mutex(State())

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    var now: State { state.withLock { $0 } }

    /// Waits until a check-in makes `condition` true.
    func wait(until condition: @escaping @Sendable (State) -> Bool) async -> State {
        await withCheckedContinuation { continuation in
            let answer: State? = state.withLock { state in
                if condition(state) { return state }
                state.waiters.append((condition, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Waits until the endpoint reports `release` in `stage`.
    @discardableResult
    func wait(for release: ReleaseID, _ stage: ReleaseStage) async -> ReleaseReport {
        let state = await wait { $0.latest(of: release)?.stage == stage }
        return state.latest(of: release)
            ?? ReleaseReport(
                release: release, digest: Digest(accepted: ""), stage: stage, stageEnteredAt: Moment(milliseconds: 0))
    }

    func checkIn(_ checkIn: AgentCheckIn, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> ServerReply
    {
        // As the real client does: a cancelled task sends nothing.
        guard !Task.isCancelled else {
            throw ClientError(.unreachable, subject: "fake", message: "cancelled", nextStep: "")
        }
        let result: Result<ServerReply, ClientError>
        let woken: [(CheckedContinuation<State, Never>, State)]
        (result, woken) = state.withLock { state in
            let result = state.answer(checkIn, authorization)
            guard case .success = result else { return (result, []) }
            let snapshot = state
            let woken = state.waiters.filter { $0.condition(snapshot) }.map { ($0.continuation, snapshot) }
            state.waiters.removeAll { $0.condition(snapshot) }
            return (result, woken)
        }
        for (continuation, snapshot) in woken { continuation.resume(returning: snapshot) }
        return try result.get()
    }

    func pack(_ digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> [UInt8]
    {
        let bytes: [UInt8]? = state.withLock { state in
            state.downloads += 1
            return state.isDown ? nil : state.packs[digest]
        }
        guard let bytes else {
            throw ClientError(.refused, status: 404, subject: "pack", message: "no such pack", nextStep: "")
        }
        return bytes
    }

    func logIndex(of digest: Digest, authorization: AgentAuthorization, deadline: Moment.Span)
        async throws(ClientError) -> UInt64
    {
        guard let index = now.logIndices[digest] else {
            throw ClientError(.refused, status: 404, subject: "log index", message: "no such entry", nextStep: "")
        }
        return index
    }

    func repositoryFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]? {
        guard let folder = now.repositoryFolder else { return nil }
        return try? DurableFiles().read("\(folder)\(path)", bytesMax: bytesMax)
    }

    func logFile(_ path: String, bytesMax: Int, deadline: Moment.Span) async throws(ClientError) -> [UInt8]? {
        guard let folder = now.logFolder else { return nil }
        return try? DurableFiles().read("\(folder)/\(path)", bytesMax: bytesMax)
    }
}

extension FakeControl.State {
    func latest(of release: ReleaseID) -> ReleaseReport? {
        checkIns.last?.report?.releases.first { $0.release == release }
    }

    mutating func answer(_ checkIn: AgentCheckIn, _ authorization: AgentAuthorization) -> Result<
        ServerReply, ClientError
    > {
        guard !isDown else {
            return .failure(ClientError(.unreachable, subject: "fake", message: "nobody listens", nextStep: ""))
        }
        var reply = ServerReply(endpoint: checkIn.endpoint)
        switch authorization {
        case .enrolment(FakeControl.secret):
            credential = "credential-\(checkIn.sequence)"
            reply.credential = credential
        case .credential(let shown) where shown == credential && !refusesCredential: break
        default:
            return .failure(
                ClientError(
                    .unauthorized, status: 401, subject: "fake", message: "not let in", nextStep: "Enrol again."))
        }
        checkIns.append(checkIn)
        let held = alerts.last?.sequence ?? 0
        alerts += checkIn.report?.alerts.filter { $0.sequence > held } ?? []
        if repliesToLose > 0 {
            repliesToLose -= 1
            return .failure(ClientError(.timedOut, subject: "fake", message: "the reply is lost", nextStep: ""))
        }
        if let policy, let body = try? policy.encoded() {
            reply.policy = PolicyOffer(body: body, hash: ContentDigest.sha256(body))
        }
        reply.offers = offers.isEmpty ? nil : offers
        reply.wantsFullState = wantsFullState
        let isBehind = (checkIn.report?.recallRevision ?? 0) != recallRevision
        reply.directive = Directive(
            serverNow: Moment(milliseconds: 0), alertsAcknowledged: alerts.last?.sequence ?? 0,
            recallRevision: recallRevision, recalls: (isBehind ? recalls : []) + notices)
        return .success(reply)
    }
}
