/// Why a text from outside was refused as a name, version or digest.
package struct IdentifierError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of identifier was wanted, for example "pack name".
    package let kind: String
    /// The refused text, cut to 80 characters.
    package let text: String
    /// What such an identifier looks like.
    package let rule: String

    package init(kind: String, text: String, rule: String) {
        self.kind = kind
        self.text = String(text.prefix(80))
        self.rule = rule
    }

    package var description: String { "\"\(text)\" is no \(kind): \(rule)" }
}

/// An identifier that is a short text with a rule, checked once at the door.
package protocol TextIdentifier: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    var text: String { get }
    init(checking text: String) throws(IdentifierError)
    /// Makes the value without a check. Only for texts that `init(checking:)` has accepted before.
    init(accepted text: String)
    static var kind: String { get }
    static var rule: String { get }
    static func accepts(_ text: String) -> Bool
}

extension TextIdentifier {
    package init(checking text: String) throws(IdentifierError) {
        guard Self.accepts(text) else {
            throw IdentifierError(kind: Self.kind, text: text, rule: Self.rule)
        }
        self.init(accepted: text)
    }

    package init?(_ description: String) {
        guard Self.accepts(description) else { return nil }
        self.init(accepted: description)
    }

    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard Self.accepts(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: IdentifierError(kind: Self.kind, text: text, rule: Self.rule).description)
        }
        self.init(accepted: text)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// 1 to `countMax` characters of `a-z 0-9 . _ -`, the first a letter or digit: safe as a file name, a URL
/// segment and a log field without escaping.
func isPlainName(_ text: String, countMax: Int) -> Bool {
    guard (1...countMax).contains(text.utf8.count), let first = text.utf8.first else { return false }
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard isAlphanumeric(first) else { return false }
    return text.utf8.allSatisfy { byte in
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// An endpoint's identity: the 16 bytes of OpAMP's `instance_uid` (a UUID), as 32 lower-case hex digits.
package struct EndpointID: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package static let kind = "endpoint id"
    package static let rule = "32 lower-case hex digits (the 16 bytes of the OpAMP instance_uid)"
    package static func accepts(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { Hexadecimal.value(of: $0) != nil && !(65...70).contains($0) }
    }

    /// The identity in OpAMP's form. `bytes` must be exactly 16.
    package init?(instanceUID bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        text = Hexadecimal.encode(bytes)
    }

    /// The 16 bytes of OpAMP's `instance_uid`.
    package var instanceUID: [UInt8] { Hexadecimal.decode(text) ?? [] }
}

/// The name of a pack, and of the channel that carries its releases: for example `linux-core`.
package struct PackName: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package static let kind = "pack name"
    package static let rule = "1 to 64 of a-z 0-9 . _ -, the first a letter or digit"
    package static func accepts(_ text: String) -> Bool { isPlainName(text, countMax: 64) }
}

/// The id of one rollout, made by the control plane: for example `r-000012`.
package struct RolloutID: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package static let kind = "rollout id"
    package static let rule = "1 to 64 of a-z 0-9 . _ -, the first a letter or digit"
    package static func accepts(_ text: String) -> Bool { isPlainName(text, countMax: 64) }
}

/// A version of a pack: three numbers, compared number by number (Semantic Versioning 2.0.0 without suffixes).
package struct ReleaseVersion: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package static let kind = "release version"
    package static let rule = "three numbers without leading zeros, each at most 999999, as in 1.4.0"
    package static func accepts(_ text: String) -> Bool { numbers(of: text) != nil }

    /// The three numbers, most significant first.
    package var numbers: [UInt32] { Self.numbers(of: text) ?? [] }

    package static func < (left: ReleaseVersion, right: ReleaseVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }

    private static func numbers(of text: String) -> [UInt32]? {
        guard text.utf8.count <= 20 else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var numbers: [UInt32] = []
        for part in parts {
            guard (1...6).contains(part.count), part.allSatisfy({ (48...57).contains($0) }) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            numbers.append(part.reduce(0) { $0 * 10 + UInt32($1 - 48) })
        }
        return numbers
    }
}

/// A version of a pack, the thing that is rolled out: `linux-core@1.4.0` in text.
package struct ReleaseID: TextIdentifier {
    package let pack: PackName
    package let version: ReleaseVersion

    package init(pack: PackName, version: ReleaseVersion) {
        self.pack = pack
        self.version = version
    }

    package init(accepted text: String) {
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        pack = PackName(accepted: parts.first ?? "")
        version = ReleaseVersion(accepted: parts.count > 1 ? parts[1] : "")
    }

    package var text: String { "\(pack)@\(version)" }
    package static let kind = "release"
    package static let rule = "a pack name, @ and a version, as in linux-core@1.4.0"
    package static func accepts(_ text: String) -> Bool {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && PackName.accepts(parts[0]) && ReleaseVersion.accepts(parts[1])
    }

    package static func < (left: ReleaseID, right: ReleaseID) -> Bool {
        left.pack == right.pack ? left.version < right.version : left.pack < right.pack
    }
}

/// A SHA-256 digest, 64 lower-case hex digits in text.
package struct Digest: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package static let kind = "SHA-256 digest"
    package static let rule = "64 lower-case hex digits"
    package static func accepts(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { Hexadecimal.value(of: $0) != nil && !(65...70).contains($0) }
    }

    /// The digest from its 32 bytes; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        text = Hexadecimal.encode(bytes)
    }

    package var bytes: [UInt8] { Hexadecimal.decode(text) ?? [] }
}
