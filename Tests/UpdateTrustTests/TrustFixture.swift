import ContentPack
import enum Crypto.Curve25519
import FleetModel
import UpdateTrust

/// Keys and packs for the tests of trust.
enum TrustFixture {
    static func key(_ number: UInt8) -> PackSigningKey? { PackSigningKey(seed: Array(repeating: number, count: 32)) }

    static func trusted(_ key: PackSigningKey) -> TrustedKeys? {
        TrustedKey(publicKey: key.publicKey, comment: "test").map(TrustedKeys.init)
    }

    static func unsigned(
        release: String = "linux-core@1.4.0", schemaVersion: UInt16 = TelemetrySchema.version
    ) throws -> UnsignedPack {
        let source = PackFile(name: "rules/a.yml", bytes: Array("title: A\n".utf8))
        return try UnsignedPack(
            UnsignedPack.Draft(
                release: ReleaseID(accepted: release), schemaVersion: schemaVersion, releaseNotes: "",
                rules: [
                    PackManifest.Rule(id: "a", title: "A", level: "low", status: "test", file: source.name, tags: [])
                ],
                program: Array("PROGRAM".utf8), costBound: 1, chaos: nil, files: [source]),
            digest: ContentDigest.sha256)
    }
}

extension TrustFixture {
    /// A file whose signature holds, over a body that nobody checked.
    static func sign(body: [UInt8], seed: UInt8) -> [UInt8]? {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(repeating: seed, count: 32)),
            let signature = try? key.signature(for: PackSignature.message(bodyDigest: ContentDigest.sha256(body)))
        else { return nil }
        let id = ContentDigest.sha256(Array(key.publicKey.rawRepresentation))
        return PackSignature(keyID: id, signature: Array(signature)).block + body
    }
}
