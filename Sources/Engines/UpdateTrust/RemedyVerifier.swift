import enum Crypto.Curve25519
package import FleetModel
import GuardEngine

/// Decides whether a remedy may be believed, now.
package struct RemedyVerifier: Sendable {
    private let trustedKeys: TrustedKeys

    /// How far ahead a remedy may expire. A clock that has lost its battery says 1970, and would take every expired
    /// remedy for one that is good for decades: what is good for so long is refused.
    package static let lifetimeMax = Moment.Span.hours(90 * 24)

    package init(trustedKeys: TrustedKeys) { self.trustedKeys = trustedKeys }

    /// - Parameter now: By the host's clock.
    package func verify(_ file: UnverifiedRemedy, at now: Moment) throws(TrustError) -> VerifiedRemedy {
        guard let claim = file.claim() else {
            throw TrustError(.remedyMalformed, message: "the file does not begin with a remedy's signature block")
        }
        guard let key = trustedKeys[claim.keyID] else {
            throw TrustError(
                .remedyUnknownKey, subject: claim.keyID.text,
                message: "the remedy is signed by a key that is not among the \(trustedKeys.keys.count) trusted ones")
        }
        guard let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key.publicKey),
            publicKey.isValidSignature(claim.signature, for: UnverifiedRemedy.message(body: file.body))
        else {
            throw TrustError(.remedySignatureInvalid, subject: key.id.text, message: "the signature does not hold")
        }
        let remedy = try Remedy(reading: Array(file.body))
        let id = String(decoding: remedy.id.bytes, as: UTF8.self)
        guard remedy.expiresAt > now else {
            throw TrustError(
                .remedyExpired, subject: id, message: "the remedy expired at \(remedy.expiresAt.milliseconds) ms")
        }
        guard remedy.expiresAt <= now + Self.lifetimeMax else {
            throw TrustError(
                .remedyExpired, subject: id,
                message:
                    "the remedy expires at \(remedy.expiresAt.milliseconds) ms, more than 90 days from now by this host's clock"
            )
        }
        guard let plan = RemedyPlan(id: remedy.id, actions: remedy.actions) else {
            throw TrustError(.remedyMalformed, subject: id, message: "the remedy orders nothing that can be done")
        }
        return VerifiedRemedy(remedy: remedy, signer: key, plan: plan)
    }
}
