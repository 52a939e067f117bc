import ControlWire
import FleetModel
import Foundation
import Logging
import RolloutEngine
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane
@testable import FleetStore

/// A clock that a test moves: the wall's and the one that counts.
final class TestTime: Sendable {
    private let state = Mutex((wall: Int64(1_800_000_000_000), elapsed: Int64(0)))

    var source: ControlClock.Source {
        ControlClock.Source(
            wall: { self.state.withLock { Moment(milliseconds: $0.wall) } },
            elapsed: { self.state.withLock { .milliseconds($0.elapsed) } })
    }

    /// Time passes.
    func pass(_ span: Moment.Span) {
        state.withLock {
            $0.wall += span.milliseconds
            $0.elapsed += span.milliseconds
        }
    }

    /// Somebody sets the wall clock.
    func setWall(by span: Moment.Span) { state.withLock { $0.wall += span.milliseconds } }
}

/// A driver over a real database in a folder of its own, with a fleet that checks in when it is told to.
final class DriverHouse {
    let folder: TemporaryFolder
    let time: TestTime
    let store: SQLiteFleetStore
    let gate: GatedStore
    let driver: FleetDriver
    /// What each endpoint of the fleet would say next.
    var agents: [TestAgent] = []

    static let secret = String(repeating: "s", count: 40)
    static let release = ReleaseID(accepted: "linux-core@1.0.0")
    static let next = ReleaseID(accepted: "linux-core@1.1.0")
    static let policy: RolloutPolicy = .demo

    let preset: ControlPreset
    /// What is recorded goes here; nil: nothing is.
    let log: TestLog?

    init(
        in folder: TemporaryFolder? = nil, time: TestTime = TestTime(), bytesMax: Int = StoreLimit.databaseBytesMax,
        preset: ControlPreset = .demo, log: TestLog? = nil
    ) async throws {
        self.preset = preset
        self.log = log
        self.folder = try folder ?? TemporaryFolder("driver")
        self.time = time
        store = try SQLiteFleetStore(path: self.folder.file("fleet.sqlite"), bytesMax: bytesMax)
        gate = GatedStore(store)
        driver = try await FleetDriver(
            store: gate, preset: preset, enrolmentSecret: Self.secret, source: time.source, record: try log?.writer(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The same folder under a new driver, as after `kill -9`: nothing was closed, nothing flushed. The fleet goes on
    /// with what it knows.
    func restarted() async throws -> DriverHouse {
        let again = try await DriverHouse(in: folder, time: time, preset: preset, log: log)
        again.agents = agents
        return again
    }

    /// Enrols endpoints, and lets each check in once.
    func enrol(_ count: Int, kernels: [String] = ["6.1"], tags: [[String: String]] = [[:]]) async throws {
        for turn in 0..<count {
            var agent = TestAgent(number: agents.count + 1)
            agent.kernel = kernels[turn % kernels.count]
            agent.tags = tags[turn % tags.count]
            agent.credential = try #require(try await driver.enrol(agent.hello, secret: Self.secret).credential)
            agents.append(agent)
            _ = try await checkIn(agents.count - 1)
        }
    }

    func publish(_ release: ReleaseID = release, digest: Digest? = nil) async throws {
        _ = try await driver.publish(
            Self.stored(release, digest: digest), under: .demo, signedBy: Self.digest(of: release))
    }

    static func stored(_ release: ReleaseID, digest: Digest? = nil) -> StoredRelease {
        StoredRelease(
            release: release, digest: digest ?? Self.digest(of: release), byteCount: 10, ruleCount: 1,
            schemaVersion: 1, notes: "", chaos: nil, signature: [], publishedAt: Moment(milliseconds: 0))
    }

    static func digest(of release: ReleaseID) -> Digest { Secret.digest(of: release.text) }

    @discardableResult
    func start(_ release: ReleaseID = release) async throws -> RolloutID {
        try await publish(release)
        return try await driver.start(RolloutRequest(release: release, policy: RolloutTerms(preset: "demo"))).id
    }

    /// One check-in; the agent acts on the reply.
    @discardableResult
    func checkIn(_ index: Int) async throws -> ServerReply {
        let message = agents[index].next()
        let reply = try await driver.checkIn(message)
        agents[index].take(reply)
        return reply
    }

    func key(of index: Int) -> CredentialKey { CredentialKey(Secret.digest(of: agents[index].credential)) }

    /// Everyone checks in once, in order; a second passes, and the clocks are looked at.
    func round(_ members: Range<Int>? = nil) async throws {
        for index in members ?? agents.indices { try await checkIn(index) }
        time.pass(.seconds(1))
        try await driver.tick()
    }

    func debits(_ rollout: RolloutID) async throws -> [EndpointID] {
        try await rows(rollout).filter { $0.kind == "debit" }.compactMap(\.endpoint)
    }

    func rows(_ rollout: RolloutID) async throws -> [LedgerRecord] {
        try await store.ledger(of: rollout, after: 0, countMax: 100_000)
    }

    func phase(_ rollout: RolloutID) async throws -> String { try await driver.rollout(rollout).phase }
}

extension FleetDriver {
    /// A check-in of an enrolled endpoint.
    func checkIn(_ message: AgentCheckIn) async throws -> ServerReply {
        try await checkIn(PreparedCheckIn(message, from: message.endpoint) { _ in }, of: message.endpoint)
    }
}

/// An agent as far as the control plane can see: takes offers, goes through the stages, says what it holds.
struct TestAgent {
    /// What a release does to it.
    enum Fate { case well, reverts, dies }

    let endpoint: EndpointID
    var credential = ""
    var sequence: UInt64 = 0
    var releases: [ReleaseReport] = []
    var alerts: [AlertReport] = []
    var recallRevision: UInt64 = 0
    var fates: [ReleaseID: Fate] = [:]
    /// Offers that it saw, each time.
    var offersSeen: [ReleaseID] = []
    var saysEverything = true
    var isDead = false
    var kernel = "6.1"
    var tags: [String: String] = [:]
    /// Releases that it was told to drop, each time.
    var recallsSeen: [ReleaseID] = []

    init(number: Int) {
        let text = String(number, radix: 16)
        endpoint = EndpointID(accepted: String(repeating: "0", count: 32 - text.count) + text)
    }

    var description: EndpointDescription {
        EndpointDescription(
            hostName: "host-\(endpoint.text.suffix(4))",
            cohort: CohortAttributes(
                os: "linux", osVersion: "debian-12", kernel: kernel, agentVersion: "1", model: "vm", tags: tags))
    }

    var health: EndpointHealth {
        let part = EndpointHealth.Component(isHealthy: true, message: "", since: Moment(milliseconds: 1))
        return EndpointHealth(components: [.sensor: part, .worker: part, .protection: part])
    }

    /// The message of an enrolment.
    var hello: AgentCheckIn {
        AgentCheckIn(endpoint: endpoint, sequence: 0, description: description, health: health, report: CheckInReport())
    }

    mutating func next() -> AgentCheckIn {
        sequence += 1
        return AgentCheckIn(
            endpoint: endpoint, sequence: sequence, description: saysEverything ? description : nil, health: health,
            report: CheckInReport(releases: releases, alerts: alerts, recallRevision: recallRevision))
    }

    mutating func take(_ reply: ServerReply) {
        saysEverything = reply.wantsFullState
        if let directive = reply.directive {
            recallsSeen += directive.recalls.map(\.release)
            for recall in directive.recalls { releases.removeAll { $0.release == recall.release } }
            recallRevision = directive.recallRevision
            alerts.removeAll { $0.sequence <= directive.alertsAcknowledged }
        }
        for index in releases.indices where releases[index].stage == .trial { releases[index].stage = .committed }
        for offer in reply.offers ?? [] where !releases.contains(where: { $0.digest == offer.digest }) {
            offersSeen.append(offer.release)
            let fate = fates[offer.release] ?? .well
            if fate == .dies { isDead = true }
            releases.append(
                ReleaseReport(
                    release: offer.release, digest: offer.digest, stage: fate == .reverts ? .reverted : .trial,
                    stageEnteredAt: Moment(milliseconds: 1), failure: fate == .reverts ? .crash : nil))
        }
    }
}

/// A store that a test can hold up, or let fail before or after it has written.
final class GatedStore: FleetStore {
    enum Fault: Sendable {
        case none
        /// Nothing is written.
        case fails
        /// It is written, and the writer is told that it is not: a disk that lies about an fsync.
        case writesAndFails
    }

    private struct State {
        var fault = Fault.none
        var isClosed = false
        var arrivals: [CheckedContinuation<Void, Never>] = []
        var held: [CheckedContinuation<Void, Never>] = []
        var urgentCommitCount = 0
    }

    private let store: SQLiteFleetStore
    private let state = Mutex(State())

    init(_ store: SQLiteFleetStore) { self.store = store }

    func set(_ fault: Fault) { state.withLock { $0.fault = fault } }
    var urgentCommitCount: Int { state.withLock { $0.urgentCommitCount } }

    /// From now on every commit that somebody waits for is held up.
    func holdUp() { state.withLock { $0.isClosed = true } }

    func letGo() {
        let held = state.withLock { state in
            state.isClosed = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Returns when a commit is held up.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.isEmpty { state.arrivals.append(continuation) }
                return !state.held.isEmpty
            }
            if isThere { continuation.resume() }
        }
    }

    func commit(_ batch: StoreBatch) async throws(StoreError) -> StoreReceipt {
        if batch.isUrgent { state.withLock { $0.urgentCommitCount += 1 } }
        await pass(batch)
        switch state.withLock({ $0.fault }) {
        case .none: return try await store.commit(batch)
        case .writesAndFails where batch.isUrgent: _ = try await store.commit(batch)
        case .fails, .writesAndFails: break
        }
        throw StoreError(.io, subject: "test", message: "the disk is away")
    }

    private func pass(_ batch: StoreBatch) async {
        guard batch.isUrgent else { return }
        await withCheckedContinuation { continuation in
            let (isClosed, arrivals) = state.withLock { state in
                guard state.isClosed else { return (false, [CheckedContinuation<Void, Never>]()) }
                state.held.append(continuation)
                defer { state.arrivals = [] }
                return (true, state.arrivals)
            }
            for arrival in arrivals { arrival.resume() }
            if !isClosed { continuation.resume() }
        }
    }

    func fleet() async throws(StoreError) -> StoredFleet { try await store.fleet() }
    func ledger(of rollout: RolloutID, after sequence: Int64, countMax: Int) async throws(StoreError) -> [LedgerRecord]
    {
        try await store.ledger(of: rollout, after: sequence, countMax: countMax)
    }
    func labStatement(of pack: Digest) async throws(StoreError) -> [UInt8]? {
        try await store.labStatement(of: pack)
    }

    func ledgerSequenceMax() async throws(StoreError) -> Int64 { try await store.ledgerSequenceMax() }
    func alerts(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAlert] {
        try await store.alerts(after: sequence, countMax: countMax)
    }
    func latestAlerts(countMax: Int) async throws(StoreError) -> [StoredAlert] {
        try await store.latestAlerts(countMax: countMax)
    }
    func actions(after sequence: Int64, countMax: Int) async throws(StoreError) -> [StoredAction] {
        try await store.actions(after: sequence, countMax: countMax)
    }
    func recordState() async throws(StoreError) -> StoredRecordState { try await store.recordState() }
    func unloggedRecords(countMax: Int) async throws(StoreError) -> [StoredRecord] {
        try await store.unloggedRecords(countMax: countMax)
    }
    func records(about subject: String, countMax: Int) async throws(StoreError) -> [StoredRecord] {
        try await store.records(about: subject, countMax: countMax)
    }
    func close() async { await store.close() }
}
