import FleetModel
import Testing
import UpdateTrust

/// Several people's keys, one repository, and a client that follows it.
@Suite("TUF publishing")
struct TufPublishingTests {
    static let now = Moment(milliseconds: 1_800_000_000_000)
    static let digest = Digest(accepted: String(repeating: "ab", count: 32))

    let root: [PackSigningKey]
    let online: (targets: PackSigningKey, snapshot: PackSigningKey, timestamp: PackSigningKey, recalls: PackSigningKey)
    let acme: PackSigningKey
    let rival: PackSigningKey
    var repository: TufRepository
    /// As a web server has them.
    var served: [String: [UInt8]] = [:]

    static func key(_ number: UInt8) throws -> PackSigningKey {
        try #require(PackSigningKey(seed: Array(repeating: number, count: 32)))
    }

    static func signed(_ value: TufRoot, _ signers: [PackSigningKey]) throws -> [UInt8] {
        var draft = TufDraft(value.json)
        for signer in signers { try draft.sign(by: signer) }
        return draft.bytes
    }

    static func signed(_ value: TufTargets, _ signers: [PackSigningKey]) throws -> [UInt8] {
        var draft = TufDraft(value.json)
        for signer in signers { try draft.sign(by: signer) }
        return draft.bytes
    }

    init() throws {
        root = try (1...3).map { try Self.key($0) }
        online = try (Self.key(4), Self.key(5), Self.key(6), Self.key(7))
        acme = try Self.key(8)
        rival = try Self.key(9)
        var first = TufRoot.first(at: Self.now)
        for signer in root { try first.add(signer.key, to: "root") }
        try first.setThreshold(2, of: "root")
        try first.add(online.targets.key, to: "targets")
        try first.add(online.snapshot.key, to: "snapshot")
        try first.add(online.timestamp.key, to: "timestamp")
        var targets = TufTargets(head: TufHead(version: 1, expires: Self.now + TufLifetime.targets), targets: [])
        try targets.delegate(to: "recalls", paths: ["recalls/*"], keys: [online.recalls.key], threshold: 1)
        try targets.delegate(to: "acme", paths: ["linux-core/*"], keys: [acme.key], threshold: 1)
        try targets.delegate(to: "rival", paths: ["rival-core/*"], keys: [rival.key], threshold: 1)
        repository = try TufRepository(
            first: TufNews(
                root: Self.signed(first, [root[0], root[2]]), targets: Self.signed(targets, [online.targets])),
            at: Self.now)
        try publish()
    }

    private mutating func publish(at now: Moment = TufPublishingTests.now) throws {
        try repository.publish(snapshot: online.snapshot, timestamp: online.timestamp, at: now)
        serve()
    }

    private mutating func serve() { for file in repository.takeFiles() { served[file.name] = file.bytes } }

    private func role(_ version: Int64, _ paths: [String], at now: Moment = TufPublishingTests.now) -> TufTargets {
        TufTargets(
            head: TufHead(version: version, expires: now + TufLifetime.targets),
            targets: paths.map { TufTarget(path: $0, describing: Array($0.utf8)) })
    }

    private func refusal(_ news: TufNews, at now: Moment = TufPublishingTests.now) -> TufError.Code? {
        var copy = repository
        do throws(TufError) {
            try copy.take(news, at: now)
            return nil
        } catch {
            #expect(copy.signed == repository.signed)
            #expect(copy.vendors == repository.vendors)
            return error.code
        }
    }

    /// What a client finds that trusts the first root.
    private func find(_ path: String, at now: Moment = TufPublishingTests.now) throws -> FoundTarget? {
        try TufClientMachine.found(path, in: served, at: now)
    }

    @Test("a client follows the repository through a vendor's release, a rotation of keys and a recall")
    mutating func wholeStory() throws {
        let path = "linux-core/linux-core-1.0.0.fbpack"
        try repository.take(TufNews(delegated: ["acme": Self.signed(role(1, [path]), [acme])]), at: Self.now)
        #expect(throws: TufError.self) { try find(path) }
        try publish()
        #expect(try find(path)?.role == "acme")

        // A root key leaves, a new one comes, and the timestamp's key is another.
        let (newRoot, newTimestamp) = try (Self.key(20), Self.key(21))
        var next = repository.root.next(at: Self.now)
        try next.remove(root[1].key.id, from: "root")
        try next.add(newRoot.key, to: "root")
        try next.remove(online.timestamp.key.id, from: "timestamp")
        try next.add(newTimestamp.key, to: "timestamp")
        try repository.take(TufNews(root: Self.signed(next, [root[0], root[2], newRoot])), at: Self.now)
        #expect(throws: TufError.self) {
            try repository.publish(snapshot: online.snapshot, timestamp: online.timestamp, at: Self.now)
        }
        try repository.publish(snapshot: online.snapshot, timestamp: newTimestamp, at: Self.now)
        serve()
        #expect(try find(path)?.role == "acme")

        let statement = try TufRepository.recallStatement(of: Self.digest, reason: "it harms", at: Self.now)
        let target = try #require(
            try repository.recall(Self.digest, statement: statement, by: online.recalls, at: Self.now))
        try repository.publish(snapshot: online.snapshot, timestamp: newTimestamp, at: Self.now)
        serve()
        let found = try #require(try find(TufRepository.recallPath(of: Self.digest)))
        #expect(found.role == "recalls")
        #expect(found.target == target)
        try found.target.require(statement)
        let again = try repository.recall(Self.digest, statement: statement, by: online.recalls, at: Self.now)
        #expect(again == nil)
    }

    @Test("a vendor that signs another's path is refused, and so is one that delegates further")
    func foreignPath() throws {
        let foreign = try Self.signed(role(1, ["linux-core/linux-core-9.0.0.fbpack"]), [rival])
        #expect(refusal(TufNews(delegated: ["rival": foreign])) == .outsideDelegation)
        let other = try Self.signed(role(1, ["recalls/x.json"]), [rival])
        #expect(refusal(TufNews(delegated: ["rival": other])) == .outsideDelegation)
        #expect(refusal(TufNews(delegated: ["acme": foreign])) == .signaturesMissing)
        #expect(refusal(TufNews(delegated: ["nobody": foreign])) == .roleUnknown)
        var further = role(1, [])
        try further.delegate(to: "friend", paths: ["rival-core/*"], keys: [acme.key], threshold: 1)
        #expect(refusal(TufNews(delegated: ["rival": try Self.signed(further, [rival])])) == .delegatesFurther)
    }

    @Test("only the next version is taken, and only while it is fresh", arguments: [0, 2, 7])
    func versions(version: Int64) throws {
        guard version > 0 else {
            let late = Self.now + TufLifetime.targets
            #expect(refusal(TufNews(delegated: ["acme": try Self.signed(role(1, []), [acme])]), at: late) == .expired)
            return
        }
        #expect(refusal(TufNews(delegated: ["acme": try Self.signed(role(version, []), [acme])])) == .notNext)
        var root = repository.root
        root.head.version = version == 2 ? 1 : version
        root.head.expires = Self.now + .hours(1)
        #expect(refusal(TufNews(root: try Self.signed(root, self.root))) == .notNext)
    }

    @Test("a root needs enough of the old keys and of its own, and every role a threshold that can be reached")
    func rotation() throws {
        let stranger = try Self.key(30)
        var next = repository.root.next(at: Self.now)
        for signer in root { try next.remove(signer.key.id, from: "root") }
        try next.add(stranger.key, to: "root")
        #expect(throws: TufError.self) { try next.setThreshold(2, of: "root") }
        next.roles["root"]?.threshold = 1
        #expect(refusal(TufNews(root: try Self.signed(next, [stranger]))) == .signaturesMissing)
        #expect(refusal(TufNews(root: try Self.signed(next, [root[0], root[1]]))) == .signaturesMissing)
        #expect(refusal(TufNews(root: try Self.signed(next, [root[0], root[1], stranger]))) == nil)
        next.roles["snapshot"]?.threshold = 2
        #expect(
            refusal(TufNews(root: try Self.signed(next, [root[0], root[1], stranger]))) == .thresholdImpossible)
    }

    @Test("what new keys would leave unsigned must be signed in the same step")
    mutating func leftUnsigned() throws {
        let path = "linux-core/linux-core-1.0.0.fbpack"
        try repository.take(TufNews(delegated: ["acme": Self.signed(role(1, [path]), [acme])]), at: Self.now)
        let key = try Self.key(40)
        var next = repository.root.next(at: Self.now)
        try next.remove(online.targets.key.id, from: "targets")
        try next.add(key.key, to: "targets")
        let root = try Self.signed(next, self.root)
        #expect(refusal(TufNews(root: root)) == .leftUnsigned)
        let targets = try Self.signed(repository.targets.next(at: Self.now), [key])
        #expect(refusal(TufNews(root: root, targets: targets)) == nil)

        var changed = repository.targets.next(at: Self.now)
        try changed.replace(acme.key.id, by: key.key, of: "acme")
        let list = try Self.signed(changed, [online.targets])
        #expect(refusal(TufNews(targets: list)) == .leftUnsigned)
        let release = try Self.signed(role(2, [path]), [key])
        try repository.take(TufNews(targets: list, delegated: ["acme": release]), at: Self.now)
        // The same step again changes nothing.
        try repository.take(TufNews(targets: list, delegated: ["acme": release]), at: Self.now)
        try publish()
        #expect(try find(path)?.role == "acme")
    }

    @Test("no two vendors have one pack, none has all, and none has the recalls")
    func delegations() throws {
        var targets = repository.targets
        func refusal(_ name: String, _ path: String) -> TufError.Code? {
            do throws(TufError) {
                try targets.delegate(to: name, paths: [path], keys: [acme.key], threshold: 1)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(refusal("third", "linux-core/*") == .pathsTaken)
        #expect(refusal("third", "recalls/*") == .pathsTaken)
        #expect(refusal("third", "*/*") == .pathsTooWide)
        #expect(refusal("third", "linux-cor?/*") == .pathsTooWide)
        #expect(refusal("acme", "other/*") == .roleTaken)
        #expect(refusal("root", "other/*") == .roleTaken)
        #expect(targets == repository.targets)
        #expect(refusal("third", "other/*") == nil)
    }

    @Test("a recall is for good: neither a stranger makes one nor the role's own key drops one")
    mutating func recalls() throws {
        let statement = try TufRepository.recallStatement(of: Self.digest, reason: "", at: Self.now)
        #expect(throws: TufError.self) {
            try repository.recall(Self.digest, statement: statement, by: acme, at: Self.now)
        }
        _ = try repository.recall(Self.digest, statement: statement, by: online.recalls, at: Self.now)
        let emptied = try Self.signed(role(2, []), [online.recalls])
        #expect(refusal(TufNews(delegated: ["recalls": emptied])) == .recallDropped)
    }

    @Test("only what would expire soon is signed anew")
    mutating func renewal() throws {
        _ = try repository.recall(Self.digest, statement: [], by: online.recalls, at: Self.now)
        try publish()
        func renew(_ repository: inout TufRepository, _ hours: Int64) throws -> Bool {
            try repository.renew(
                snapshot: online.snapshot, timestamp: online.timestamp, recalls: online.recalls,
                at: Self.now + .hours(hours))
        }
        #expect(try !renew(&repository, 11))
        #expect(try renew(&repository, 13))
        #expect(repository.takeFiles().map(\.name) == ["timestamp.json"])
        #expect(try renew(&repository, 24 * 6))
        #expect(repository.takeFiles().map(\.name) == ["3.snapshot.json", "timestamp.json"])
        #expect(try renew(&repository, 24 * 80))
        serve()
        let later = Self.now + .hours(24 * 80)
        #expect(try find(TufRepository.recallPath(of: Self.digest), at: later) != nil)
    }

    @Test("a writer that was interrupted after the new root goes on where it stopped")
    mutating func interrupted() throws {
        let timestamp = try Self.key(50)
        var next = repository.root.next(at: Self.now)
        try next.remove(online.timestamp.key.id, from: "timestamp")
        try next.add(timestamp.key, to: "timestamp")
        let root = try Self.signed(next, self.root)
        served["2.root.json"] = root
        #expect(throws: TufError.self) { try find("other-core/x") }
        repository = try TufRepository { served[$0] }
        #expect(repository.root.head.version == 2)
        try repository.take(TufNews(root: root), at: Self.now)
        try repository.publish(snapshot: online.snapshot, timestamp: timestamp, at: Self.now)
        serve()
        #expect(try find("other-core/x") == nil)
    }
}
