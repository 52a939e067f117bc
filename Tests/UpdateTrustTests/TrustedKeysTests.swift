import CanonicalCoding
import FleetModel
import Testing
import UpdateTrust

@Suite("Trusted keys")
struct TrustedKeysTests {
    private static func line(_ number: UInt8, _ comment: String) throws -> String {
        let key = try #require(TrustFixture.key(number))
        return try #require(TrustedKey(publicKey: key.publicKey, comment: comment)).line
    }

    @Test("a file of keys is read, with comments and empty lines between them")
    func reads() throws {
        let text = try "# who may sign\n\n\(Self.line(1, "release key, spring"))\n\(Self.line(2, ""))\n"
        let keys = try TrustedKeys(reading: Array(text.utf8))
        #expect(keys.keys.count == 2)
        #expect(keys.keys[0].comment == "release key, spring")
        let id = try #require(TrustFixture.key(1)).id
        #expect(keys[id]?.id == id)
        #expect(keys[ContentDigest.sha256([9])] == nil)
    }

    @Test("a key's id is the SHA-256 of its bytes")
    func identity() throws {
        let key = try #require(TrustFixture.key(1))
        #expect(key.id == ContentDigest.sha256(key.publicKey))
        #expect(ContentDigest.sha256([]).text == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(
        "one line that is not understood refuses the whole file, and is named",
        arguments: ["rsa AAAA x", "ed25519", "ed25519 AAAA short", "ed25519 !!!! x", "nonsense"])
    func refuses(line: String) throws {
        let text = try "\(Self.line(1, "good"))\n\(line)\n"
        let error = #expect(throws: TrustError.self) { try TrustedKeys(reading: Array(text.utf8)) }
        #expect(error?.code == .keyFileMalformed)
        #expect(error?.subject == "line 2")
    }

    @Test("a file without keys, with one key twice, or that is no text is refused")
    func refusesFiles() throws {
        #expect(
            #expect(throws: TrustError.self) { try TrustedKeys(reading: Array("# none\n".utf8)) }?.code == .keyFileEmpty
        )
        #expect(#expect(throws: TrustError.self) { try TrustedKeys(reading: []) }?.code == .keyFileEmpty)
        let twice = try "\(Self.line(1, "a"))\n\(Self.line(1, "b"))\n"
        #expect(throws: TrustError.self) { try TrustedKeys(reading: Array(twice.utf8)) }
        #expect(throws: TrustError.self) { try TrustedKeys(reading: [0xFF, 0xFE]) }
        let long = Array(repeating: UInt8(ascii: "#"), count: TrustedKeys.fileBytesMax + 1)
        #expect(throws: TrustError.self) { try TrustedKeys(reading: long) }
    }
}
