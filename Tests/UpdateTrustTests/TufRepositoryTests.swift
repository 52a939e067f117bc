import FleetModel
import Testing
import UpdateTrust

@Suite("TUF repository")
struct TufRepositoryTests {
    static let now = Moment(milliseconds: 1_800_000_000_000)
    var repository: TufRepository
    let keys: TufKeyring<PackSigningKey>
    let vendor: PackSigningKey
    /// As a web server has them.
    var served: [String: [UInt8]] = [:]

    init() throws {
        func key(_ number: UInt8) throws -> PackSigningKey {
            try #require(PackSigningKey(seed: Array(repeating: number, count: 32)))
        }
        keys = try TufKeyring(root: [key(1), key(2), key(3)], targets: [key(4)], snapshot: key(5), timestamp: key(6))
        vendor = try key(7)
        repository = try TufRepository(keys: keys, at: Self.now)
        try repository.delegate(
            to: "acme", packs: [PackName(accepted: "linux-core")], key: vendor.key, first: vendor, by: keys.targets,
            at: Self.now)
        try publish(at: Self.now)
    }

    private mutating func publish(at now: Moment) throws {
        try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
        for file in repository.takeFiles() { served[file.name] = file.bytes }
    }

    private func target(_ release: String) -> TufTarget {
        TufTarget(
            path: TufRepository.path(of: ReleaseID(accepted: release)), describing: Array(release.utf8))
    }

    /// What a client that trusts the first root finds.
    private func find(_ path: String, at now: Moment = TufRepositoryTests.now) throws -> FoundTarget? {
        try TufClientMachine.found(path, in: served, at: now)
    }

    @Test("a client finds what a vendor has signed, under the vendor's role")
    mutating func vendorsTarget() throws {
        let target = target("linux-core@1.0.0")
        try repository.add([target], to: "acme", by: vendor, at: Self.now)
        try publish(at: Self.now)
        let found = try #require(try find("linux-core/linux-core-1.0.0.fbpack"))
        #expect(found.role == "acme")
        #expect(found.target == target)
        #expect(try find("linux-core/linux-core-2.0.0.fbpack") == nil)
    }

    @Test("a vendor signs nothing for a pack that is not its own")
    mutating func foreignPack() throws {
        #expect(throws: TufError.self) {
            try repository.add([target("other@1.0.0")], to: "acme", by: vendor, at: Self.now)
        }
    }

    @Test("a thief's key signs a vendor's metadata in vain")
    mutating func stolenRole() throws {
        try repository.add([target("linux-core@1.0.0")], to: "acme", by: keys.snapshot, at: Self.now)
        try publish(at: Self.now)
        #expect(throws: TufError.self) { try find("linux-core/linux-core-1.0.0.fbpack") }
    }

    @Test("a repository that is read from its files goes on as it was, also after everything has expired")
    mutating func readAgain() throws {
        try repository.add([target("linux-core@1.0.0")], to: "acme", by: vendor, at: Self.now)
        try publish(at: Self.now)
        let later = Self.now + .hours(24 * 100)
        #expect(throws: TufError.self) { try find("linux-core/linux-core-1.0.0.fbpack", at: later) }
        repository = try TufRepository { served[$0] }
        try repository.add([target("linux-core@1.1.0")], to: "acme", by: vendor, at: later)
        try publish(at: later)
        #expect(try find("linux-core/linux-core-1.0.0.fbpack", at: Self.now + .hours(24 * 60)) != nil)
        #expect(try find("linux-core/linux-core-1.1.0.fbpack", at: Self.now + .hours(24 * 60)) != nil)
    }

    @Test("the root needs two of its three keys")
    func rootThreshold() {
        #expect(repository.root.roles["root"]?.threshold == 2)
        #expect(repository.root.roles["timestamp"]?.threshold == 1)
    }
}
