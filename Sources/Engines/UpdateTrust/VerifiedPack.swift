package import ContentPack
package import FleetModel

/// A pack that a trusted key signed and whose parts belong together. Only ``PackVerifier`` makes one.
package struct VerifiedPack: Sendable {
    /// The whole file, for the generation store.
    package let bytes: [UInt8]
    /// SHA-256 of the whole file: the release's digest.
    package let digest: Digest
    /// The key that signed it.
    package let signer: TrustedKey
    /// Manifest, program and sources.
    package let contents: PackContents

    init(bytes: [UInt8], digest: Digest, signer: TrustedKey, contents: PackContents) {
        self.bytes = bytes
        self.digest = digest
        self.signer = signer
        self.contents = contents
    }

    package var manifest: PackManifest { contents.manifest }
    package var release: ReleaseID { contents.manifest.release }
    /// The compiled rules, for the worker. Nobody else reads them.
    package var program: ArraySlice<UInt8> { contents.program }
}
