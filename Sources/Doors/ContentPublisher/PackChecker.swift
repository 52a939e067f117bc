package import ContentPack
package import FleetModel
package import UpdateTrust

/// Looks into a pack: what it holds, who signed it, and whether its program was made from its sources.
package enum PackChecker {
    /// What a pack says of itself, without compiling anything.
    ///
    /// - Parameter trustedKeys: Whose signatures count. Nil: the signature is not checked, and the report says so.
    package static func show(_ bytes: [UInt8], trustedKeys: TrustedKeys?) throws(PublishError) -> PackReport {
        let pack = UnverifiedPack(bytes)
        do {
            let contents: PackContents
            let signer: TrustedKey?
            if let trustedKeys {
                let verified = try PackVerifier(trustedKeys: trustedKeys).verify(pack)
                contents = verified.contents
                signer = verified.signer
            } else {
                contents = try PackContents(reading: pack, digest: ContentDigest.sha256)
                signer = nil
            }
            return PackReport(
                manifest: contents.manifest, digest: ContentDigest.sha256(bytes), fileBytes: bytes.count,
                keyID: try pack.signature().keyID, signer: signer, contents: contents)
        } catch {
            throw PublishError(.packRefused, subject: "the pack", message: "\(error)")
        }
    }

    /// Shows the pack, then compiles its sources again, compares the program byte for byte and the manifest rule for
    /// rule, and runs the examples.
    package static func check(_ bytes: [UInt8], trustedKeys: TrustedKeys?) throws(PublishError) -> PackReport {
        var report = try show(bytes, trustedKeys: trustedKeys)
        let manifest = report.manifest
        let files = report.contents.files
        let sources = files.filter { $0.name.hasPrefix(PackMemberName.rules) }
        let examples = files.filter { $0.name.hasPrefix(PackMemberName.examples) }
        let rules = try CompiledRules(compiling: sources, chaos: manifest.chaos, release: manifest.release)
        guard rules.program.elementsEqual(report.contents.program) else {
            throw PublishError(
                .programMismatch, subject: manifest.release.text,
                message:
                    "compiling the sources gives another program (\(rules.program.count) bytes, and the pack's has "
                    + "\(report.contents.program.count))")
        }
        guard rules.costBound == manifest.program.costBound, rules.rules == manifest.rules else {
            throw PublishError(
                .programMismatch, subject: manifest.release.text,
                message: "compiling the sources gives another list of rules or another cost than the manifest states")
        }
        report.exampleCount = try ExampleRun.check(rules, examples: examples, release: manifest.release.text)
        return report
    }
}

/// What is in a pack.
package struct PackReport: Sendable {
    package let manifest: PackManifest
    /// SHA-256 of the file.
    package let digest: Digest
    package let fileBytes: Int
    /// The key that the pack names as its signer.
    package let keyID: Digest
    /// The trusted key whose signature was checked; nil when none was.
    package let signer: TrustedKey?
    /// Example events that were evaluated; nil when the pack was only shown.
    package internal(set) var exampleCount: Int?
    let contents: PackContents

    init(
        manifest: PackManifest, digest: Digest, fileBytes: Int, keyID: Digest, signer: TrustedKey?,
        contents: PackContents
    ) {
        self.manifest = manifest
        self.digest = digest
        self.fileBytes = fileBytes
        self.keyID = keyID
        self.signer = signer
        self.contents = contents
    }

    /// Every member with its bytes, in the archive's order, the signature aside.
    package var members: [(name: String, bytes: Int)] {
        [(PackMemberName.program, manifest.program.length)] + manifest.members.map { ($0.path, $0.length) }
    }
}
