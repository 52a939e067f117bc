import ContentPack
import ContentPublisher
import EndpointAgent
import FleetModel
import Foundation
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
        func build(_ version: String, chaos: PackChaos? = nil, key: String) throws -> Built {
            let built = try PackBuilder.build(
                rulesDirectory: folder.appending(path: "rules").path,
                examplesDirectory: folder.appending(path: "examples").path, name: PackName(accepted: "linux-core"),
                version: ReleaseVersion(accepted: version), notes: "", chaos: chaos, signingKeyFile: key)
            return Built(release: built.manifest.release, digest: built.digest, bytes: built.bytes)
        }
        first = try build("1.0.0", key: key)
        second = try build("1.1.0", key: key)
        third = try build("1.2.0", key: key)
        crashing = try build("1.3.0", chaos: .crashOnLoad, key: key)
        hanging = try build("1.4.0", chaos: .hangOnLoad, key: key)
        foreign = try build("1.5.0", key: other)
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
