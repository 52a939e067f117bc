import ControlWire
import DecisionRecord
import DurableFiles
import FleetModel
import Foundation
import LogClient
import LogWitness
import Logging
import RepositoryPublisher
import TestSupport
import Testing
import TransparencyLog
import UpdateTrust

@testable import ControlPlane

/// What the control plane does beside its decisions: the repository's word, and witnesses of its log.
@Suite("Keepers", .timeLimit(.minutes(2)))
struct KeeperTests {
    private static let quiet = Logger(label: "keeper", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Where a repository is to be, and the keys of its roles.
    private static func publisher(in files: TemporaryFolder, rootCount: Int) throws -> (
        RepositoryFolder, TufKeyring<PackSigningKey>
    ) {
        try FileManager.default.createDirectory(atPath: files.file("keys"), withIntermediateDirectories: true)
        let keys = try RoleKeys(folder: files.file("keys")).make(rootCount: rootCount)
        return (RepositoryFolder(path: files.file("repository")), keys)
    }

    @Test("a recall is in the repository too, once, also when it was made while the repository could not be written")
    func recalls() async throws {
        let house = try await DriverHouse()
        try await house.enrol(3)
        let rollout = try await house.start()
        let files = try TemporaryFolder("keeper")
        let (folder, keys) = try Self.publisher(in: files, rootCount: 1)
        let keeper = RepositoryKeeper(driver: house.driver, folder: folder, keys: keys, logger: Self.quiet)
        _ = try await house.driver.command(.recall, on: rollout, reason: "found a hole")

        var progress = RepositoryKeeper.Progress()
        await #expect(throws: TufError.self) { try await keeper.look(&progress) }
        #expect(progress.revision == 0)
        let created = try folder.create(keys: keys, at: house.driver.clock.now)
        try await keeper.look(&progress)
        #expect(progress.revision == 1)
        let repository = try folder.read()
        let path = TufRepository.recallPath(of: DriverHouse.digest(of: DriverHouse.release))
        let target = try #require(repository.vendors[TufRepository.recallsRole]?.targets[path])
        #expect(repository.timestamp.head.version == created.timestamp.head.version + 1)
        let location = "\(folder.targets)/\(target.location(isConsistentSnapshot: true))"
        #expect(try String(contentsOfFile: location, encoding: .utf8).contains("found a hole"))

        // Another start knows of no progress, and changes nothing.
        var again = RepositoryKeeper.Progress()
        try await keeper.look(&again)
        #expect(again.revision == 1)
        #expect(try folder.read().timestamp.head == repository.timestamp.head)
    }

    @Test("who may sign for the repository is in the public record, and each change of it is, once")
    func keyChanges() async throws {
        let log = TestLog()
        let house = try await DriverHouse(log: log)
        let files = try TemporaryFolder("keeper")
        let (folder, keys) = try Self.publisher(in: files, rootCount: 3)
        _ = try folder.create(keys: keys, at: house.driver.clock.now)
        let keeper = RepositoryKeeper(driver: house.driver, folder: folder, keys: nil, logger: Self.quiet)
        func recorded() throws -> [RecordedKey] {
            try log.entries.compactMap { bytes in
                guard case .key(let key) = try RecordEntry(decoding: bytes).body, key.rootVersion != nil else {
                    return nil
                }
                return key
            }
        }

        var progress = RepositoryKeeper.Progress()
        try await keeper.look(&progress)
        try await keeper.look(&progress)
        #expect(try recorded().map(\.role) == ["root", "snapshot", "targets", "timestamp", "recalls"])
        #expect(try recorded().first?.threshold == 2)

        let vendor = try #require(PackSigningKey(seed: [UInt8](repeating: 3, count: 32)))
        let now = house.driver.clock.now
        try folder.change(keys: keys, at: now) { repository throws(TufError) in
            try repository.delegate(
                to: "acme", packs: [PackName(accepted: "linux-core")], key: vendor.key, first: vendor,
                by: keys.targets, at: now)
        }
        var again = RepositoryKeeper.Progress()
        try await keeper.look(&again)
        #expect(try recorded().last?.role == "acme")
        #expect(try recorded().last?.keyIDs == [vendor.key.id])
        #expect(try recorded().count == 6)
    }

    @Test("what would expire within half a day is signed anew, and nothing else")
    func renewal() async throws {
        let house = try await DriverHouse()
        let files = try TemporaryFolder("keeper")
        let (folder, keys) = try Self.publisher(in: files, rootCount: 1)
        let created = try folder.create(keys: keys, at: house.driver.clock.now + .hours(-13))
        var progress = RepositoryKeeper.Progress()
        let keeper = RepositoryKeeper(driver: house.driver, folder: folder, keys: keys, logger: Self.quiet)
        try await keeper.look(&progress)
        let repository = try folder.read()
        #expect(repository.timestamp.head.version == created.timestamp.head.version + 1)
        #expect(repository.snapshot.head == created.snapshot.head)
    }

    @Test("each checkpoint is published with its witness's cosignature as soon as there is one")
    func witness() async throws {
        let files = try TemporaryFolder("keeper")
        let log = try PublicLog(DataFolder(files.file("control")), now: { Moment(milliseconds: 5000) })
        let keys = try NoteSigner(name: "witness.example", kind: .cosignature, seed: [UInt8](repeating: 9, count: 32))
        let text = try String(contentsOfFile: files.file("control/log.key.pub"), encoding: .utf8)
        let logKey = try NoteVerifier(text.trimmingCharacters(in: .whitespacesAndNewlines))
        let trust = try LogTrust(keys: [logKey], witnesses: try WitnessPolicy(threshold: 1, of: [keys.verifier]))
        let (addresses, told) = AsyncStream.makeStream(of: String.self)
        let service = try LogWitness(
            host: "127.0.0.1", port: 0, folder: files.file("witness"), signer: keys, logs: [trust.unwitnessed],
            logger: Self.quiet, now: { Moment(milliseconds: 5000) }, announce: { told.yield("http://\($0)") })
        let running = Task { try await service.run() }
        var iterator = addresses.makeAsyncIterator()
        let place = WitnessPlace(address: try #require(await iterator.next()), key: keys.verifier)
        let client = try WitnessClient(place.address, key: place.key)
        let keeper = WitnessKeeper(log: log, witnesses: [place], logger: Self.quiet)

        var cosigned: TreeHash?
        try await keeper.look(client, &cosigned)
        #expect(cosigned == nil, "an empty log has nothing to be cosigned")
        for round in 1...3 {
            _ = try await log.append((0..<300).map { Array("entry \(round) \($0)".utf8) })
            #expect(throws: LogError.self) { try trust.accept(try log.read(.checkpoint)) }
            try await keeper.look(client, &cosigned)
            let checkpoint = try trust.accept(try log.read(.checkpoint))
            #expect(checkpoint.size == UInt64(300 * round) && checkpoint.witnesses == ["witness.example"])
        }
        await client.close()
        running.cancel()
        _ = await running.result
    }
}
