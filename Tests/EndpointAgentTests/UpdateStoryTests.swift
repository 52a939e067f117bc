import AgentEngine
import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import Testing

/// Releases on an endpoint with real workers, from offer to end.
@Suite("EndpointAgent: releases", .timeLimit(.minutes(3)))
struct UpdateStoryTests {
    @Test("an endpoint enrols, takes a release through shadow and trial, commits it, and takes the next")
    func commitsReleases() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)
        let state = rig.control.now
        #expect(state.checkIns.first?.description?.cohort.tags == ["demo": "endpoint-01"])
        #expect(state.latest(of: rig.packs.second.release)?.isActive == true)
        #expect(state.latest(of: rig.packs.first.release)?.isActive == false)
        #expect(zip(state.checkIns, state.checkIns.dropFirst()).allSatisfy { $0.sequence + 1 == $1.sequence })
        let stages = try rig.log("stage").compactMap { line in
            line["release"] as? String == rig.packs.second.release.text ? line["stage"] as? String : nil
        }
        #expect(stages == ["downloading", "staged", "shadow", "trial", "committed"])
        #expect(try rig.log("offer").count == 2, "an offer that is repeated is logged once")
        await rig.stop()
        #expect(rig.control.now.checkIns.last?.isDisconnecting == true)
    }

    @Test("a release that kills its worker is caught in shadow, and the active worker goes on untouched")
    func chaosInShadow() async throws {
        let rig = try AgentRig()
        let agent = try rig.start(obeysChaos: true)
        await rig.commit(rig.packs.first)
        let pump = agent.pump
        let lostBefore = pump.counts.lost
        rig.offer(rig.packs.crashing)
        let report = await rig.control.wait(for: rig.packs.crashing.release, .reverted)
        #expect(report.failure == .crash)
        #expect(rig.control.now.latest(of: rig.packs.first.release)?.isActive == true)
        #expect(pump.counts.lost == lostBefore)
        #expect(!rig.kept.contains("\(rig.packs.crashing.digest).fbpack"))
        #expect(
            try rig.log("stage").allSatisfy {
                $0["release"] as? String != rig.packs.crashing.release.text || $0["stage"] as? String != "trial"
            })
        await rig.stop()
    }

    @Test("a normal worker refuses a pack with a fault marker, and says so by its code")
    func chaosRefused() async throws {
        let rig = try AgentRig()
        try rig.start()
        rig.offer(rig.packs.crashing)
        let report = await rig.control.wait(for: rig.packs.crashing.release, .refused)
        #expect(report.message.hasPrefix("program.chaos_refused"))
        await rig.stop()
    }

    @Test("a release that hangs its worker is ended by the deadline")
    func hangInShadow() async throws {
        let rig = try AgentRig()
        rig.control.change {
            $0.policy?.workerDeadline = .milliseconds(1000); $0.policy?.loadDeadline = .milliseconds(2000)
        }
        try rig.start(obeysChaos: true)
        rig.offer(rig.packs.hanging)
        let report = await rig.control.wait(for: rig.packs.hanging.release, .reverted)
        #expect(report.failure == .hang)
        await rig.stop()
    }

    @Test("with the lab's protections off the host goes down at every start, and recovers by itself once they act")
    func crashLoop() async throws {
        let rig = try AgentRig()
        try rig.start(obeysChaos: true)
        await rig.commit(rig.packs.first)
        try rig.set(shadow: false, revert: false)
        rig.offer(rig.packs.crashing)
        _ = await rig.hostDown()
        for _ in 0..<3 {
            let checkIns = rig.control.now.checkIns.count
            try rig.start(obeysChaos: true)
            _ = await rig.hostDown()
            #expect(rig.control.now.checkIns.count == checkIns, "a host that is down says nothing")
        }
        try rig.set(shadow: true, revert: true)
        try rig.start(obeysChaos: true)
        let report = await rig.control.wait(for: rig.packs.crashing.release, .reverted)
        #expect(report.failure == .crash)
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        await rig.stop()
    }

    @Test("a trial that fails goes back to the generation before")
    func trialDeath() async throws {
        let rig = try AgentRig()
        try rig.start(obeysChaos: true)
        await rig.commit(rig.packs.first)
        try rig.set(shadow: false, revert: true)
        rig.offer(rig.packs.crashing)
        let report = await rig.control.wait(for: rig.packs.crashing.release, .reverted)
        #expect(report.failure == .crash)
        _ = await rig.control.wait {
            $0.latest(of: rig.packs.first.release)?.isActive == true && $0.checkIns.last?.health?.isHealthy != false
        }
        await rig.stop()
    }

    @Test("a worker that is killed is started again, and the endpoint is well")
    func workerKilled() async throws {
        let rig = try AgentRig()
        let agent = try rig.start()
        await rig.commit(rig.packs.first)
        let pid = try #require(await agent.workers.processId(of: .active))
        let evaluated = rig.control.now.checkIns.last?.report?.eventsEvaluated ?? 0
        #expect(kill(pid, SIGKILL) == 0)
        _ = await rig.control.wait { ($0.checkIns.last?.report?.eventsEvaluated ?? 0) > evaluated + 20 }
        let next = try #require(await agent.workers.processId(of: .active))
        #expect(next != pid)
        await rig.stop()
    }

    @Test("a recall takes away what is on trial, and what is committed, for good")
    func recalls() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)
        let second = rig.packs.second
        rig.control.change {
            $0.recallRevision = 1
            $0.recalls = [RecallNotice(release: second.release, digest: second.digest, reason: "bad")]
        }
        await rig.control.wait(for: second.release, .reverted)
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        #expect(!rig.kept.contains("\(second.digest).fbpack"))
        #expect(try rig.log("recall").count == 1)

        let third = rig.packs.third
        rig.control.change { $0.policy?.trial = .seconds(3600) }
        rig.offer(third)
        await rig.control.wait(for: third.release, .trial)
        rig.control.change {
            $0.recallRevision = 2
            $0.recalls.append(RecallNotice(release: third.release, digest: third.digest, reason: "bad too"))
        }
        await rig.control.wait(for: third.release, .reverted)
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        await rig.stop()
        // After a restart it is still known.
        let downloads = rig.control.now.downloads
        try rig.start()
        let count = rig.control.now.checkIns.count
        _ = await rig.control.wait { $0.checkIns.count > count + 3 }
        #expect(rig.control.now.downloads == downloads)
        await rig.stop()
    }

    @Test(
        "a release that is taken back from this endpoint alone, without a new revision, is dropped, once and for good")
    func recallWithoutRevision() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)
        let second = rig.packs.second
        rig.control.change {
            $0.notices = [RecallNotice(release: second.release, digest: second.digest, reason: "this kernel")]
        }
        await rig.control.wait(for: second.release, .reverted)
        _ = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        #expect(!rig.kept.contains("\(second.digest).fbpack"))
        // Said again and offered again, also after a restart: nothing more happens.
        let downloads = rig.control.now.downloads
        rig.offer(second)
        await rig.stop()
        try rig.start()
        let count = rig.control.now.checkIns.count
        let state = await rig.control.wait { $0.checkIns.count > count + 3 }
        #expect(state.checkIns.last?.report?.recallRevision == 0)
        #expect(state.downloads == downloads)
        #expect(try rig.log("recall").count == 1)
        await rig.stop()
    }

    @Test("what a lying server sends is refused by its code, and what was held stays")
    func lyingServer() async throws {
        let rig = try AgentRig()
        try rig.start()
        await rig.commit(rig.packs.first)
        let (second, third, foreign, crashing) = (
            rig.packs.second, rig.packs.third, rig.packs.foreign, rig.packs.crashing
        )
        let cases: [(digest: Digest, bytes: [UInt8], offered: ReleaseID, code: String)] = [
            (second.digest, third.bytes, second.release, "pack.digest_mismatch"),
            (crashing.digest, crashing.bytes, ReleaseID(accepted: "linux-core@1.9.0"), "pack.version_mismatch"),
            (foreign.digest, foreign.bytes, foreign.release, "pack.unknown_key"),
            (third.digest, Array(third.bytes.prefix(700)), third.release, "pack.truncated"),
            (rig.packs.hanging.digest, [], rig.packs.hanging.release, "pack.truncated"),
        ]
        for (digest, bytes, offered, code) in cases {
            rig.control.change {
                $0.packs[digest] = bytes
                $0.offers = [PackOffer(release: offered, digest: digest, signature: [])]
            }
            let state = await rig.control.wait { state in
                state.checkIns.last?.report?.releases.contains { $0.release == offered && $0.stage == .refused }
                    ?? false
            }
            let report = state.checkIns.last?.report?.releases.first { $0.release == offered }
            #expect(report?.message.hasPrefix(code) == true, "\(report?.message ?? "nothing"), wanted \(code)")
        }
        #expect(rig.control.now.latest(of: rig.packs.first.release)?.isActive == true)
        await rig.stop()
    }
}
