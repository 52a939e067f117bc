import ContentPack
import FleetModel
import GuardEngine
import Testing
@testable import UpdateTrust

@Suite("Signed remedies")
struct SignedRemedyTests {
    private let now = Moment(milliseconds: 1_800_000_000_000)
    private let key: PackSigningKey
    private let verifier: RemedyVerifier

    init() throws {
        key = try #require(TrustFixture.key(1))
        verifier = RemedyVerifier(trustedKeys: try #require(TrustFixture.trusted(key)))
    }

    private func digest(_ digit: UInt8) throws -> DigestText {
        try #require(DigestText(PlainText([UInt8](repeating: digit, count: 64))))
    }

    private func remedy(for span: Moment.Span = .hours(24)) throws -> Remedy {
        let actions: [RemedyAction] = [
            .revert(try digest(0x61)), .leaveSafeMode, .observe, .useSlot(.b), .forgetAttempt,
            .installBuild(path: "builds/1.5.0", agent: try digest(0x62), worker: try digest(0x63)),
        ]
        return try #require(Remedy(id: "2026-11-27.a", expiresAt: now + span, actions: actions))
    }

    private func refusal(of bytes: [UInt8]) -> TrustError.Code? {
        do throws(TrustError) {
            _ = try verifier.verify(UnverifiedRemedy(bytes), at: now)
            return nil
        } catch {
            return error.code
        }
    }

    /// A body of any kind with a signature that holds.
    private func signed(_ text: String) throws -> [UInt8] {
        let body = Array(text.utf8)
        let signature = try key.signature(over: UnverifiedRemedy.message(body: body[...]))
        return UnverifiedRemedy.block(keyID: key.id, signature: signature) + body
    }

    @Test("a remedy that a trusted key signed becomes the guard's plan")
    func accepts() throws {
        let verified = try verifier.verify(key.sign(remedy()), at: now)
        #expect(verified.remedy == (try remedy()))
        #expect(RemedyPlan(verified.plan.encode())?.actions == (try remedy()).actions)
        #expect(try key.sign(remedy()).bytes.count <= UnverifiedRemedy.fileBytesMax)
    }

    @Test("any changed, missing or added byte is refused")
    func anyByte() throws {
        let bytes = try key.sign(remedy()).bytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x01
            #expect(refusal(of: changed) != nil, "byte \(index)")
        }
        for end in stride(from: 0, to: bytes.count, by: 7) { #expect(refusal(of: Array(bytes[..<end])) != nil) }
        #expect(refusal(of: bytes + [0x20]) == .remedySignatureInvalid)
        #expect(refusal(of: bytes + [UInt8](repeating: 0x20, count: 9_000)) == .remedyMalformed)
    }

    @Test("another key's remedy is refused, and so is a pack's signature on one")
    func keys() throws {
        let other = try #require(TrustFixture.key(2))
        #expect(refusal(of: try other.sign(remedy()).bytes) == .remedyUnknownKey)
        let pack = try key.sign(TrustFixture.unsigned())
        #expect(refusal(of: pack.bytes) == .remedyMalformed)
        let body = try remedy().encoded()
        let borrowed = try #require(TrustFixture.sign(body: body, seed: 1))
        let signature = try UnverifiedRemedyFixture.signature(in: borrowed)
        #expect(
            refusal(of: UnverifiedRemedy.block(keyID: key.id, signature: signature) + body) == .remedySignatureInvalid)
    }

    @Test("a remedy is good until it expires, and none is good for longer than 90 days")
    func expiry() throws {
        for span in [Moment.Span.milliseconds(0), .hours(-1), .hours(90 * 24 + 1)] {
            #expect(refusal(of: try key.sign(remedy(for: span)).bytes) == .remedyExpired)
        }
        #expect(refusal(of: try key.sign(remedy(for: .milliseconds(1))).bytes) == nil)
        #expect(refusal(of: try key.sign(remedy(for: .hours(90 * 24))).bytes) == nil)
    }

    @Test(
        "a signed body that is not a remedy in its one form is refused",
        arguments: [
            "{}", "[]", "{\"actions\":[],\"expires_at_ms\":1800000001000,\"id\":\"x\"}",
            "{\"actions\":[{\"do\":\"reboot\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\"}",
            "{\"actions\":[{\"do\":\"observe\"}],\"expires_at_ms\":1800000001000,\"id\":\"X y\"}",
            "{\"actions\":[{\"do\":\"observe\",\"why\":\"x\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\"}",
            "{\"actions\":[{\"do\":\"observe\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\",\"more\":1}",
            "{ \"actions\":[{\"do\":\"observe\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\"}",
            "{\"actions\":[{\"do\":\"install-build\",\"path\":\"../x\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\"}",
        ])
    func otherBodies(body: String) throws {
        #expect(refusal(of: try signed(body)) == .remedyMalformed)
    }

    @Test("the smallest remedy has the form that the documents show")
    func form() throws {
        let body = "{\"actions\":[{\"do\":\"observe\"}],\"expires_at_ms\":1800000001000,\"id\":\"x\"}"
        #expect(refusal(of: try signed(body)) == nil)
    }
}

/// The signature in a pack's block.
private enum UnverifiedRemedyFixture {
    static func signature(in pack: [UInt8]) throws -> [UInt8] { try UnverifiedPack(pack).signature().signature }
}
