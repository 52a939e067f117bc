import CanonicalCoding
import FleetModel
import Testing
import UpdateTrust

@Suite("TUF client")
struct TufClientTests {
    let house: TufHouse

    init() throws { house = try TufHouse() }

    private func target(_ path: String, _ text: String = "content") -> TufTarget {
        TufTarget(path: path, describing: Array(text.utf8))
    }

    @Test(
        "a refresh asks for the next root, timestamp, snapshot and targets, in this order, and keeps them byte for byte"
    )
    func order() throws {
        try house.visit()
        #expect(house.asked == ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"])
        #expect(house.own["timestamp.json"] == house.served["timestamp.json"])
        #expect(house.own["targets.json"] == house.served["1.targets.json"])
        #expect(Set(house.own.keys) == ["root.json", "timestamp.json", "snapshot.json", "targets.json"])
    }

    @Test("what was verified before is not fetched again while it is the newest")
    func cached() throws {
        try house.visit()
        try house.visit()
        #expect(house.asked == ["2.root.json", "timestamp.json"])
    }

    @Test("each root on the way must be signed by a threshold of the one before and of itself (TUF 5.3.4)")
    func rotation() throws {
        let old = try #require(house.keys["root"])
        try house.addKey(to: "root")
        house.root.roles["root"]?.threshold = 2
        try house.updateRoot()
        house.root.roles["root"]?.keyIDs.removeFirst()
        house.root.roles["root"]?.threshold = 1
        try house.updateRoot()
        try house.visit()
        #expect(house.own["root.json"] == house.served["3.root.json"])
        // A root that only its own new key has signed.
        house.keys["root"] = [try house.makeKey()]
        let thief = try #require(house.keys["root"]?.first)
        house.root.keys[thief.key.id] = thief.key
        house.root.roles["root"] = TufRole(keyIDs: [thief.key.id], threshold: 1)
        try house.updateRoot()
        #expect(house.refusal() == .thresholdNotReached)
        #expect(old.count == 1)
    }

    @Test("a root that skips a version is refused (TUF 5.3.5)")
    func rootGap() throws {
        house.root.head.version = 3
        try house.publish()
        house.served["2.root.json"] = house.served["3.root.json"]
        #expect(house.refusal() == .versionMismatch)
    }

    @Test("an expired root on the way is followed, and an expired last one ends the refresh (TUF 5.3.10)")
    func rootExpiry() throws {
        house.root.head.expires = TufHouse.now
        try house.updateRoot()
        #expect(house.refusal(changed: ["root.json"]) == .expired)
        house.root.head.expires = TufHouse.later
        try house.updateRoot()
        #expect(house.refusal(changed: ["root.json", "timestamp.json", "snapshot.json", "targets.json"]) == nil)
    }

    @Test(
        "one key that signs under two names counts once, however it is written (TUF 5.3.4)", arguments: [false, true])
    func sameKeyTwice(inUpperCase: Bool) throws {
        let signer = try #require(house.keys["timestamp"]?.first)
        let material = inUpperCase ? signer.key.material.uppercased() : signer.key.material
        #expect((material == signer.key.material) == !inUpperCase)
        house.root.roles["timestamp"] = TufRole(keyIDs: [signer.key.id, "another-name"], threshold: 2)
        house.root.head.version += 1
        guard case .object(var root) = house.root.json, case .object(var keys)? = root["keys"] else { return }
        keys["another-name"] = ["keytype": "ed25519", "scheme": "ed25519", "keyval": ["public": .string(material)]]
        root["keys"] = .object(keys)
        house.served["2.root.json"] = try house.signed(.object(root), by: "root")
        let draft = TufDraft(house.timestamp.json)
        var first = draft
        try first.sign(by: signer)
        let signature = try #require(first.signatures.first).signature
        let list: [JSONValue] = [signer.key.id, "another-name"].map {
            ["keyid": .string($0), "sig": .string(Hexadecimal.encode(signature))]
        }
        house.served["timestamp.json"] = try CanonicalJSON.encode(["signed": draft.signed, "signatures": .array(list)])
        #expect(house.refusal(changed: ["root.json"]) == .thresholdNotReached)
    }

    @Test("two names that are one text, written differently, are refused: none may be taken for the other")
    func oneTextTwice() throws {
        let names = ["caf\u{E9}.json", "cafe\u{301}.json"]
        guard case .object(var snapshot) = house.snapshot.json, case .object(var files)? = snapshot["meta"] else {
            return
        }
        for name in names { files[name] = ["version": 1] }
        #expect(files.count == 3)
        snapshot["meta"] = .object(files)
        let bytes = try house.signed(.object(snapshot), by: "snapshot")
        house.served["1.snapshot.json"] = bytes
        house.timestamp.snapshot = TufFileState(version: 1, describing: bytes)
        house.served["timestamp.json"] = try house.signed(house.timestamp.json, by: "timestamp")
        #expect(house.refusal(changed: ["timestamp.json"]) == .malformed)
    }

    @Test("no stated length lets metadata be longer than 16 MiB")
    func statedLength() throws {
        house.timestamp.snapshot.length = 1 << 40
        house.served["timestamp.json"] = try house.signed(house.timestamp.json, by: "timestamp")
        house.served["1.snapshot.json"] = [UInt8](repeating: UInt8(ascii: " "), count: TufLimits.metadataBytesMax + 1)
        #expect(house.refusal(changed: ["timestamp.json"]) == .lengthMismatch)
        #expect(house.asked.last == "1.snapshot.json")
    }

    @Test("a second refresh asks anew for roles that the first one had found")
    func refreshedTwice() throws {
        try house.delegate("acme", .paths(["acme/*"]), targets: [target("acme/a")])
        try house.update()
        var machine = try TufClientMachine(root: house.own["root.json"] ?? [])
        try house.run(&machine, machine.refresh(), at: TufHouse.now)
        try house.run(&machine, try machine.find("acme/a", at: TufHouse.now), at: TufHouse.now)
        #expect(machine.found != nil)
        house.targets["acme"]?.targets["acme/a"] = nil
        try house.update()
        try house.run(&machine, machine.refresh(), at: TufHouse.now)
        #expect(machine.found == nil)
        try house.run(&machine, try machine.find("acme/a", at: TufHouse.now), at: TufHouse.now)
        #expect(machine.found == nil)
        #expect(machine.missing?.code == .targetMissing)
    }

    @Test("a threshold of three is reached by three keys and by no two", arguments: [2, 3])
    func threshold(signers: Int) throws {
        try house.addKey(to: "targets")
        try house.addKey(to: "targets")
        house.root.roles["targets"]?.threshold = 3
        house.root.head.version += 1
        house.keys["targets"] = Array(try #require(house.keys["targets"]).prefix(signers))
        try house.publish()
        let refusal = house.refusal(
            changed: Set(house.served.keys).union(["root.json", "snapshot.json", "targets.json"]))
        #expect(refusal == (signers == 3 ? nil : .thresholdNotReached))
    }

    @Test("an older timestamp is refused, and one of the same version passed over (TUF 5.4.3)")
    func timestampRollback() throws {
        try house.update()
        try house.visit()
        let kept = house.own["timestamp.json"]
        house.timestamp.head.expires = TufHouse.later + .hours(1)
        try house.publish()
        try house.visit()
        #expect(house.own["timestamp.json"] == kept)
        house.timestamp.head.version = 1
        try house.publish()
        #expect(house.refusal() == .rollback)
    }

    @Test("a timestamp that names an older snapshot is refused (TUF 5.4.3.2)")
    func snapshotVersionRollback() throws {
        try house.update()
        try house.visit()
        house.timestamp.head.version += 1
        house.snapshot.head.version = 1
        try house.publish()
        #expect(house.refusal() == .rollback)
    }

    @Test("a frozen repository is noticed when its timestamp expires (TUF 5.4.4)")
    func freeze() throws {
        try house.visit()
        #expect(house.refusal(at: TufHouse.later) == .expired)
    }

    @Test(
        "a snapshot that takes back a version, or leaves a role out, is refused (TUF 5.5.5)", arguments: [true, false])
    func snapshotRollback(leavesOut: Bool) throws {
        try house.delegate("vendor", .paths(["vendor/*"]))
        try house.update()
        try house.visit()
        if leavesOut {
            house.targets["vendor"] = nil
        } else {
            house.targets["targets"]?.head.version = 1
        }
        house.snapshot.head.version += 1
        house.timestamp.head.version += 1
        try house.publish()
        #expect(house.refusal(changed: ["timestamp.json"]) == (leavesOut ? .roleMissing : .rollback))
    }

    @Test(
        "metadata of another length or digest than is stated above is refused (TUF 5.5.2, 5.6.2)",
        arguments: [
            "1.snapshot.json", "1.targets.json",
        ])
    func mixAndMatch(file: String) throws {
        house.served[file]?.append(UInt8(ascii: "\n"))
        #expect(house.refusal(changed: ["timestamp.json", "snapshot.json"]) == .lengthMismatch)
        house.served[file]?.removeLast()
        let place = try #require(house.served[file]?.firstIndex(of: UInt8(ascii: "1")))
        house.served[file]?[place] = UInt8(ascii: "2")
        #expect(house.refusal(changed: ["snapshot.json"]) == .hashMismatch)
    }

    @Test("after new keys for timestamp and snapshot, versions may begin again (TUF 5.3.11, fast-forward recovery)")
    func fastForward() throws {
        house.timestamp.head.version = 1_000_000
        house.snapshot.head.version = 1_000_000
        try house.publish()
        try house.visit()
        for role in ["timestamp", "snapshot"] {
            house.keys[role] = []
            house.root.roles[role]?.keyIDs = []
            try house.addKey(to: role)
        }
        house.timestamp.head.version = 1
        house.snapshot.head.version = 1
        try house.updateRoot()
        try house.visit()
        #expect(house.own["timestamp.json"] == house.served["timestamp.json"])
        #expect(house.own["snapshot.json"] == house.served["1.snapshot.json"])
    }

    @Test("no more than 256 roots are followed in one refresh (TUF 5.3.3)")
    func rotations() throws {
        for _ in 0..<300 { try house.updateRoot() }
        try house.visit()
        #expect(house.own["root.json"] == house.served["257.root.json"])
        try house.visit()
        #expect(house.own["root.json"] == house.served["301.root.json"])
    }

    @Test("a fraction, another type, another specification or no JSON is refused before anything is believed")
    func hostileFiles() throws {
        func timestamp(_ change: (inout JSONObject) -> Void) throws -> [UInt8] {
            guard case .object(var members) = house.timestamp.json else { return [] }
            change(&members)
            var draft = TufDraft(.object(members))
            for signer in house.keys["timestamp"] ?? [] { try draft.sign(by: signer) }
            return draft.bytes
        }
        let cases: [(TufError.Code, [UInt8])] = [
            (.malformed, []), (.malformed, Array("{".utf8)),
            (.malformed, Array("{\"signed\":{},\"signatures\":[]}".utf8)),
            (.malformed, Array("{\"signed\":{\"version\":1.5},\"signatures\":[]}".utf8)),
            (.wrongType, try timestamp { $0["_type"] = "snapshot" }),
            (.specificationUnsupported, try timestamp { $0["spec_version"] = "2.0.0" }),
            (.malformed, try timestamp { $0["version"] = 0 }),
            (.malformed, try timestamp { $0["expires"] = "2030-02-30T00:00:00Z" }),
            (.malformed, try timestamp { $0["meta"] = [:] }),
            (.lengthMismatch, Array(repeating: UInt8(ascii: " "), count: TufLimits.timestampBytesMax + 1)),
        ]
        for (code, bytes) in cases {
            house.served["timestamp.json"] = bytes
            #expect(house.refusal() == code, "\(String(decoding: bytes.prefix(200), as: UTF8.self))")
        }
    }
}

@Suite("TUF delegations")
struct TufDelegationTests {
    let house: TufHouse

    init() throws { house = try TufHouse() }

    private func target(_ path: String) -> TufTarget { TufTarget(path: path, describing: Array(path.utf8)) }

    @Test("a vendor speaks for its own paths and for no other's")
    func vendors() throws {
        try house.delegate(
            "one", .paths(["one/*"]), terminating: true, targets: [target("one/a"), target("two/stolen")])
        try house.delegate("two", .paths(["two/*"]), terminating: true, targets: [target("two/b")])
        try house.publish()
        let found = try house.visit(["one/a", "two/b"])
        #expect(found.map(\.role) == ["one", "two"])
        #expect(house.refusal(["two/stolen"]) == .targetMissing)
    }

    @Test("one vendor's key signs nothing for another")
    func stolenRole() throws {
        try house.delegate("one", .paths(["one/*"]))
        try house.delegate("two", .paths(["two/*"]), targets: [target("two/b")])
        house.keys["two"] = house.keys["one"]
        try house.publish()
        #expect(
            house.refusal(["two/b"], changed: ["timestamp.json", "snapshot.json", "targets.json"])
                == .thresholdNotReached)
    }

    @Test("roles are asked depth first in their order, and none after a terminating one (TUF 5.6.7)")
    func walk() throws {
        try house.delegate("a", .paths(["*"]))
        try house.delegate("b", .paths(["*"]), terminating: true)
        try house.delegate("c", .paths(["*"]), targets: [target("x")])
        try house.delegate("a1", .paths(["*"]), from: "a")
        try house.publish()
        #expect(
            house.refusal(
                ["x"],
                changed: Set(house.own.keys).union([
                    "timestamp.json", "snapshot.json", "targets.json", "a.json", "a1.json", "b.json",
                ]))
                == .targetMissing)
        #expect(house.asked.suffix(3) == ["1.a.json", "1.a1.json", "1.b.json"])
    }

    @Test("a role that two delegate to is verified by the keys of the one that it is reached through")
    func twoDelegators() throws {
        try house.delegate("a", .paths(["a/*"]))
        try house.delegate("b", .paths(["b/*"]))
        try house.delegate("release", .paths(["a/*"]), from: "a", targets: [target("a/x"), target("b/x")])
        let trusted = try #require(house.keys["release"])
        try house.delegate("release", .paths(["b/*"]), from: "b", targets: [target("a/x"), target("b/x")])
        house.keys["release"] = trusted
        try house.publish()
        let changed: Set = ["timestamp.json", "snapshot.json", "targets.json", "a.json", "b.json", "release.json"]
        #expect(house.refusal(["a/x", "b/x"], changed: changed) == .thresholdNotReached)
        #expect(try house.visit(["a/x"]).map(\.parent) == ["a"])
    }

    @Test("what was verified is kept, though the search found nothing")
    func keptThoughMissing() throws {
        try house.delegate("a", .paths(["*"]))
        try house.publish()
        let changed: Set = ["timestamp.json", "snapshot.json", "targets.json", "a.json"]
        #expect(house.refusal(["x"], changed: changed) == .targetMissing)
        #expect(house.own["a.json"] == house.served["1.a.json"])
    }

    @Test("roles that delegate to each other end the search")
    func cycle() throws {
        try house.delegate("a", .paths(["*"]))
        try house.delegate("b", .paths(["*"]), from: "a")
        var delegations = try #require(house.targets["a"]?.delegations)
        let signer = try #require(house.keys["a"]?.first)
        delegations.keys[signer.key.id] = signer.key
        delegations.roles = .named([
            TufDelegations.Delegation(
                name: "a", role: TufRole(keyIDs: [signer.key.id], threshold: 1), scope: .paths(["*"]),
                isTerminating: false)
        ])
        house.targets["b"]?.delegations = delegations
        try house.publish()
        #expect(
            house.refusal(["x"], changed: ["timestamp.json", "snapshot.json", "targets.json", "a.json", "b.json"])
                == .targetMissing)
    }

    @Test("at most 32 roles are asked for one path (TUF 5.6.7.1)")
    func manyRoles() throws {
        for number in 0..<40 { try house.delegate("r\(number)", .paths(["*"])) }
        try house.publish()
        #expect(throws: TufError.self) { try house.visit(["x"]) }
        #expect(house.asked.filter { $0.hasPrefix("1.r") }.count == 32)
    }

    @Test("a path is its bin's, by the first bits of its digest (TUF 4.5, succinct_roles)")
    func bins() throws {
        let signer = try house.makeKey()
        let bins = TufDelegations.Bins(
            role: TufRole(keyIDs: [signer.key.id], threshold: 1), bitLength: 5, namePrefix: "bin")
        house.targets["targets"]?.delegations = TufDelegations(keys: [signer.key.id: signer.key], roles: .bins(bins))
        let paths = (0..<64).map { "path/\($0)" }
        for number in 0..<32 {
            let name = "bin-" + (number < 16 ? "0" : "") + String(number, radix: 16)
            house.keys[name] = [signer]
            house.targets[name] = TufTargets(
                head: TufHead(version: 1, expires: TufHouse.later),
                targets: paths.filter { bins.name(for: $0) == name }.map(target))
        }
        try house.publish()
        let found = try house.visit(paths)
        #expect(found.map(\.target.path) == paths)
        #expect(found.allSatisfy { bins.name(for: $0.target.path) == $0.role })
        #expect(Set(found.map(\.role)).count > 16)
    }

    @Test("a path is a role's by the beginning of its digest (TUF 4.5, path_hash_prefixes)")
    func hashPrefixes() throws {
        let digest = ContentDigest.sha256(Array("x".utf8)).text
        try house.delegate("right", .hashPrefixes([String(digest.prefix(4))]), targets: [target("x")])
        try house.publish()
        #expect(try house.visit(["x"]).map(\.role) == ["right"])
        #expect(house.refusal(["y"]) == .targetMissing)
    }

    @Test("a role's name is one part of a path, whatever is in it")
    func names() throws {
        try house.delegate("../a b/é", .paths(["*"]), targets: [target("x")])
        try house.publish()
        try house.visit(["x"])
        #expect(house.asked.last == "1...%2Fa%20b%2F%C3%A9.json")
        #expect(house.own["..%2Fa%20b%2F%C3%A9.json"] != nil)
    }

    @Test("a target lies under its digest, in its folder (TUF 5.7.3)")
    func location() {
        let one = target("a/b/c.txt")
        #expect(one.location(isConsistentSnapshot: true) == "a/b/\(one.hashes[0].digits).c.txt")
        #expect(one.location(isConsistentSnapshot: false) == "a/b/c.txt")
    }

    @Test("bytes of another length or digest are not the target (TUF 5.7.2)")
    func targetBytes() {
        let one = target("abc")
        #expect(throws: TufError.self) { try one.require(Array("abcd".utf8)) }
        #expect(throws: TufError.self) { try one.require(Array("abd".utf8)) }
        #expect(throws: Never.self) { try one.require(Array("abc".utf8)) }
    }

    @Test(
        "patterns match one part at a time",
        arguments: [
            ("*", "a", true), ("*", "a/b", false), ("a/*", "a/b", true), ("a/*.t?t", "a/b.txt", true),
            ("a/?", "a/bc", false),
            ("[a-c]*", "bx", true), ("[!a-c]*", "bx", false), ("[", "[", true), ("*a*b", "xaxxb", true), ("", "", true),
            ("*/x", "/x", true), ("a**", "a", true),
        ])
    func patterns(pattern: String, path: String, isMatch: Bool) {
        let delegation = TufDelegations.Delegation(
            name: "r", role: TufRole(keyIDs: [], threshold: 1), scope: .paths([pattern]), isTerminating: false)
        #expect(delegation.covers(path) == isMatch)
    }
}
