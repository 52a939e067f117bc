package import CanonicalCoding
import Crypto
import FleetModel

/// One digest of a file, by an algorithm that metadata names (TUF 4.5, HASHES).
package struct TufHash: Equatable, Sendable {
    package let algorithm: String
    /// Lower-case hex digits.
    package let digits: String

    package init(algorithm: String, digits: String) {
        self.algorithm = algorithm
        self.digits = digits
    }

    /// In canonical order of the algorithms' names.
    static func all(in reader: JSONReader) throws(JSONError) -> [TufHash] {
        var hashes: [TufHash] = []
        for member in try reader.object().members {
            hashes.append(
                TufHash(algorithm: member.name, digits: try JSONReader(member.value, path: reader.path).string()))
        }
        return hashes
    }

    /// Requires that `bytes` have this digest. An algorithm that is not known cannot be checked, and so has failed.
    package func require(_ bytes: [UInt8], subject: String) throws(TufError) {
        let found: String
        switch algorithm {
        case "sha256": found = Hexadecimal.encode(Array(SHA256.hash(data: bytes)))
        case "sha384": found = Hexadecimal.encode(Array(SHA384.hash(data: bytes)))
        case "sha512": found = Hexadecimal.encode(Array(SHA512.hash(data: bytes)))
        default:
            throw TufError(
                .hashMismatch, subject: subject, message: "the algorithm \(algorithm.prefix(40)) is not known here")
        }
        guard found == digits.lowercased() else {
            throw TufError(
                .hashMismatch, subject: subject, message: "its \(algorithm) is \(found), not \(digits.prefix(128))")
        }
    }
}

/// A file that a targets role vouches for (TUF 4.5, TARGETS).
package struct TufTarget: Equatable, Sendable {
    /// Relative to the targets' base address, parted by slashes.
    package let path: String
    /// Bytes.
    package let length: Int64
    /// At least one, in canonical order of their names.
    package let hashes: [TufHash]
    /// What the publisher says beside it; not interpreted by TUF.
    package let custom: JSONValue?

    package init(path: String, length: Int64, hashes: [TufHash], custom: JSONValue? = nil) {
        self.path = path
        self.length = length
        self.hashes = hashes
        self.custom = custom
    }

    init(path: String, reading reader: JSONReader) throws(JSONError) {
        self.path = path
        length = try reader.member("length").integer(in: 0...Int64.max)
        hashes = try TufHash.all(in: try reader.member("hashes"))
        guard !hashes.isEmpty else { throw reader.refusal("no hash at all") }
        custom = try reader.optional("custom")?.value
    }

    /// Requires that `bytes` are the target (TUF 5.7.2).
    package func require(_ bytes: [UInt8]) throws(TufError) {
        guard Int64(bytes.count) == length else {
            throw TufError(.lengthMismatch, subject: path, message: "it has \(bytes.count) bytes, not \(length)")
        }
        for hash in hashes { try hash.require(bytes, subject: path) }
    }

    /// Where the target lies below the base address: with consistent snapshots `DIR/HASH.NAME` (TUF 5.7.3).
    package func location(isConsistentSnapshot: Bool) -> String {
        guard isConsistentSnapshot, let hash = hashes.first else { return path }
        guard let slash = path.lastIndex(of: "/") else { return "\(hash.digits).\(path)" }
        return "\(path[...slash])\(hash.digits).\(path[path.index(after: slash)...])"
    }
}
