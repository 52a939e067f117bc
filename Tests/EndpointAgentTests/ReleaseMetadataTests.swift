import ContentPublisher
import ControlWire
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
        var repository: TufRepository

        init(in folder: TemporaryFolder, at now: Moment = Publisher.now()) throws {
            func key(_ number: UInt8) throws -> PackSigningKey {
                try #require(PackSigningKey(seed: Array(repeating: number, count: 32)))
            }
            self.folder = RepositoryFolder(path: folder.file("repository"))
            keys = try TufKeyring(root: [key(1)], targets: [key(2)], snapshot: key(3), timestamp: key(4))
            vendor = try key(5)
            repository = try TufRepository(keys: keys, at: now)
            for (name, pack) in [("acme", "linux-core"), ("other", "other-pack")] {
                try repository.delegate(
                    to: name, packs: [PackName(accepted: pack)], key: vendor.key, first: vendor, by: keys.targets,
                    at: now)
            }
            try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
            try self.folder.write(&repository)
            root = Array(try Data(contentsOf: URL(filePath: "\(self.folder.metadata)/1.root.json")))
        }

        static func now() -> Moment { Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

        mutating func vouch(for pack: Packs.Built, bytes: [UInt8]? = nil) throws {
            let now = Self.now()
            let target = TufTarget(path: TufRepository.path(of: pack.release), describing: bytes ?? pack.bytes)
            try repository.add(target, to: "acme", by: vendor, at: now)
            try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
            try folder.write(&repository)
        }
    }

    @Test("a release that its vendor vouches for is taken, and the verified metadata is kept")
    func vouched() async throws {
        let rig = try AgentRig()
        var publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        await rig.commit(rig.packs.first)
        let kept = try FileManager.default.contentsOfDirectory(atPath: rig.state + "/tuf").sorted()
        #expect(kept == ["acme.json", "root.json", "snapshot.json", "targets.json", "timestamp.json"])
        await rig.stop()
    }

    @Test("a release that nobody vouches for, or with other bytes, does not run though its signature holds")
    func notVouched() async throws {
        let rig = try AgentRig()
        var publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.third, bytes: rig.packs.first.bytes)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        for (pack, code) in [(rig.packs.second, "tuf.target_missing"), (rig.packs.third, "tuf.")] {
            rig.offer(pack)
            let report = await rig.control.wait(for: pack.release, .refused)
            #expect(report.message.hasPrefix(code))
            #expect(!rig.kept.contains("\(pack.digest).fbpack"))
        }
        await rig.stop()
    }

    @Test("a repository that was frozen lets nothing new run, and what was running goes on")
    func frozen() async throws {
        let rig = try AgentRig()
        var publisher = try Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        rig.control.change { $0.repositoryFolder = publisher.folder.path }
        try rig.start(repositoryRoot: publisher.root)
        await rig.commit(rig.packs.first)
        try publisher.vouch(for: rig.packs.second)
        // The server goes on showing a timestamp that has expired.
        let long = Publisher.now() + .hours(-48)
        try publisher.repository.publish(
            snapshot: publisher.keys.snapshot, timestamp: publisher.keys.timestamp, at: long)
        try publisher.folder.write(&publisher.repository)
        let downloads = rig.control.now.downloads
        rig.offer(rig.packs.second)
        let state = await rig.control.wait {
            $0.downloads > downloads && $0.latest(of: rig.packs.second.release) != nil
        }
        #expect(state.latest(of: rig.packs.second.release)?.isActive != true)
        #expect(state.latest(of: rig.packs.first.release)?.isActive == true)
        await rig.stop()
    }
}
