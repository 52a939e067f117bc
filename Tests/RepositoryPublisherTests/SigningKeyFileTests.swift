import Foundation
import RepositoryPublisher
import Testing
import TestSupport
import UpdateTrust

@Suite("Signing key file")
struct SigningKeyFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var path: String { folder.file("release.key") }

    private func refusal() -> KeyFileError.Code? {
        do throws(KeyFileError) {
            _ = try SigningKeyFile.read(path)
            return nil
        } catch {
            return error.code
        }
    }

    private func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("a new key is its owner's alone, its public half is one line for --trust, and it reads back")
    func creates() throws {
        let trusted = try SigningKeyFile.create(at: path, comment: "release key\nof the team")
        #expect(try mode(of: path) == 0o600)
        #expect(try SigningKeyFile.read(path).id == trusted.id)
        let line = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        let keys = try TrustedKeys(reading: Array(line.utf8))
        #expect(keys.keys == [trusted])
        #expect(trusted.comment == "release key of the team")
    }

    @Test("no key is made twice, and none is overwritten")
    func neverOverwrites() throws {
        let first = try SigningKeyFile.create(at: path, comment: "a")
        #expect(
            #expect(throws: KeyFileError.self) { try SigningKeyFile.create(at: path, comment: "b") }?.code == .keyExists
        )
        #expect(try SigningKeyFile.read(path).id == first.id)
        let other = folder.file("other.key")
        try folder.write("other.key.pub", "in the way")
        #expect(
            #expect(throws: KeyFileError.self) { try SigningKeyFile.create(at: other, comment: "c") }?.code
                == .keyExists)
        #expect(!FileManager.default.fileExists(atPath: other))
        #expect(try SigningKeyFile.create(at: folder.file("third.key"), comment: "").id != first.id)
    }

    @Test("a key that others may read or write is refused", arguments: [0o640, 0o604, 0o660, 0o644, 0o601, 0o620])
    func othersMayRead(mode: Int) throws {
        _ = try SigningKeyFile.create(at: path, comment: "")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(refusal() == .keyUnsafe)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        #expect(refusal() == nil)
    }

    @Test("a link or a folder in the key's place is refused")
    func links() throws {
        _ = try SigningKeyFile.create(at: folder.file("real.key"), comment: "")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.file("real.key"))
        #expect(refusal() == .keyUnsafe)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(refusal() == .keyUnsafe)
    }

    @Test(
        "a file that is no key is refused",
        arguments: [
            "", "firebreak-signing-key-v1\n", "firebreak-signing-key-v1\ned25519 AAAA\n", "something else\n",
            "firebreak-signing-key-v1\ned25519 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "firebreak-signing-key-v2\ned25519 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n",
        ])
    func noKey(text: String) throws {
        try folder.write("release.key", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(refusal() == .keyUnreadable)
    }

    @Test("an absent file is refused")
    func absent() { #expect(refusal() == .keyUnreadable) }

    @Test("every code says what to do next")
    func codes() {
        for code in KeyFileError.Code.allCases { #expect(code.nextStep.hasSuffix(".")) }
    }
}
