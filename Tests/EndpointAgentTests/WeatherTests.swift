import AgentEngine
import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import LinuxSensor
import Synchronization
import TestSupport
import Testing
import WorkerSandbox

/// Power cuts, torn files, full disks, and a control plane that is gone.
@Suite("EndpointAgent: bad weather", .timeLimit(.minutes(5)))
struct WeatherTests {
    @Test("killed before and after every journal write and every action of an update, the endpoint ends well each time")
    func killedAtEveryBoundary() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.stop()
        let prepared = rig.folder.file("prepared")
        try FileManager.default.copyItem(atPath: rig.state, toPath: prepared)
        var boundary = 1
        while try await cut(rig, at: boundary, prepared: prepared) { boundary += 1 }
        #expect(boundary > 30, "an update has more boundaries than \(boundary)")
    }

    /// One update on a copy of the prepared state, cut at the boundary of this number, and the start after it; false
    /// when the update was over before.
    private func cut(_ rig: AgentRig, at boundary: Int, prepared: String) async throws -> Bool {
        try FileManager.default.removeItem(atPath: rig.state)
        try FileManager.default.copyItem(atPath: prepared, toPath: rig.state)
        rig.control.change { $0.checkIns = [] }
        rig.offer(rig.packs.second)
        let left = Mutex(boundary)
        let (cuts, cut) = AsyncStream.makeStream(of: Bool.self)
        try rig.start(endsAt: { _ in
            let isNow = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isNow { cut.yield(true) }
            return isNow
        })
        // Whichever comes first: the cut, or the end of the update without one.
        let watch = Task {
            await rig.control.wait(for: rig.packs.second.release, .committed)
            cut.yield(false)
        }
        defer { watch.cancel() }
        let wasCut = await cuts.first { _ in true } ?? false
        await rig.kill()
        rig.control.change { $0.checkIns = [] }
        try rig.start()
        // A cut on trial is a failure of the release; any other lets it go on, or finds it committed.
        let state = await rig.control.wait { state in
            let stage = state.latest(of: rig.packs.second.release)?.stage
            return stage == .committed || stage == .reverted
        }
        let isCommitted = state.latest(of: rig.packs.second.release)?.stage == .committed
        let active = isCommitted ? rig.packs.second : rig.packs.first
        _ = await rig.control.wait { $0.latest(of: active.release)?.isActive == true }
        await rig.stop()
        for digest in Set([active.digest, rig.packs.first.digest]) {
            #expect(rig.kept.isSuperset(of: ["\(digest).fbpack", "\(digest).proven"]), "boundary \(boundary)")
        }
        return wasCut
    }

    @Test("a torn or empty journal counts as a failure: what is proven protects, what was tried is taken away")
    func tornJournal() async throws {
        for keep in [0, 100] {
            let rig = try AgentRig()
            try rig.start()
            await rig.commit(rig.packs.first)
            rig.control.change { $0.policy?.trial = .seconds(3600) }
            rig.offer(rig.packs.second)
            await rig.control.wait(for: rig.packs.second.release, .trial)
            await rig.kill()
            let path = rig.state + "/journal.json"
            let bytes = try Data(contentsOf: URL(filePath: path))
            try bytes.prefix(keep).write(to: URL(filePath: path))
            rig.control.change { $0.offers = [] }
            try rig.start()
            let report = await rig.control.wait(for: rig.packs.second.release, .reverted)
            #expect(report.message.hasPrefix("update.journal_lost"))
            _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
            await rig.stop()
        }
    }

    @Test("a damaged generation is removed at the start, and the one before protects")
    func damagedGeneration() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)
        await rig.stop()
        let path = rig.state + "/generations/\(rig.packs.second.digest).fbpack"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: path))
        rig.control.change { $0.offers = [] }
        try rig.start()
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        await rig.stop()
    }

    @Test("a generation that cannot be read is not stood on, stays on disk, and is back when it can be read")
    func unreadableGeneration() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)
        await rig.stop()
        let kept = rig.kept
        rig.control.change { $0.offers = [] }
        let disk = FullDisk()
        disk.unreadable.withLock { [digest = rig.packs.second.digest] in $0 = "\(digest).fbpack" }
        try rig.start(files: DurableFiles(calls: disk))
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        await rig.stop()
        #expect(rig.kept == kept)
        #expect(try rig.log("trouble").contains { $0["code"] as? String == "agent.generation_unreadable" })
        try rig.start()
        _ = await rig.control.wait { $0.latest(of: rig.packs.second.release)?.isActive == true }
        await rig.stop()
        #expect(rig.kept == kept)
    }

    @Test("an agent that cannot list its generations ends, and leaves its journal as it was")
    func unlistableGenerations() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.stop()
        let journal = try Data(contentsOf: URL(filePath: rig.state + "/journal.json"))
        let sensor = try ReplaySensor.start(
            Recording(events: AgentRig.events(isTripping: false)), pace: .steady(eventsPerSecond: 50))
        let agent = try Agent(
            configuration: AgentConfiguration(
                state: rig.state, worker: WorkerLaunch(executable: try BuiltCommand.path("firebreak-worker")),
                trustedKeys: rig.packs.trustedKeys, enrolmentSecret: nil, labFile: nil, tags: [:],
                hasLiveSensor: false),
            link: rig.control, sensor: sensor)
        let folder = URL(filePath: rig.state + "/generations")
        let away = URL(filePath: rig.state + "/away")
        try FileManager.default.moveItem(at: folder, to: away)
        let error = await #expect(throws: AgentError.self) { try await agent.run() }
        #expect(error?.code == .stateUnusable)
        #expect(try Data(contentsOf: URL(filePath: rig.state + "/journal.json")) == journal)
        try FileManager.default.moveItem(at: away, to: folder)
        try rig.start()
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        await rig.stop()
    }

    @Test("recalls of a control plane that lost its database are heard")
    func recallAfterRestore() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        rig.control.change { $0.recallRevision = 7 }
        _ = await rig.control.wait { $0.checkIns.last?.report?.recallRevision == 7 }
        await rig.commit(rig.packs.second)
        let second = rig.packs.second
        rig.control.change {
            $0.recallRevision = 1
            $0.recalls = [RecallNotice(release: second.release, digest: second.digest, reason: "bad")]
        }
        await rig.control.wait(for: second.release, .reverted)
        _ = await rig.control.wait { $0.checkIns.last?.report?.recallRevision == 1 }
        await rig.stop()
    }

    @Test("an orderly end evaluates what was sent, keeps every detection, and says farewell with them")
    func orderlyEnd() async throws {
        let rig = try AgentRig()
        let agent = try rig.start()
        await rig.commit(rig.packs.first)
        let held = rig.control.now.alerts.count
        for number in 0..<3 {
            var event = AgentRig.events(isTripping: true)[1]
            event[.commandLine] = .text("true \(Packs.marker) \(number)")
            agent.pump.push(event)
        }
        await rig.stop()
        let state = rig.control.now
        #expect(state.checkIns.last?.isDisconnecting == true)
        #expect(state.checkIns.last?.report?.eventsLost == 0)
        #expect(state.alerts.count == held + 3)
    }

    @Test("on a full disk a release is refused or waits, protection goes on, and room brings everything back")
    func fullDisk() async throws {
        let rig = try AgentRig()
        let disk = FullDisk()
        try rig.start(files: DurableFiles(calls: disk))
        await rig.commit(rig.packs.first)
        disk.isFull.withLock { $0 = true }
        rig.offer(rig.packs.second)
        let checkIns = rig.control.now.checkIns.count
        let evaluated = rig.control.now.checkIns.last?.report?.eventsEvaluated ?? 0
        let state = await rig.control.wait {
            $0.checkIns.count > checkIns + 10 && ($0.checkIns.last?.report?.eventsEvaluated ?? 0) > evaluated
        }
        #expect(state.latest(of: rig.packs.second.release)?.stage != .committed)
        #expect(state.latest(of: rig.packs.first.release)?.isActive == true)
        #expect(try rig.log("trouble").contains { $0["code"] as? String == "file.disk_full" })
        disk.isFull.withLock { $0 = false }
        await rig.control.wait(for: rig.packs.second.release, .committed)
        await rig.stop()
    }

    @Test("without a control plane the endpoint protects, keeps its alerts, and delivers them when it is back")
    func serverGone() async throws {
        let rig = try AgentRig()
        let agent = try rig.start(isTripping: true)
        await rig.commit(rig.packs.first)
        let before = await rig.control.wait { !$0.alerts.isEmpty }.alerts.count
        rig.control.change { $0.isDown = true }
        let evaluated = agent.pump.counts.evaluated
        try await waitUntil { await agent.alerts.waitingCount > 0 && agent.pump.counts.evaluated > evaluated }
        await rig.kill()
        try rig.start()
        rig.control.change { $0.isDown = false }
        let after = await rig.control.wait { $0.alerts.count > before }
        #expect(Set(after.alerts.map(\.sequence)).count == after.alerts.count)
        #expect(zip(after.alerts, after.alerts.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        await rig.stop()
    }

    @Test("an enrolment whose reply is lost is repeated, and the credential is used from then on")
    func lostEnrolment() async throws {
        let rig = try AgentRig()
        rig.control.change { $0.repliesToLose = 2 }
        try rig.start()
        _ = await rig.control.wait { $0.checkIns.count > 4 }
        let credential = try String(contentsOfFile: rig.state + "/credential", encoding: .utf8)
        #expect(credential == rig.control.now.credential)
        #expect(Set(rig.control.now.checkIns.map(\.endpoint)).count == 1)
        await rig.stop()
    }

    @Test("a server that does not know the endpoint's state gets all of it")
    func fullState() async throws {
        let rig = try AgentRig()
        try rig.start()
        let known = await rig.control.wait { $0.checkIns.count > 3 }
        #expect(known.checkIns.last?.description == nil)
        rig.control.change { $0.wantsFullState = true }
        let count = rig.control.now.checkIns.count
        let told = await rig.control.wait { $0.checkIns.count > count + 2 }
        #expect(told.checkIns.last?.description != nil && told.checkIns.last?.health != nil)
        await rig.stop()
    }

    @Test("a state directory has one agent")
    func oneInstance() async throws {
        let rig = try AgentRig()
        try rig.start()
        let error = #expect(throws: AgentError.self) { try rig.start() }
        #expect(error?.code == .alreadyRunning)
        await rig.stop()
    }
}

/// A disk that can be full, and that can fail to read.
final class FullDisk: FileCalls {
    let isFull = Mutex(false)
    /// Files that cannot be read: those whose path ends so.
    let unreadable = Mutex<String?>(nil)
    private let kernel = KernelCalls()

    func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 {
        if let suffix = unreadable.withLock({ $0 }), path.hasSuffix(suffix) {
            errno = EIO
            return -1
        }
        return kernel.open(path, flags, mode: mode)
    }
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard isFull.withLock({ !$0 }) else {
            errno = ENOSPC
            return -1
        }
        return kernel.write(descriptor, bytes)
    }
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        kernel.read(descriptor, into: bytes)
    }
    func fsync(_ descriptor: Int32) -> Int32 { kernel.fsync(descriptor) }
    func close(_ descriptor: Int32) -> Int32 { kernel.close(descriptor) }
    func rename(_ old: String, to new: String) -> Int32 { kernel.rename(old, to: new) }
    func unlink(_ path: String) -> Int32 { kernel.unlink(path) }
}

/// Asks again until `condition` holds; the test's time limit ends a wait in vain.
func waitUntil(_ condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(for: .milliseconds(20)) }
}
