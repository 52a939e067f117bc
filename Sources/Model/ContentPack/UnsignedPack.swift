package import FleetModel

/// A pack that was put together and not yet signed.
package struct UnsignedPack: Sendable {
    package let manifest: PackManifest
    /// The bytes that a signature will cover.
    package let body: [UInt8]

    /// What a pack is made of.
    package struct Draft: Sendable {
        package var release: ReleaseID
        package var schemaVersion: UInt16
        package var releaseNotes: String
        /// In any order.
        package var rules: [PackManifest.Rule]
        package var program: [UInt8]
        package var costBound: UInt64
        package var chaos: PackChaos?
        /// Rule sources and examples, named as in the archive, in any order.
        package var files: [PackFile]

        package init(
            release: ReleaseID, schemaVersion: UInt16, releaseNotes: String, rules: [PackManifest.Rule],
            program: [UInt8], costBound: UInt64, chaos: PackChaos?, files: [PackFile]
        ) {
            self.release = release
            self.schemaVersion = schemaVersion
            self.releaseNotes = releaseNotes
            self.rules = rules
            self.program = program
            self.costBound = costBound
            self.chaos = chaos
            self.files = files
        }
    }

    /// Puts a pack together: equal drafts give equal bytes, whatever the order of their lists.
    ///
    /// - Parameter digest: SHA-256 of the bytes it is given.
    /// - Throws: ``PackError`` when a name, a length or a number is above its bound: what is made here, the reader
    ///   accepts.
    package init(_ draft: Draft, digest: (ArraySlice<UInt8>) -> Digest) throws(PackError) {
        let files = draft.files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        // Three places are taken by signature, manifest and program.
        guard files.count <= PackLimits.memberCountMax - 3 else {
            throw PackError(
                .oversized,
                message: "\(files.count) files; at most \(PackLimits.memberCountMax - 3) fit into a pack: split it")
        }
        for file in files + [PackFile(name: PackMemberName.program, bytes: draft.program)] {
            try Self.check(file)
        }
        manifest = PackManifest(
            release: draft.release, schemaVersion: draft.schemaVersion, releaseNotes: draft.releaseNotes,
            rules: draft.rules.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) },
            members: files.map {
                PackManifest.Member(path: $0.name, length: $0.bytes.count, digest: digest($0.bytes[...]))
            },
            program: PackManifest.Program(
                length: draft.program.count, digest: digest(draft.program[...]), costBound: draft.costBound),
            chaos: draft.chaos)
        let all =
            [
                PackFile(name: PackMemberName.manifest, bytes: try manifest.encoded()),
                PackFile(name: PackMemberName.program, bytes: draft.program),
            ] + files
        body = PackArchive.bytes(of: all)
        // The reader's own checks (order, folders, bounds), so that nothing leaves here that would be refused there.
        let probe = PackSignature(
            keyID: digest([]), signature: Array(repeating: 0, count: PackSignature.signatureBytes))
        _ = try PackContents(reading: signed(by: probe), digest: digest)
    }

    private static func check(_ file: PackFile) throws(PackError) {
        guard PackMemberName.accepts(file.name) else {
            throw PackError(
                .malformed, subject: file.name,
                message: "no name for a pack's member: letters, digits and . _ - only, and at most "
                    + "\(PackLimits.memberNameBytesMax) bytes; rename the file")
        }
        let limit = PackArchive.lengthMax(of: file.name)
        guard file.bytes.count <= limit else {
            throw PackError(
                .oversized, subject: file.name, message: "\(file.bytes.count) bytes; at most \(limit) are allowed")
        }
    }

    /// The whole file.
    package func signed(by signature: PackSignature) -> UnverifiedPack {
        UnverifiedPack(signature.block + body)
    }
}
