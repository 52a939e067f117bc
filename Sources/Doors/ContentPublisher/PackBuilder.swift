import CanonicalCoding
package import ContentPack
package import FleetModel
package import UpdateTrust

/// Makes a signed pack of rule sources and examples.
package enum PackBuilder {
    /// Where a build stands, for a progress display.
    package enum Step: Equatable, Sendable {
        case sourcesRead(ruleFileCount: Int, exampleFileCount: Int)
        case compiled(ruleCount: Int, programBytes: Int, costBound: UInt64)
        case examplesHeld(eventCount: Int)
        case signed(fileBytes: Int, digest: Digest)
    }

    /// Builds, tests and signs a pack. Equal sources give an equal body, whatever machine and day.
    ///
    /// - Parameters:
    ///   - rulesDirectory: Folder of Sigma rules, `*.yml`.
    ///   - examplesDirectory: Folder of `<rule id>.json`, one for each rule.
    ///   - chaos: A fault to put into the program on purpose; nil for every pack that is meant for people.
    /// - Throws: ``PublishError`` with every place in the sources that is wrong. Nothing is signed unless every rule
    ///   matches its true events and none of its false ones.
    package static func build(
        rulesDirectory: String, examplesDirectory: String, name: PackName, version: ReleaseVersion, notes: String,
        chaos: PackChaos?, key: PackSigningKey, progress: (Step) -> Void = { _ in }
    ) throws(PublishError) -> BuiltPack {
        let release = ReleaseID(pack: name, version: version)
        let sources = try PackSources(rulesDirectory: rulesDirectory, examplesDirectory: examplesDirectory)
        progress(.sourcesRead(ruleFileCount: sources.rules.count, exampleFileCount: sources.examples.count))
        let rules = try CompiledRules(compiling: sources.rules, chaos: chaos, release: release)
        progress(
            .compiled(ruleCount: rules.rules.count, programBytes: rules.program.count, costBound: rules.costBound))
        let exampleCount = try ExampleRun.check(rules, examples: sources.examples, release: release.text)
        progress(.examplesHeld(eventCount: exampleCount))
        let draft = UnsignedPack.Draft(
            release: release, schemaVersion: TelemetrySchema.version, releaseNotes: notes, rules: rules.rules,
            program: rules.program, costBound: rules.costBound, chaos: chaos,
            files: sources.rules + sources.examples)
        let built = try PackSigner(key: key).sign(draft, exampleCount: exampleCount)
        progress(.signed(fileBytes: built.bytes.count, digest: built.digest))
        return built
    }
}

extension PackBuilder {
    /// Makes the release of an agent's build: a small pack that says which two programs it is.
    package static func build(
        _ build: AgentBuild, version: ReleaseVersion, notes: String, key: PackSigningKey
    ) throws(PublishError) -> BuiltPack {
        let release = ReleaseID(pack: AgentBuild.pack, version: version)
        let program: [UInt8]
        do throws(JSONError) {
            program = try build.encoded()
        } catch {
            throw PublishError(.packInvalid, subject: release.text, message: error.description)
        }
        let draft = UnsignedPack.Draft(
            release: release, schemaVersion: TelemetrySchema.version, releaseNotes: notes, rules: [], program: program,
            costBound: 0, chaos: nil, files: [])
        return try PackSigner(key: key).sign(draft, exampleCount: 0)
    }
}

/// A pack that was just made.
package struct BuiltPack: Sendable {
    /// The whole file.
    package let bytes: [UInt8]
    /// SHA-256 of the file: the release's digest.
    package let digest: Digest
    package let manifest: PackManifest
    /// The key that signed it.
    package let keyID: Digest
    /// Example events that were evaluated.
    package let exampleCount: Int

    /// What the file is to be called.
    package var fileName: String { "\(manifest.release.pack)-\(manifest.release.version).fbpack" }
}

/// Puts a pack together and signs it.
struct PackSigner {
    let key: PackSigningKey

    func sign(_ draft: UnsignedPack.Draft, exampleCount: Int) throws(PublishError) -> BuiltPack {
        let unsigned: UnsignedPack
        do throws(PackError) {
            unsigned = try UnsignedPack(draft, digest: ContentDigest.sha256)
        } catch {
            throw PublishError(.packInvalid, subject: draft.release.text, message: error.description)
        }
        let signed: UnverifiedPack
        do throws(TrustError) {
            signed = try key.sign(unsigned)
        } catch {
            throw PublishError(.packInvalid, subject: draft.release.text, message: error.description)
        }
        return BuiltPack(
            bytes: signed.bytes, digest: ContentDigest.sha256(signed.bytes), manifest: unsigned.manifest, keyID: key.id,
            exampleCount: exampleCount)
    }
}
