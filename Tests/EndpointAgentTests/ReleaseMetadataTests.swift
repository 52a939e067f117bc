import ControlWire
import RepositoryPublisher
@testable import EndpointAgent
import FleetModel
import Foundation
import TestSupport
import Testing
import UpdateTrust

/// Releases that a TUF repository vouches for, or does not, on an endpoint with real workers.
@Suite("EndpointAgent: repository", .timeLimit(.minutes(3)))
struct ReleaseMetadataTests {
    /// A publisher's repository in a folder, with one vendor who speaks for linux-core and one who does not.
    struct Publisher {
        let folder: RepositoryFolder
        let keys: TufKeyring<PackSigningKey>
        let vendor: PackSigningKey
        let root: [UInt8]

        init(in folder: TemporaryFolder, at now: Moment = Publisher.now()) throws {
            func key(_ number: UInt8) throws -> PackSigningKey {
                try #require(PackSigningKey(seed: Array(repeating: number, count: 32)))
            }
            self.folder = RepositoryFolder(path: folder.file("repository"))
            keys = try TufKeyring(
                root: [key(1)], targets: [key(2)], snapshot: key(3), timestamp: key(4), recalls: key(6))
            vendor = try key(5)
            _ = try self.folder.create(keys: keys, at: now)
            try self.folder.change(keys: keys, at: now) { [keys, vendor] repository throws(TufError) in
                for (name, packs) in [("acme", ["linux-core", "firebreak-agent"]), ("other", ["other-pack"])] {
                    try repository.delegate(
                        to: name, packs: packs.map { PackName(accepted: $0) }, key: vendor.key, first: vendor,
                        by: keys.targets,
                        at: now)
                }
            }
            root = Array(try Data(contentsOf: URL(filePath: "\(self.folder.metadata)/1.root.json")))
        }

        static func now() -> Moment { Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

        func recall(_ digest: Digest, _ reason: String) throws {
            let now = Self.now()
            try folder.recall([(digest, reason)], keys: keys, at: now)
        }

        /// Changes a byte of each pack that is served.
        func spoilPacks() throws {
            let packs = try #require(FileManager.default.enumerator(atPath: folder.targets)?.allObjects as? [String])
            for name in packs where name.hasSuffix(".fbpack") {
                let file = URL(filePath: "\(folder.targets)/\(name)")
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: file)
            }
        }

        func vouch(for pack: Packs.Built, bytes: [UInt8]? = nil) throws {
            try folder.add(
                bytes ?? pack.bytes, of: pack.release, to: "acme", by: vendor, keys: keys, at: Self.now())
        }
    }

    @Test("a release that was recalled by the repository alone is dropped by those who run it, and taken by nobody")
    func recalled() async throws {
        let rig = try AgentRig()
        let publisher = try Publisher(in: rig.folder)
        for pack in [rig.packs.first, rig.packs.second, rig.packs.third] { try publisher.vouch(for: pack) }
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root, recallWatchSpan: .milliseconds(100))
        await rig.commit(rig.packs.first)
        await rig.commit(rig.packs.second)

        try publisher.recall(rig.packs.second.digest, "it harms")
        let report = await rig.control.wait(for: rig.packs.second.release, .reverted)
        #expect(report.message == "update.recalled: recalled: it harms")
        #expect(report.failure == nil)

        try publisher.recall(rig.packs.third.digest, "it harms too")
        await rig.expectRefusal(of: rig.packs.third, "update.recalled: recalled: it harms too")
        let state = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        #expect(state.checkIns.last?.report?.recallRevision == 0, "the control plane has said nothing")
        await rig.stop()
        // Told first, then dropped: at the end both are done.
        #expect(!rig.kept.contains("\(rig.packs.second.digest).fbpack"))
    }

    @Test("a mirror in a folder gives metadata and packs, by the same checks")
    func mirror() async throws {
        let rig = try AgentRig()
        let publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        // The control plane carries neither.
        rig.control.change { $0.packs = [:] }
        try rig.start(repositoryRoot: publisher.root, mirror: publisher.folder.path)
        await rig.commit(rig.packs.first)
        // The pack's file, spoiled where it lies.
        try publisher.vouch(for: rig.packs.second)
        try publisher.spoilPacks()
        rig.offer(rig.packs.second)
        _ = await rig.control.wait {
            $0.latest(of: rig.packs.second.release)?.message.contains("tuf.hash_mismatch") == true
        }
        await rig.stop()
    }

    @Test("a release that its vendor vouches for is taken, and the verified metadata is kept")
    func vouched() async throws {
        let rig = try AgentRig()
        let publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        await rig.commit(rig.packs.first)
        let kept = try FileManager.default.contentsOfDirectory(atPath: rig.state + "/tuf").sorted()
        #expect(kept == ["acme.json", "recalls.json", "root.json", "snapshot.json", "targets.json", "timestamp.json"])
        await rig.stop()
    }

    @Test("a release that nobody vouches for, or with other bytes, does not run though its signature holds")
    func notVouched() async throws {
        let rig = try AgentRig()
        let publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.third, bytes: rig.packs.first.bytes)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        await rig.expectRefusal(of: rig.packs.second, "tuf.target_missing")
        await rig.expectRefusal(of: rig.packs.third, "tuf.")
        await rig.stop()
    }

    @Test("a repository that was frozen lets nothing new run, and what was running goes on")
    func frozen() async throws {
        let rig = try AgentRig()
        let publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        await rig.commit(rig.packs.first)
        try publisher.vouch(for: rig.packs.second)
        // The server goes on showing a timestamp that has expired.
        try publisher.folder.change(keys: publisher.keys, at: Publisher.now() + .hours(-48)) { _ in }
        await rig.expectWaiting(of: rig.packs.second, beside: rig.packs.first)
        await rig.stop()
    }
}
