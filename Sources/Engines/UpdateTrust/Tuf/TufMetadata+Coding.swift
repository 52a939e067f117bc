package import CanonicalCoding
import FleetModel

// The other way round: what a publisher signs (TUF 4.3 to 4.6).

extension TufHead {
    /// The version of the specification that what is written follows.
    static let specificationWritten = "1.0.31"

    fileprivate func members(type: String) -> JSONObject {
        [
            "_type": .string(type), "spec_version": .string(Self.specificationWritten), "version": .integer(version),
            "expires": .string(expires.rfc3339),
        ]
    }
}

extension TufFileState {
    fileprivate var json: JSONValue {
        var members: JSONObject = ["version": .integer(version)]
        if let length { members["length"] = .integer(length) }
        if !hashes.isEmpty { members["hashes"] = hashes.json }
        return .object(members)
    }

    /// What a file that is about to be served is described by.
    package init(version: Int64, describing bytes: [UInt8]) {
        self.init(
            version: version, length: Int64(bytes.count),
            hashes: [TufHash(algorithm: "sha256", digits: ContentDigest.sha256(bytes).text)])
    }
}

extension [TufHash] {
    fileprivate var json: JSONValue { .object(JSONObject(map { ($0.algorithm, .string($0.digits)) })) }
}

extension TufRole {
    fileprivate var members: JSONObject {
        ["keyids": .array(keyIDs.map { .string($0) }), "threshold": .integer(Int64(threshold))]
    }
}

extension [String: TufKey] {
    fileprivate var json: JSONValue { .object(JSONObject(map { ($0.key, $0.value.json) })) }
}

extension TufRoot {
    package init(head: TufHead, keys: [String: TufKey], roles: [String: TufRole]) {
        self.head = head
        isConsistentSnapshot = true
        self.keys = keys
        self.roles = roles
    }

    /// What is signed.
    package var json: JSONValue {
        var members = head.members(type: "root")
        members["consistent_snapshot"] = .bool(isConsistentSnapshot)
        members["keys"] = keys.json
        members["roles"] = .object(JSONObject(roles.map { ($0.key, .object($0.value.members)) }))
        return .object(members)
    }
}

extension TufTimestamp {
    package init(head: TufHead, snapshot: TufFileState) {
        self.head = head
        self.snapshot = snapshot
    }

    /// What is signed.
    package var json: JSONValue {
        var members = head.members(type: "timestamp")
        members["meta"] = ["snapshot.json": snapshot.json]
        return .object(members)
    }
}

extension TufSnapshot {
    package init(head: TufHead, files: [String: TufFileState]) {
        self.head = head
        self.files = files
    }

    /// What is signed.
    package var json: JSONValue {
        var members = head.members(type: "snapshot")
        members["meta"] = .object(JSONObject(files.map { ($0.key, $0.value.json) }))
        return .object(members)
    }
}

extension TufTargets {
    package init(head: TufHead, targets: [TufTarget], delegations: TufDelegations? = nil) {
        self.head = head
        self.targets = TargetTable(targets)
        self.delegations = delegations
    }

    /// What is signed.
    package var json: JSONValue {
        var members = head.members(type: "targets")
        members["targets"] = .object(JSONObject(targets.all.map { ($0.path, $0.json) }))
        if let delegations { members["delegations"] = delegations.json }
        return .object(members)
    }
}

extension TufTarget {
    /// A target of which the bytes are at hand.
    package init(path: String, describing bytes: [UInt8], custom: JSONValue? = nil) {
        self.init(
            path: path, length: Int64(bytes.count),
            hashes: [TufHash(algorithm: "sha256", digits: ContentDigest.sha256(bytes).text)], custom: custom)
    }

    fileprivate var json: JSONValue {
        var members: JSONObject = ["length": .integer(length), "hashes": hashes.json]
        if let custom { members["custom"] = custom }
        return .object(members)
    }
}

extension TufDelegations {
    fileprivate var json: JSONValue {
        switch roles {
        case .named(let delegations): ["keys": keys.json, "roles": .array(delegations.map(\.json))]
        case .bins(let bins): ["keys": keys.json, "succinct_roles": bins.json]
        }
    }
}

extension TufDelegations.Delegation {
    fileprivate var json: JSONValue {
        var members = role.members
        members["name"] = .string(name)
        members["terminating"] = .bool(isTerminating)
        switch scope {
        case .paths(let patterns): members["paths"] = .array(patterns.map { .string($0) })
        case .hashPrefixes(let prefixes): members["path_hash_prefixes"] = .array(prefixes.map { .string($0) })
        }
        return .object(members)
    }
}

extension TufDelegations.Bins {
    fileprivate var json: JSONValue {
        var members = role.members
        members["bit_length"] = .integer(bitLength)
        members["name_prefix"] = .string(namePrefix)
        return .object(members)
    }
}
