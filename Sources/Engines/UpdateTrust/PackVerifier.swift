package import ContentPack
import enum Crypto.Curve25519
package import FleetModel

/// Decides whether a pack may be believed: the one door between bytes from outside and anything that uses them.
///
/// The order of the checks is the point. Size, signature block, key and signature need no length or name from the
/// file; only when the signature holds is anything parsed.
package struct PackVerifier: Sendable {
    private let trustedKeys: TrustedKeys
    private let schemaVersions: ClosedRange<UInt16>

    /// - Parameter schemaVersions: The versions of the event schema that this build's workers run.
    package init(
        trustedKeys: TrustedKeys,
        schemaVersions: ClosedRange<UInt16> = TelemetrySchema.version...TelemetrySchema.version
    ) {
        self.trustedKeys = trustedKeys
        self.schemaVersions = schemaVersions
    }

    /// Verifies a pack that was offered as a certain release.
    ///
    /// - Parameters:
    ///   - release: The release that the offer named. A pack that is signed and is another release is refused: an
    ///     old pack with known holes is signed too.
    ///   - digest: SHA-256 of the file, from the offer.
    package func verify(_ pack: UnverifiedPack, expecting release: ReleaseID, digest: Digest)
        throws(TrustError) -> VerifiedPack
    {
        let signer = try verifySignature(of: pack)
        let found = ContentDigest.sha256(pack.bytes)
        guard found == digest else {
            throw TrustError(
                .digestMismatch, subject: release.text,
                message: "the file's digest is \(found), and \(digest) was offered")
        }
        let verified = try verifyContents(of: pack, digest: found, signer: signer)
        guard verified.release == release else {
            throw TrustError(
                .versionMismatch, subject: release.text, message: "the file is the release \(verified.release)")
        }
        return verified
    }

    /// Verifies a pack that names itself: at the server that publishes it, where no offer exists yet.
    package func verify(_ pack: UnverifiedPack) throws(TrustError) -> VerifiedPack {
        let signer = try verifySignature(of: pack)
        return try verifyContents(of: pack, digest: ContentDigest.sha256(pack.bytes), signer: signer)
    }

    /// The trusted key whose signature the pack carries. Reads fixed offsets only.
    private func verifySignature(of pack: UnverifiedPack) throws(TrustError) -> TrustedKey {
        let signature: PackSignature
        do throws(PackError) {
            signature = try pack.signature()
        } catch {
            throw TrustError(error)
        }
        guard let key = trustedKeys[signature.keyID] else {
            throw TrustError(
                .unknownKey, subject: signature.keyID.text,
                message: "the pack is signed by a key that is not among the \(trustedKeys.keys.count) trusted ones")
        }
        let message = PackSignature.message(bodyDigest: ContentDigest.sha256(pack.body))
        guard let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key.publicKey),
            publicKey.isValidSignature(signature.signature, for: message)
        else {
            throw TrustError(.signatureInvalid, subject: key.id.text, message: "the signature does not hold")
        }
        return key
    }

    private func verifyContents(of pack: UnverifiedPack, digest: Digest, signer: TrustedKey)
        throws(TrustError) -> VerifiedPack
    {
        let contents: PackContents
        do throws(PackError) {
            contents = try PackContents(reading: pack, digest: ContentDigest.sha256)
        } catch {
            throw TrustError(error)
        }
        guard schemaVersions.contains(contents.manifest.schemaVersion) else {
            throw TrustError(
                .schemaUnsupported, subject: contents.manifest.release.text,
                message: "the pack needs event schema \(contents.manifest.schemaVersion), and this build has "
                    + "\(schemaVersions.upperBound)")
        }
        return VerifiedPack(bytes: pack.bytes, digest: digest, signer: signer, contents: contents)
    }
}
