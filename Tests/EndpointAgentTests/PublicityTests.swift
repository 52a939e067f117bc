import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import LogStore
import Testing
import TestSupport
import TransparencyLog

/// Releases that are, or are not, in the public log, on an endpoint with real workers.
@Suite("EndpointAgent: public log", .timeLimit(.minutes(3)))
struct PublicityTests {
    /// A log in a folder, as a control plane keeps it.
    struct Log {
        let store: LogStore
        let trust: LogTrust
        let folder: String

        init(in folder: TemporaryFolder, name: String) throws {
            let seed = [UInt8](repeating: 7, count: NoteSigner.seedBytes)
            let signer = try NoteSigner(name: "test/log", kind: .ed25519, seed: seed)
            self.folder = folder.file(name)
            store = try LogStore(
                folder: self.folder, lockPath: folder.file("\(name).lock"), signer: signer,
                now: { Moment(milliseconds: 1_800_000_000_000) })
            trust = try LogTrust(
                keys: [signer.verifier], origin: nil, witnesses: try WitnessPolicy(threshold: 0, of: []))
        }

        /// Logs a release, among other entries.
        func publish(_ pack: Packs.Built, digest: Digest? = nil) async throws -> UInt64 {
            let entry = """
                {"at_ms":1,"body":{"digest":"\((digest ?? pack.digest).text)","pack":"\(pack.release.pack.text)",\
                "version":"\(pack.release.version.text)"},"format":1,"kind":"release","number":1}
                """
            let others = (0..<3).map { Array("{\"kind\":\"other\",\"number\":\($0)}".utf8) }
            return try await store.append(others + [Array(entry.utf8)] + others).lowerBound + 3
        }
    }

    /// An endpoint that runs the first release, which the log has.
    private static func started() async throws -> (rig: AgentRig, log: Log) {
        let rig = try AgentRig()
        let log = try Log(in: rig.folder, name: "log")
        try await rig.serve(log.folder, rig.packs.first.digest, at: log.publish(rig.packs.first))
        try rig.start(logTrust: log.trust)
        await rig.commit(rig.packs.first)
        return (rig, log)
    }

    @Test("a release that the log has is taken, and the newest checkpoint is kept")
    func published() async throws {
        let (rig, log) = try await Self.started()
        try await rig.serve(log.folder, rig.packs.second.digest, at: log.publish(rig.packs.second))
        await rig.commit(rig.packs.second)
        let kept = try DurableFiles().read(rig.state + "/log.checkpoint", bytesMax: 64 << 10)
        #expect(kept == log.store.checkpoint.bytes)
        await rig.stop()
    }

    @Test("a release that the log does not have, or has with other bytes, does not run")
    func unpublished() async throws {
        let rig = try AgentRig()
        let log = try Log(in: rig.folder, name: "log")
        try await rig.serve(log.folder, rig.packs.first.digest, at: log.publish(rig.packs.second))
        try await rig.serve(
            log.folder, rig.packs.third.digest, at: log.publish(rig.packs.third, digest: rig.packs.first.digest))
        try rig.start(logTrust: log.trust)
        for pack in [rig.packs.first, rig.packs.third] { await rig.expectRefusal(of: pack, "log.entry_other") }
        await rig.stop()
    }

    @Test("a log that shows this endpoint two histories is found out, and nothing of the second runs")
    func splitView() async throws {
        let (rig, _) = try await Self.started()
        // The same key signs another tree.
        let other = try Log(in: rig.folder, name: "other")
        _ = try await other.publish(rig.packs.third)
        try await rig.serve(other.folder, rig.packs.second.digest, at: other.publish(rig.packs.second))
        await rig.expectRefusal(of: rig.packs.second, "log.split_view")
        #expect(rig.control.now.latest(of: rig.packs.first.release)?.isActive == true)
        await rig.stop()
    }

    @Test("a log that cannot be reached lets nothing run, and what was running goes on")
    func unreachable() async throws {
        let (rig, _) = try await Self.started()
        rig.control.change { $0.logIndices = [:] }
        await rig.expectWaiting(of: rig.packs.second, beside: rig.packs.first)
        await rig.stop()
    }

    @Test("where witnesses are asked for, a release waits for their word; a checkpoint kept before that bars nothing")
    func witnessed() async throws {
        let (rig, log) = try await Self.started()
        await rig.stop()

        let witness = try NoteSigner(
            name: "test/witness", kind: .cosignature, seed: [UInt8](repeating: 8, count: NoteSigner.seedBytes))
        let policy = try WitnessPolicy(threshold: 1, of: [witness.verifier])
        try rig.start(logTrust: try LogTrust(keys: log.trust.keys, witnesses: policy))
        try await rig.serve(log.folder, rig.packs.second.digest, at: log.publish(rig.packs.second))
        await rig.expectWaiting(of: rig.packs.second, beside: rig.packs.first)
        let text = log.store.checkpoint.note.text
        try await log.store.addSignatures([witness.sign(text, at: Moment(milliseconds: 1_800_000_000_000))], to: text)
        await rig.commit(rig.packs.second)
        await rig.stop()
    }
}
