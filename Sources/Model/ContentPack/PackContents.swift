package import FleetModel

/// What is in a pack: a manifest, and members that are what the manifest says.
///
/// Consistent, and no more: who signed it is UpdateTrust's question, and whether the program is one that a worker
/// can load is the worker's.
package struct PackContents: Sendable {
    package let manifest: PackManifest
    /// The compiled rules, opaque here.
    package let program: ArraySlice<UInt8>
    private let archive: [PackArchive.Member]

    /// Reads the body of a pack.
    ///
    /// - Parameter digest: SHA-256 of the bytes it is given. Passed in: this room holds no cryptography.
    /// - Throws: ``PackError``; never traps, whatever the bytes are.
    package init(reading pack: UnverifiedPack, digest: (ArraySlice<UInt8>) -> Digest) throws(PackError) {
        guard pack.bytes.count <= PackLimits.fileBytesMax else {
            throw PackError(
                .oversized,
                message: "the file has \(pack.bytes.count) bytes; at most \(PackLimits.fileBytesMax) are allowed")
        }
        let members = try PackArchive(reading: pack.body).members
        // The archive's order check has seen to it that these two are there.
        manifest = try PackManifest(decoding: Array(members[0].bytes))
        program = members[1].bytes
        archive = Array(members.dropFirst(2))
        try Self.check(
            program, named: PackMemberName.program, length: manifest.program.length, digest: manifest.program.digest,
            by: digest)
        guard archive.map(\.name) == manifest.members.map(\.path) else {
            throw PackError(.contentMismatch, message: "the manifest lists other members than the archive has")
        }
        for (member, entry) in zip(archive, manifest.members) {
            try Self.check(member.bytes, named: entry.path, length: entry.length, digest: entry.digest, by: digest)
        }
        let names = Set(manifest.members.map(\.path))
        for rule in manifest.rules where !names.contains(rule.file) {
            throw PackError(.contentMismatch, subject: rule.id, message: "its source \(rule.file) is not in the pack")
        }
    }

    private static func check(
        _ bytes: ArraySlice<UInt8>, named name: String, length: Int, digest: Digest,
        by hash: (ArraySlice<UInt8>) -> Digest
    ) throws(PackError) {
        guard bytes.count == length, hash(bytes) == digest else {
            throw PackError(.contentMismatch, subject: name, message: "its bytes are not those that the manifest lists")
        }
    }

    /// The rule sources and examples, ascending by name.
    package var files: [PackFile] { archive.map { PackFile(name: $0.name, bytes: Array($0.bytes)) } }

    /// The bytes of one rule source or example; nil when there is no such member.
    package func file(named name: String) -> ArraySlice<UInt8>? { archive.first { $0.name == name }?.bytes }
}
