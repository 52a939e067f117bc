import CanonicalCoding
package import FleetModel

/// The members that every role's metadata has (TUF 4.3 to 4.6).
package struct TufHead: Equatable, Sendable {
    /// At least 1; grows with each new file of the role.
    package var version: Int64
    /// From this moment on the metadata is not to be believed.
    package var expires: Moment

    /// The major version of the specification that this client follows.
    static let specification = "1"

    package init(version: Int64, expires: Moment) {
        self.version = version
        self.expires = expires
    }

    init(_ envelope: TufEnvelope, type: String, subject: String) throws(TufError) {
        let found: String
        let specification: String
        do throws(JSONError) {
            let signed = envelope.signed
            found = try signed.member("_type").string()
            specification = try signed.member("spec_version").string()
            version = try signed.member("version").integer(in: 1...Int64.max)
            let expires = try signed.member("expires")
            guard let moment = TufTime.moment(of: try expires.string()) else {
                throw expires.refusal("a moment such as 2030-01-01T00:00:00Z was expected")
            }
            self.expires = moment
        } catch {
            throw TufError(error, subject: subject)
        }
        guard found == type else {
            throw TufError(.wrongType, subject: subject, message: "\(type) was expected, and it is \(found.prefix(40))")
        }
        let parts = specification.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ UInt32($0) != nil }), parts[0] == Self.specification
        else {
            throw TufError(
                .specificationUnsupported, subject: subject,
                message: "it follows specification \(specification.prefix(40)), and 1.x is understood")
        }
    }

    /// Requires that the metadata's time is not over (TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5).
    package func requireFresh(at now: Moment, subject: String) throws(TufError) {
        guard now < expires else {
            throw TufError(
                .expired, subject: subject, message: "version \(version) expired at \(expires.rfc3339)")
        }
    }
}

/// What one file says of another (TUF 4.4, METAFILES).
package struct TufFileState: Equatable, Sendable {
    package var version: Int64
    /// Bytes; nil when it is not stated.
    package var length: Int64?
    /// Hex digests by algorithm; empty when none is stated.
    package var hashes: [TufHash]

    package init(version: Int64, length: Int64? = nil, hashes: [TufHash] = []) {
        self.version = version
        self.length = length
        self.hashes = hashes
    }

    init(reading reader: JSONReader) throws(JSONError) {
        version = try reader.member("version").integer(in: 1...Int64.max)
        length = try reader.optional("length")?.integer(in: 1...Int64.max)
        hashes = []
        if let hashes = try reader.optional("hashes") {
            self.hashes = try TufHash.all(in: hashes)
            guard !self.hashes.isEmpty else { throw hashes.refusal("no hash at all") }
        }
    }

    /// Requires that a file is the one that is meant (TUF 5.5.2, 5.6.2).
    func require(_ bytes: [UInt8], subject: String) throws(TufError) {
        if let length, length != Int64(bytes.count) {
            throw TufError(.lengthMismatch, subject: subject, message: "it has \(bytes.count) bytes, not \(length)")
        }
        for hash in hashes { try hash.require(bytes, subject: subject) }
    }
}

/// The root of trust: who may sign for which role (TUF 4.3).
package struct TufRoot: Equatable, Sendable {
    package var head: TufHead
    package var isConsistentSnapshot: Bool
    package var keys: [String: TufKey]
    /// By name: root, timestamp, snapshot, targets.
    package var roles: [String: TufRole]

    package static let roleNames = ["root", "snapshot", "targets", "timestamp"]

    package init(reading envelope: TufEnvelope) throws(TufError) {
        head = try TufHead(envelope, type: "root", subject: "root")
        do throws(JSONError) {
            let signed = envelope.signed
            isConsistentSnapshot = try signed.optional("consistent_snapshot")?.bool() ?? false
            keys = try TufDelegations.keys(in: try signed.member("keys"))
            var roles: [String: TufRole] = [:]
            let table = try signed.member("roles")
            for name in Self.roleNames { roles[name] = try TufRole(reading: try table.member(name)) }
            guard try table.object().count == Self.roleNames.count else {
                throw table.refusal("other roles than \(Self.roleNames.joined(separator: ", "))")
            }
            self.roles = roles
        } catch {
            throw TufError(error, subject: "root")
        }
    }

    /// Requires the signatures of the named top-level role on `envelope`.
    package func verify(_ envelope: TufEnvelope, as name: String) throws(TufError) {
        guard let role = roles[name] else {
            throw TufError(.roleMissing, subject: name, message: "the root names no such role")
        }
        try envelope.verify(by: role, keys: keys)
    }
}

/// Which snapshot is the newest (TUF 4.6).
package struct TufTimestamp: Equatable, Sendable {
    package var head: TufHead
    package var snapshot: TufFileState

    package init(reading envelope: TufEnvelope) throws(TufError) {
        head = try TufHead(envelope, type: "timestamp", subject: "timestamp")
        do throws(JSONError) {
            let meta = try envelope.signed.member("meta")
            guard try meta.object().count == 1 else { throw meta.refusal("it must name snapshot.json alone") }
            snapshot = try TufFileState(reading: try meta.member("snapshot.json"))
        } catch {
            throw TufError(error, subject: "timestamp")
        }
    }
}

/// Which version of each targets role belongs together (TUF 4.4).
package struct TufSnapshot: Equatable, Sendable {
    package var head: TufHead
    /// By file name: `targets.json`, `NAME.json`.
    package var files: [String: TufFileState]

    package init(reading envelope: TufEnvelope) throws(TufError) {
        head = try TufHead(envelope, type: "snapshot", subject: "snapshot")
        do throws(JSONError) {
            files = try envelope.signed.member("meta").table(TufFileState.init(reading:))
        } catch {
            throw TufError(error, subject: "snapshot")
        }
    }
}

/// The targets that a role vouches for, and whom it delegates to (TUF 4.5).
package struct TufTargets: Equatable, Sendable {
    package var head: TufHead
    package var targets: TargetTable
    package var delegations: TufDelegations?

    package init(reading envelope: TufEnvelope, role: String) throws(TufError) {
        head = try TufHead(envelope, type: "targets", subject: role)
        do throws(JSONError) {
            targets = try Self.targets(in: envelope)
            delegations = try envelope.signed.optional("delegations").map { value throws(JSONError) in
                try TufDelegations(reading: value)
            }
        } catch {
            throw TufError(error, subject: role)
        }
    }

    private static func targets(in envelope: TufEnvelope) throws(JSONError) -> TargetTable {
        if let scanned = envelope.scanned { return TargetTable(scanned) }
        var targets: [TufTarget] = []
        for member in try envelope.signed.member("targets").object().members {
            targets.append(
                try TufTarget(
                    path: member.name,
                    reading: JSONReader(member.value, path: "signed.targets.\(member.name.prefix(80))")))
        }
        return TargetTable(targets)
    }
}

extension JSONReader {
    /// An object's members by name. Names that are one Unicode text and other bytes are refused: to a `String` they are
    /// equal, and one would be taken for the other.
    func table<Value>(_ read: (JSONReader) throws(JSONError) -> Value) throws(JSONError) -> [String: Value] {
        var table: [String: Value] = [:]
        for name in try object().names {
            guard table[name] == nil else { throw refusal("two names are one text, written differently") }
            table[name] = try read(try member(name))
        }
        return table
    }
}
