import ContentPack
import ContentPublisher
import EndpointAgent
import FleetModel
import Foundation
import RepositoryPublisher
import UpdateTrust

/// Packs that are built once, by the real publisher, from one rule.
struct Packs: Sendable {
    struct Built: Sendable {
        let release: ReleaseID
        let digest: Digest
        let bytes: [UInt8]
    }

    static let shared = Result { try Packs() }

    let trustedKeys: TrustedKeys
    let first: Built
    let second: Built
    let third: Built
    /// Kills the worker that loads it, when that obeys chaos.
    let crashing: Built
    /// Makes the worker that loads it stop answering.
    let hanging: Built
    /// Signed by a key that nobody trusts.
    let foreign: Built
    /// Its rules ask to deny, kill and quarantine.
    let acting: Built
    /// Signs what endpoints of the rig trust.
    let signingKey: PackSigningKey

    static let marker = "firebreak-test-detection"
    static let rule = "9ad2f1df-1abf-4d4c-b4d1-8a848c14eee3"

    private init() throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "agent-packs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["rules", "examples"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try Self.source.write(to: folder.appending(path: "rules/marker.yml"), atomically: true, encoding: .utf8)
        try Self.example.write(
            to: folder.appending(path: "examples/\(Self.rule).json"), atomically: true, encoding: .utf8)
        let key = folder.appending(path: "release.key").path
        let other = folder.appending(path: "other.key").path
        trustedKeys = TrustedKeys(try SigningKeyFile.create(at: key, comment: "test"))
        _ = try SigningKeyFile.create(at: other, comment: "test")
        signingKey = try SigningKeyFile.read(key)
        func build(_ version: String, chaos: PackChaos? = nil, key: String) throws -> Built {
            let built = try PackBuilder.build(
                rulesDirectory: folder.appending(path: "rules").path,
                examplesDirectory: folder.appending(path: "examples").path, name: PackName(accepted: "linux-core"),
                version: ReleaseVersion(accepted: version), notes: "", chaos: chaos, key: try SigningKeyFile.read(key))
            return Built(release: built.manifest.release, digest: built.digest, bytes: built.bytes)
        }
        first = try build("1.0.0", key: key)
        second = try build("1.1.0", key: key)
        third = try build("1.2.0", key: key)
        crashing = try build("1.3.0", chaos: .crashOnLoad, key: key)
        hanging = try build("1.4.0", chaos: .hangOnLoad, key: key)
        foreign = try build("1.5.0", key: other)
        for (id, text, example) in Self.acts {
            try text.write(to: folder.appending(path: "rules/\(id).yml"), atomically: true, encoding: .utf8)
            try example.write(to: folder.appending(path: "examples/\(id).json"), atomically: true, encoding: .utf8)
        }
        acting = try build("1.6.0", key: key)
    }

    static let killed = "firebreak-test-kill"
    static let quarantined = "firebreak-test-quarantine"
    static let denied = "/true"

    /// Rules that act: id, source, examples.
    private static let acts = [
        act(
            "9ad2f1df-1abf-4d4c-b4d1-8a848c14eee4", "process_creation", "CommandLine|contains: \(killed)", "kill",
            #"{"kind": "process_creation", "fields": {"Image": "/usr/bin/a", "CommandLine": "a \#(killed)"}}"#),
        act(
            "9ad2f1df-1abf-4d4c-b4d1-8a848c14eee5", "file_event", "TargetFilename|endswith: .\(quarantined)",
            "quarantine",
            #"{"kind": "file_event", "fields": {"Image": "/usr/bin/a", "TargetFilename": "/srv/x.\#(quarantined)"}}"#),
        act(
            "9ad2f1df-1abf-4d4c-b4d1-8a848c14eee6", "process_creation", "Image|endswith: /disk\(denied)", "deny",
            #"{"kind": "process_creation", "fields": {"Image": "/srv/disk\#(denied)", "CommandLine": "a"}}"#),
    ]

    private static func act(_ id: String, _ category: String, _ test: String, _ response: String, _ event: String)
        -> (id: String, source: String, example: String)
    {
        let source = """
            title: Firebreak test of \(response)
            id: \(id)
            status: test
            description: The way from an event to an act.
            author: Firebreak
            date: 2026-11-27
            logsource:
                category: \(category)
                product: linux
            detection:
                selection:
                    \(test)
                condition: selection
            level: high
            response: \(response)

            """
        let other = #"{"kind": "\#(category)", "fields": {"Image": "/usr/bin/b"}}"#
        return (id, source, #"{"true": [\#(event)], "false": [\#(other)]}"# + "\n")
    }

    private static let source = """
        title: Firebreak test marker
        id: \(rule)
        status: test
        description: The way from a process to an alert.
        author: Firebreak
        date: 2026-11-24
        tags:
            - attack.execution
            - attack.t1059.004
        logsource:
            category: process_creation
            product: linux
        detection:
            selection:
                CommandLine|contains: \(marker)
            condition: selection
        level: high

        """

    private static let example = """
        {"true": [{"kind": "process_creation", "fields": {"Image": "/usr/bin/true", "CommandLine": "true \(marker)"}}],
         "false": [{"kind": "process_creation", "fields": {"Image": "/usr/bin/true", "CommandLine": "true"}}]}

        """
}
