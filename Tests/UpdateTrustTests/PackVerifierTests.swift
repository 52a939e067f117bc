import CanonicalCoding
import ContentPack
import FleetModel
import Testing
import UpdateTrust

@Suite("Pack verifier")
struct PackVerifierTests {
    let key: PackSigningKey
    let verifier: PackVerifier
    let pack: UnverifiedPack
    let release = ReleaseID(accepted: "linux-core@1.4.0")

    init() throws {
        key = try #require(TrustFixture.key(1))
        verifier = PackVerifier(trustedKeys: try #require(TrustFixture.trusted(key)))
        pack = try key.sign(TrustFixture.unsigned())
    }

    private func refusal(of bytes: [UInt8], release: ReleaseID? = nil) -> TrustError.Code? {
        do throws(TrustError) {
            _ = try verifier.verify(
                UnverifiedPack(bytes), expecting: release ?? self.release, digest: ContentDigest.sha256(bytes))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a pack that a trusted key signed is believed, and gives its manifest and program")
    func accepts() throws {
        let verified = try verifier.verify(pack, expecting: release, digest: ContentDigest.sha256(pack.bytes))
        #expect(verified.release == release)
        #expect(Array(verified.program) == Array("PROGRAM".utf8))
        #expect(verified.signer.id == key.id)
        #expect(try verifier.verify(pack).digest == ContentDigest.sha256(pack.bytes))
    }

    @Test("the same content and key give the same file")
    func reproducible() throws {
        // swift-crypto's Ed25519 may add randomness; the signed part must not differ, and both must verify.
        let again = try key.sign(TrustFixture.unsigned())
        #expect(again.body == pack.body)
        #expect(refusal(of: again.bytes) == nil)
    }

    @Test("a pack signed by another key is refused, whatever it says")
    func unknownKey() throws {
        let other = try #require(TrustFixture.key(2))
        let foreign = try other.sign(TrustFixture.unsigned())
        #expect(refusal(of: foreign.bytes) == .unknownKey)
        // The foreign signature under the trusted key's name.
        let forged = PackSignature(keyID: key.id, signature: try foreign.signature().signature)
        #expect(refusal(of: forged.block + foreign.body) == .signatureInvalid)
    }

    @Test("any changed byte of a signed pack is refused, and before anything behind the signature is parsed")
    func anyByte() throws {
        for place in stride(from: 0, to: pack.bytes.count, by: 5) {
            var changed = pack.bytes
            changed[place] ^= 0x01
            let code = refusal(of: changed)
            if place >= PackSignature.bodyOffset {
                #expect(code == .signatureInvalid, "byte \(place)")
            } else {
                #expect(code != nil, "byte \(place)")
            }
        }
    }

    @Test("a pack cut off anywhere is refused")
    func truncated() {
        for count in stride(from: 0, to: pack.bytes.count, by: 61) {
            let code = refusal(of: Array(pack.bytes.prefix(count)))
            #expect(code == (count < PackSignature.bodyOffset ? .truncated : .signatureInvalid))
        }
    }

    @Test("an oversized file is refused")
    func oversized() {
        #expect(refusal(of: pack.bytes + Array(repeating: 0, count: PackLimits.fileBytesMax)) == .oversized)
    }

    @Test("a signed pack that is another release than the one offered is refused")
    func otherRelease() throws {
        #expect(refusal(of: pack.bytes, release: ReleaseID(accepted: "linux-core@1.5.0")) == .versionMismatch)
        #expect(refusal(of: pack.bytes, release: ReleaseID(accepted: "linux-extra@1.4.0")) == .versionMismatch)
    }

    @Test("a file that is not the one offered is refused, even when it is signed")
    func otherDigest() {
        let error = #expect(throws: TrustError.self) {
            try verifier.verify(pack, expecting: release, digest: ContentDigest.sha256([1]))
        }
        #expect(error?.code == .digestMismatch)
    }

    @Test("a pack for another event schema is refused")
    func otherSchema() throws {
        let newer = try key.sign(TrustFixture.unsigned(schemaVersion: TelemetrySchema.version + 1))
        #expect(refusal(of: newer.bytes) == .schemaUnsupported)
    }

    @Test("a signature over malformed content does not make it good")
    func signedNonsense() throws {
        // The body is 64 zero bytes; the signature on it is right.
        let body = Array(repeating: UInt8(0), count: 64)
        let bytes = try #require(TrustFixture.sign(body: body, seed: 1))
        #expect(refusal(of: bytes) == .truncated)
        let nonsense = try #require(TrustFixture.sign(body: Array(repeating: 7, count: 4_096), seed: 1))
        #expect(refusal(of: nonsense) == .malformed)
    }

    @Test("every code says what to do next, and no two codes are one text")
    func codes() {
        let codes = TrustError.Code.allCases
        #expect(Set(codes.map(\.rawValue)).count == codes.count)
        for code in codes {
            #expect(code.nextStep.hasSuffix("."))
            let error = TrustError(code, subject: "x", message: "y")
            #expect(error.description.contains(code.rawValue) && error.description.contains(code.nextStep))
        }
    }
}
