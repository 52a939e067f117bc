import ContentPack
import ContentPublisher
import FleetModel
import RepositoryPublisher
import Testing
import TestSupport
import UpdateTrust

@Suite("Pack checker")
struct PackCheckerTests {
    let fixture: PublisherFixture
    let built: BuiltPack

    init() throws {
        fixture = try PublisherFixture()
        built = try fixture.build()
    }

    /// The pack with a change to what it is made of, signed by the right key: a publisher who lies, or errs.
    private func resigned(_ change: (inout UnsignedPack.Draft) -> Void) throws -> [UInt8] {
        let contents = try PackContents(reading: UnverifiedPack(built.bytes), digest: ContentDigest.sha256)
        var draft = UnsignedPack.Draft(
            release: contents.manifest.release, schemaVersion: contents.manifest.schemaVersion,
            releaseNotes: contents.manifest.releaseNotes, rules: contents.manifest.rules,
            program: Array(contents.program), costBound: contents.manifest.program.costBound,
            chaos: contents.manifest.chaos, files: contents.files)
        change(&draft)
        let key = try SigningKeyFile.read(fixture.folder.file("release.key"))
        return try key.sign(UnsignedPack(draft, digest: ContentDigest.sha256)).bytes
    }

    private func refusal(of bytes: [UInt8], trustedKeys: TrustedKeys? = nil) -> PublishError.Code? {
        do throws(PublishError) {
            _ = try PackChecker.check(bytes, trustedKeys: trustedKeys)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a pack that was built is found whole, and its examples are run")
    func whole() throws {
        let report = try PackChecker.check(built.bytes, trustedKeys: fixture.trustedKeys)
        #expect(report.digest == built.digest && report.signer?.id == built.keyID)
        #expect(report.exampleCount == 4)
        #expect(report.members.map(\.name).contains("rules/shell.yml"))
        #expect(try resigned { _ in } == built.bytes)
    }

    @Test("a pack can be shown without keys, and the report says that nobody vouched for it")
    func shown() throws {
        let report = try PackChecker.show(built.bytes, trustedKeys: nil)
        #expect(report.signer == nil && report.keyID == built.keyID && report.exampleCount == nil)
        #expect(report.manifest == built.manifest)
    }

    @Test("a program that was not made from the sources in the pack is found")
    func otherProgram() throws {
        let bytes = try resigned { $0.program[$0.program.count - 1] ^= 1 }
        #expect(refusal(of: bytes, trustedKeys: fixture.trustedKeys) == .programMismatch)
        let edited = try resigned { draft in
            draft.files = draft.files.map { file in
                guard file.name == "rules/shadow.yml" else { return file }
                let text = String(decoding: file.bytes, as: UTF8.self).replacing("/etc/shadow'", with: "/etc/passwd'")
                return PackFile(name: file.name, bytes: Array(text.utf8))
            }
        }
        #expect(refusal(of: edited) == .programMismatch)
    }

    @Test("a manifest that says other things of the rules than their sources is found")
    func otherManifest() throws {
        #expect(refusal(of: try resigned { $0.rules[0].level = "low" }) == .programMismatch)
        #expect(refusal(of: try resigned { $0.rules.removeLast() }) == .programMismatch)
        #expect(refusal(of: try resigned { $0.costBound += 1 }) == .programMismatch)
        #expect(refusal(of: try resigned { $0.chaos = .crashOnLoad }) == .programMismatch)
    }

    @Test("examples that fail or are missing are found")
    func otherExamples() throws {
        let name = PackMemberName.examples(ofRule: PublisherFixture.shellID)
        #expect(refusal(of: try resigned { $0.files.removeAll { $0.name == name } }) == .examplesInvalid)
        let swapped = PublisherFixture.examples(PublisherFixture.shellFalse, PublisherFixture.shellTrue)
        let bytes = try resigned { draft in
            draft.files.removeAll { $0.name == name }
            draft.files.append(PackFile(name: name, bytes: Array(swapped.utf8)))
        }
        #expect(refusal(of: bytes) == .exampleFailed)
    }

    @Test("a pack of a stranger, or a changed one, is refused when keys are given")
    func untrusted() throws {
        let stranger = TrustedKeys(try SigningKeyFile.create(at: fixture.folder.file("stranger.key"), comment: ""))
        #expect(refusal(of: built.bytes, trustedKeys: stranger) == .packRefused)
        var changed = built.bytes
        changed[5_000] ^= 1
        #expect(refusal(of: changed, trustedKeys: fixture.trustedKeys) == .packRefused)
        #expect(refusal(of: [1, 2, 3]) == .packRefused)
    }
}
