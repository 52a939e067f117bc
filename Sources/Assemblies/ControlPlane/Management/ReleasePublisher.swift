import CanonicalCoding
import ContentPack
import ControlWire
import FleetModel
import FleetStore
import RolloutEngine
import UpdateTrust

/// Takes packs in: through the same door as endpoints do, before a byte of them is kept.
struct ReleasePublisher: Sendable {
    let driver: FleetDriver
    let packs: PackShelf
    let verifier: PackVerifier

    /// Verifies a pack, writes its file, books its release; in this order, so that a release that can be offered is
    /// always there to be fetched.
    ///
    /// - Parameter policy: Whose word counts on what the lab must have said.
    func publish(_ bytes: [UInt8], under policy: RolloutPolicy) async throws -> ReleaseSummary {
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
            chaos: manifest.chaos?.rawValue, signature: signature.signature, publishedAt: driver.clock.now,
            costBound: manifest.program.costBound)
        try await driver.requirePublishable(release, under: policy)
        do {
            try await packs.keep(bytes, as: verified.digest)
        } catch {
            throw ControlRefusal(
                .storePackUnwritten, "the pack could not be written: \(error)",
                next: "Make room on the disk that holds the data folder, and publish again.")
        }
        return try await driver.publish(release, under: policy, signedBy: verified.signer.id)
    }

    /// Keeps what the lab said of a pack, published or not yet.
    func keepLabResult(_ bytes: [UInt8]) async throws -> LabSummary {
        let statement: LabStatement
        do throws(JSONError) {
            statement = try LabStatement(decoding: bytes)
        } catch {
            throw ControlRefusal(
                .labStatementInvalid, error.description,
                next: "Send the file that `firebreak lab` wrote: PACK.lab.json.")
        }
        return try await driver.keep(
            StoredLabResult(
                digest: statement.subjectDigest, verdict: statement.verdict,
                failedStages: Self.stages(statement.failedTests), statementDigest: ContentDigest.sha256(bytes),
                statement: bytes, receivedAt: driver.clock.now))
    }

    /// Names of stages as they may be stored and shown: words. Others are no stage of ours, and tell nothing.
    private static func stages(_ names: [String]) -> [String] {
        names.prefix(16).filter { name in
            (1...32).contains(name.utf8.count)
                && name.utf8.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: "_") }
        }
    }
}
