import CanonicalCoding
import FleetModel

/// Which other roles a targets role lets speak, and for which paths (TUF 4.5, DELEGATIONS).
package struct TufDelegations: Equatable, Sendable {
    /// One delegated role.
    package struct Delegation: Equatable, Sendable {
        /// What decides whether a path is the role's: exactly one of the two.
        package enum Scope: Equatable, Sendable {
            /// Patterns of the shell's kind, each part between slashes by itself.
            case paths([String])
            /// Beginnings of the hex SHA-256 of the path.
            case hashPrefixes([String])
        }

        package var name: String
        package var role: TufRole
        package var scope: Scope
        /// Whether roles after this one are not asked for its paths.
        package var isTerminating: Bool

        package init(name: String, role: TufRole, scope: Scope, isTerminating: Bool) {
            self.name = name
            self.role = role
            self.scope = scope
            self.isTerminating = isTerminating
        }
    }

    /// Delegation to hashed bins that share keys (TUF 4.5, `succinct_roles`; TAP 15).
    package struct Bins: Equatable, Sendable {
        package var role: TufRole
        /// 1 to 32; there are two to this power of bins.
        package var bitLength: Int64
        package var namePrefix: String

        package init(role: TufRole, bitLength: Int64, namePrefix: String) {
            self.role = role
            self.bitLength = bitLength
            self.namePrefix = namePrefix
        }

        /// The bin that a path falls into: the first bits of its SHA-256.
        package func name(for path: String) -> String {
            let digest = ContentDigest.sha256(Array(path.utf8)).bytes
            let first = digest.prefix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let number = first >> UInt64(32 - bitLength)
            return "\(namePrefix)-\(padded(number))"
        }

        private func padded(_ number: UInt64) -> String {
            let digitCount = String((UInt64(1) << UInt64(bitLength)) - 1, radix: 16).count
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
        }

        /// Whether a role of this name is one of the bins.
        func contains(_ name: String) -> Bool {
            guard name.hasPrefix(namePrefix + "-") else { return false }
            let digits = name.dropFirst(namePrefix.count + 1)
            guard let number = UInt64(digits, radix: 16), number < UInt64(1) << UInt64(bitLength) else { return false }
            return padded(number) == digits
        }
    }

    package enum Roles: Equatable, Sendable {
        /// In the order in which they are asked.
        case named([Delegation])
        case bins(Bins)
    }

    package var keys: [String: TufKey]
    package var roles: Roles

    package init(keys: [String: TufKey], roles: Roles) {
        self.keys = keys
        self.roles = roles
    }

    init(reading reader: JSONReader) throws(JSONError) {
        keys = try Self.keys(in: try reader.member("keys"))
        let named = try reader.optional("roles")
        let bins = try reader.optional("succinct_roles")
        switch (named, bins) {
        case (let named?, nil):
            var delegations: [Delegation] = []
            for element in try named.elements() { delegations.append(try Delegation(reading: element)) }
            guard Set(delegations.map(\.name)).count == delegations.count else {
                throw named.refusal("a role is delegated to twice")
            }
            roles = .named(delegations)
        case (nil, let bins?): roles = .bins(try Bins(reading: bins))
        default: throw reader.refusal("exactly one of roles and succinct_roles was expected")
        }
    }

    static func keys(in reader: JSONReader) throws(JSONError) -> [String: TufKey] {
        let names = try reader.object().names
        guard names.count <= TufLimits.keysMax else { throw reader.refusal("more than \(TufLimits.keysMax) keys") }
        return try reader.table(TufKey.init(reading:))
    }

    /// The roles that are delegated to by name; empty for bins.
    package var named: [Delegation] {
        if case .named(let delegations) = roles { delegations } else { [] }
    }

    /// The keys and threshold of a delegated role; nil when there is no such role.
    package func role(named name: String) -> TufRole? {
        switch roles {
        case .named(let delegations): delegations.first { $0.name == name }?.role
        case .bins(let bins): bins.contains(name) ? bins.role : nil
        }
    }

    /// The roles that may speak for a path, in order, up to and with the first terminating one.
    package func roles(for path: String) -> (names: [String], isTerminated: Bool) {
        switch roles {
        case .bins(let bins): return ([bins.name(for: path)], false)
        case .named(let delegations):
            var names: [String] = []
            for delegation in delegations where delegation.covers(path) {
                names.append(delegation.name)
                if delegation.isTerminating { return (names, true) }
            }
            return (names, false)
        }
    }
}

extension TufDelegations.Delegation {
    init(reading reader: JSONReader) throws(JSONError) {
        name = try reader.member("name").string()
        guard !name.isEmpty, !TufRoot.roleNames.contains(name) else {
            throw reader.refusal("a delegated role must have a name of its own")
        }
        role = try TufRole(reading: reader)
        isTerminating = try reader.member("terminating").bool()
        switch (try reader.optional("paths"), try reader.optional("path_hash_prefixes")) {
        case (let paths?, nil): scope = .paths(try Self.texts(in: paths))
        case (nil, let prefixes?): scope = .hashPrefixes(try Self.texts(in: prefixes))
        default: throw reader.refusal("exactly one of paths and path_hash_prefixes was expected")
        }
    }

    private static func texts(in reader: JSONReader) throws(JSONError) -> [String] {
        var texts: [String] = []
        for element in try reader.elements() { texts.append(try element.string()) }
        return texts
    }

    /// Whether the role may speak for the path (TUF 4.5, `paths` and `path_hash_prefixes`).
    package func covers(_ path: String) -> Bool {
        switch scope {
        case .paths(let patterns): patterns.contains { PathPattern.matches(path, $0) }
        case .hashPrefixes(let prefixes):
            prefixes.contains { ContentDigest.sha256(Array(path.utf8)).text.hasPrefix($0) }
        }
    }
}

extension TufDelegations.Bins {
    init(reading reader: JSONReader) throws(JSONError) {
        role = try TufRole(reading: reader)
        bitLength = try reader.member("bit_length").integer(in: 1...TufLimits.binBitsMax)
        namePrefix = try reader.member("name_prefix").string()
    }
}
