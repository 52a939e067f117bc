import ContentPack
import ControlWire
import FleetModel
import FleetStore
import UpdateTrust

/// Takes packs in: through the same door as endpoints do, before a byte of them is kept.
struct ReleasePublisher: Sendable {
    let driver: FleetDriver
    let packs: PackShelf
    let verifier: PackVerifier

    /// Verifies a pack, writes its file, books its release; in this order, so that a release that can be offered is
    /// always there to be fetched.
    func publish(_ bytes: [UInt8]) async throws -> ReleaseSummary {
        let pack = UnverifiedPack(bytes)
        let verified = try verifier.verify(pack)
        let signature: PackSignature
        do throws(PackError) {
            signature = try pack.signature()
        } catch {
            throw ControlRefusal(
                400, TrustError.Code.malformed.rawValue, "\(error)", next: TrustError.Code.malformed.nextStep)
        }
        let manifest = verified.manifest
        let release = StoredRelease(
            release: verified.release, digest: verified.digest, byteCount: bytes.count,
            ruleCount: manifest.rules.count, schemaVersion: Int(manifest.schemaVersion), notes: manifest.releaseNotes,
            chaos: manifest.chaos?.rawValue, signature: signature.signature, publishedAt: driver.clock.now)
        try await driver.requirePublishable(release)
        do {
            try await packs.keep(bytes, as: verified.digest)
        } catch {
            throw ControlRefusal(
                .storePackUnwritten, "the pack could not be written: \(error)",
                next: "Make room on the disk that holds the data folder, and publish again.")
        }
        return try await driver.publish(release)
    }
}
