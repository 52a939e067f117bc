import Foundation
import TestSupport
import Testing
import UpdateTrust

@testable import RepositoryPublisher

@Suite("Encrypted key file")
struct EncryptedKeyFileTests {
    let folder: TemporaryFolder
    static let passphrase = Array("correct horse".utf8)

    init() throws {
        folder = try TemporaryFolder()
        _ = try EncryptedKeyFile.create(
            at: folder.file("root.key"), role: "root", passphrase: Self.passphrase, cost: .least)
    }

    private var path: String { folder.file("root.key") }

    private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func write(_ text: String) throws {
        try folder.write("root.key", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private func refusal(_ passphrase: String = "correct horse") -> KeyFileError.Code? {
        do throws(KeyFileError) {
            _ = try RoleKeyFile.read(path, passphrase: .given(passphrase))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a key opens with its passphrase and with no other, and its public half needs none")
    func opens() throws {
        let line = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        let trusted = try TrustedKeys(reading: Array(line.utf8)).keys[0]
        let key = try RoleKeyFile.read(path, passphrase: .given("correct horse"))
        #expect(key.publicKey == trusted.publicKey)
        let outline = try RoleKeyFile.outline(path)
        #expect(outline.role == "root")
        #expect(outline.isEncrypted)
        #expect(outline.key == key.key)
        #expect(refusal("correct horsf") == .passphraseWrong)
        #expect(refusal("short") == .passphraseMissing)
    }

    @Test("the seed is nowhere in the file, the file is its owner's alone, and none is overwritten")
    func keepsQuiet() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(throws: KeyFileError.self) {
            try EncryptedKeyFile.create(at: path, role: "root", passphrase: Self.passphrase, cost: .least)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(refusal() == .keyUnsafe)
    }

    @Test("a file whose role was changed does not open")
    func otherRole() throws {
        try write(try text().replacing("\"role\":\"root\"", with: "\"role\":\"snapshot\""))
        #expect(refusal() == .passphraseWrong)
    }

    @Test(
        "parameters beyond their bounds are refused before anything is computed",
        arguments: [
            ("\"n\":16384", "\"n\":1073741824"), ("\"n\":16384", "\"n\":2"), ("\"n\":16384", "\"n\":20000"),
            ("\"r\":8", "\"r\":1000"), ("\"p\":1", "\"p\":64"), ("scrypt", "md5"), ("\"n\":16384", "\"n\":1e99"),
            ("\"sealed\"", "\"sealed2\""), ("firebreak-encrypted-key-v1", "firebreak-encrypted-key-v2"),
        ])
    func bounds(old: String, new: String) throws {
        let changed = try text().replacing(old, with: new)
        #expect(try changed != text())
        try write(changed)
        #expect(refusal() == .keyUnreadable)
    }

    @Test("a passphrase is the first line of a file that is its owner's alone")
    func passphraseFile() throws {
        try folder.write("words", "correct horse\nbattery\n")
        let file = Passphrase.file(folder.file("words"))
        #expect(throws: KeyFileError.self) { try file.read(prompt: "") }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.file("words"))
        #expect(try RoleKeyFile.read(path, passphrase: file).publicKey.count == 32)
    }

    @Test("what is typed ends with the line; backspace takes back, and Ctrl-C gives up")
    func typed() throws {
        func typed(_ text: String) throws -> String {
            let pipe = Pipe()
            pipe.fileHandleForWriting.write(Data(text.utf8))
            try pipe.fileHandleForWriting.close()
            return String(decoding: try Passphrase.line(from: pipe.fileHandleForReading.fileDescriptor), as: UTF8.self)
        }
        #expect(try typed("horsf\u{7F}e\nmore") == "horse")
        #expect(throws: KeyFileError.self) { try typed("hor\u{3}se\n") }
        #expect(throws: KeyFileError.self) { try typed("horse") }
    }

    @Test("a plain key is read by the same name")
    func plain() throws {
        let trusted = try SigningKeyFile.create(at: folder.file("plain.key"), comment: "")
        #expect(try RoleKeyFile.read(folder.file("plain.key"), passphrase: .terminal).publicKey == trusted.publicKey)
    }
}
