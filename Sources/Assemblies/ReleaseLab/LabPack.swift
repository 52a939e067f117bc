import CanonicalCoding
package import ContentPack
package import FleetModel
import UpdateTrust

/// A pack as the lab takes it: the very bytes, and what is in them. Whoever signed it does not matter here: the lab
/// tells what the bytes do, not whose they are.
package struct LabPack: Sendable {
    /// The file's name, without folders.
    package let fileName: String
    /// SHA-256 of the file: the release's digest.
    package let digest: Digest
    package let manifest: PackManifest
    /// The program, as it goes to a worker.
    package let program: [UInt8]
    /// Every rule's examples: ascending by the rule's id, each rule's in the order of its file.
    package let examples: [Example]
    /// Rules that have no examples in the pack.
    package let rulesWithoutExamples: [PackManifest.Rule]

    package struct Example: Sendable {
        package let rule: PackManifest.Rule
        package let event: TelemetryEvent
        /// Whether the rule must match.
        package let isMatch: Bool
        /// File and line in the pack, for example `examples/5a62.json:3`.
        package let place: String
    }

    /// - Throws: ``LabError`` with `.packRefused` or `.examplesUnreadable`.
    package init(_ bytes: [UInt8], fileName: String) throws(LabError) {
        self.fileName = fileName
        digest = ContentDigest.sha256(bytes)
        let contents: PackContents
        do throws(PackError) {
            contents = try PackContents(reading: UnverifiedPack(bytes), digest: ContentDigest.sha256)
        } catch {
            throw LabError(.packRefused, subject: fileName, message: error.description)
        }
        manifest = contents.manifest
        program = Array(contents.program)
        var examples: [Example] = []
        var without: [PackManifest.Rule] = []
        for rule in manifest.rules {
            let name = PackMemberName.examples(ofRule: rule.id)
            guard let file = contents.file(named: name) else {
                without.append(rule)
                continue
            }
            do throws(JSONError) {
                let read = try ExampleFile(decoding: Array(file), bytesMax: PackLimits.sourceBytesMax)
                examples += read.examples.map {
                    Example(rule: rule, event: $0.event, isMatch: $0.isMatch, place: "\(name):\($0.line)")
                }
            } catch {
                throw LabError(.examplesUnreadable, subject: name, message: error.description)
            }
        }
        self.examples = examples
        rulesWithoutExamples = without
    }

    package var release: ReleaseID { manifest.release }
}
