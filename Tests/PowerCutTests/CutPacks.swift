import AgentEngine
import ContentPack
import FleetModel
import Testing
import UpdateTrust

/// Small packs, signed and verified for real. Made once: signing draws random numbers, so a digest is another in each run.
struct CutPacks: Sendable {
    struct Made: Sendable {
        let pinned: PinnedRelease
        let bytes: [UInt8]

        var offer: ReleaseOffer { ReleaseOffer(pinned: pinned, location: "/v1/packs/\(pinned.digest)") }
    }

    static let shared = Result { try CutPacks() }

    let verifier: PackVerifier
    /// Releases 1.1.0 to 1.9.0, oldest first.
    let releases: [Made]

    private init() throws {
        let key = try #require(PackSigningKey(seed: Array(repeating: 7, count: PackSigningKey.seedBytes)))
        let verifier = PackVerifier(
            trustedKeys: TrustedKeys(try #require(TrustedKey(publicKey: key.publicKey, comment: ""))))
        self.verifier = verifier
        releases = try (1...9).map { number in
            let source = PackFile(name: "rules/a.yml", bytes: Array("title: A\n".utf8))
            let unsigned = try UnsignedPack(
                UnsignedPack.Draft(
                    release: ReleaseID(accepted: "linux-core@1.\(number).0"), schemaVersion: TelemetrySchema.version,
                    releaseNotes: "",
                    rules: [
                        PackManifest.Rule(
                            id: "a", title: "A", level: "low", status: "test", file: source.name, tags: [])
                    ], program: Array("PROGRAM".utf8), costBound: 1, chaos: nil, files: [source]),
                digest: ContentDigest.sha256)
            let verified = try verifier.verify(try key.sign(unsigned))
            return Made(
                pinned: PinnedRelease(release: verified.release, digest: verified.digest), bytes: verified.bytes)
        }
    }

    /// Release 1.`number`.0.
    subscript(number: Int) -> Made { releases[number - 1] }
}
