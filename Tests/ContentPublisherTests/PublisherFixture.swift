import ContentPack
import ContentPublisher
import FleetModel
import RepositoryPublisher
import TestSupport
import UpdateTrust

/// Two small rules with their examples and a signing key, in a folder of the test's own.
struct PublisherFixture {
    let folder: TemporaryFolder
    let key: PackSigningKey
    let trustedKeys: TrustedKeys

    static let shellID = "5f1abf38-3d5c-4b5e-9d2a-0c1f0a7b0001"
    static let shadowID = "5f1abf38-3d5c-4b5e-9d2a-0c1f0a7b0002"

    static let shellRule = """
        title: Shell From Web Server
        id: \(shellID)
        status: test
        description: A web server starts a shell.
        author: Firebreak
        logsource:
            category: process_creation
            product: linux
        detection:
            selection:
                ParentImage|endswith: '/nginx'
                Image|endswith: '/sh'
            condition: selection
        level: high
        tags:
            - attack.execution
            - attack.t1059.004

        """
    static let shadowRule = """
        title: Shadow File Written
        id: \(shadowID)
        status: stable
        description: Something writes the file of password hashes.
        author: Firebreak
        logsource:
            category: file_event
            product: linux
        detection:
            selection:
                TargetFilename: '/etc/shadow'
            condition: selection
        level: medium

        """

    static func event(_ kind: String, _ fields: String) -> String { #"{"kind":"\#(kind)","fields":{\#(fields)}}"# }

    static let shellTrue = event("process_creation", #""Image":"/bin/sh","ParentImage":"/usr/sbin/nginx""#)
    static let shellFalse = event("process_creation", #""Image":"/bin/ls","ParentImage":"/usr/sbin/nginx""#)
    static let shadowTrue = event("file_event", #""TargetFilename":"/etc/shadow""#)
    static let shadowFalse = event("file_event", #""TargetFilename":"/etc/shadow.old""#)

    static func examples(_ matching: String, _ other: String) -> String {
        "{\n  \"true\": [\n    \(matching)\n  ],\n  \"false\": [\n    \(other)\n  ]\n}\n"
    }

    init() throws {
        folder = try TemporaryFolder()
        trustedKeys = TrustedKeys(try SigningKeyFile.create(at: folder.file("release.key"), comment: "test"))
        key = try SigningKeyFile.read(folder.file("release.key"))
        try folder.write("rules/shell.yml", Self.shellRule)
        try folder.write("rules/shadow.yml", Self.shadowRule)
        try folder.write("examples/\(Self.shellID).json", Self.examples(Self.shellTrue, Self.shellFalse))
        try folder.write("examples/\(Self.shadowID).json", Self.examples(Self.shadowTrue, Self.shadowFalse))
    }

    func build(
        version: String = "1.0.0", chaos: PackChaos? = nil,
        progress: (PackBuilder.Step) -> Void = { _ in }
    ) throws(PublishError) -> BuiltPack {
        try PackBuilder.build(
            rulesDirectory: folder.file("rules"), examplesDirectory: folder.file("examples"),
            name: PackName(accepted: "linux-core"), version: ReleaseVersion(accepted: version), notes: "First.",
            chaos: chaos, key: key, progress: progress)
    }

    /// The error of a build; nil when it succeeds.
    func refusal() -> PublishError? {
        do throws(PublishError) {
            _ = try build()
            return nil
        } catch {
            return error
        }
    }
}
