import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

/// `firebreak release`
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Publish releases and list them.",
        subcommands: [Publish.self, List.self])

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a signed pack as a release.",
            discussion: """
                The control plane verifies the pack as an endpoint does, with the keys that it trusts, before it keeps \
                it. Publishing offers the release to nobody: `firebreak rollout start` does. Publishing the same bytes \
                again changes nothing; other bytes under a published version are refused.

                The lab's result is sent along when it lies beside the pack, as `firebreak lab` writes it. A release that \
                the lab failed is refused unless the policy says lab_result: any, and then every list shows it. The \
                policy is the control plane's own, or the one named here.

                  firebreak release publish linux-core-1.0.0.fbpack
                  firebreak release publish linux-core-1.0.0.fbpack --policy-file emergency.yml
                """)

        @Argument(
            help: ArgumentHelp("A pack, as `firebreak pack build` wrote it.", valueName: "file"), completion: .file())
        var file: String

        @Option(
            help: ArgumentHelp(
                "What the lab said of the pack. Default: PACK.lab.json, where it is there.", valueName: "file"),
            completion: .file())
        var labResult: String?

        @Option(help: "The policy that says what the lab must have said: server-fleet, laptop-fleet, demo.")
        var policy: String?

        @Option(
            help: ArgumentHelp("A policy of your own: YAML, see `firebreak policy`.", valueName: "file"),
            completion: .file())
        var policyFile: String?

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard policy == nil || policyFile == nil else {
                throw ValidationError("--policy names a policy and --policy-file gives one: only one of them.")
            }
        }

        func run() async throws {
            let bytes = try PackFileReader.read(file)
            let statement = try LabStatementFile.read(labResult, beside: file, pack: bytes)
            let own = try policyFile.map { try PolicySource.rollout(in: $0) }
            let summary = try await control.withClient { client in
                if let statement { _ = try await client.giveLabResult(statement) }
                return try await client.publish(bytes, policy: own?.name ?? policy, labResult: own?.labResult)
            }
            try output.show(summary) { console in
                [
                    "\(console.ink(summary.release.text, .bold)) published: \(summary.ruleCount) rules, "
                        + "\(summary.byteCount) bytes, sha256 \(summary.digest)",
                    "lab: \(LabWord(summary.lab).text(on: console))",
                    console.ink("next: firebreak rollout start \(summary.release)", .grey),
                ]
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the published releases, the newest first.",
            discussion: """
                  firebreak release list
                  firebreak release list --json | jq '.releases[] | select(.chaos)'
                """)

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let releases = try await control.withClient { try await $0.releases() }
            try output.show(ReleaseList(releases: releases)) { ReleaseCommand.table(releases).lines(on: $0) }
        }
    }

    static func table(_ releases: [ReleaseSummary]) -> Table {
        var table = Table(
            ("RELEASE", .left), ("RULES", .right), ("BYTES", .right), ("PUBLISHED", .left), ("DIGEST", .left),
            ("LAB", .left), ("STATE", .left))
        for release in releases {
            let state: Table.Cell =
                if let reason = release.recallReason ?? (release.recalledAt == nil ? nil : "") {
                    Table.Cell(reason.isEmpty ? "recalled" : "recalled: \(reason)", .red)
                } else if let chaos = release.chaos {
                    Table.Cell("chaos: \(chaos)", .yellow)
                } else {
                    Table.Cell("published", .green)
                }
            table.add([
                Table.Cell(release.release.text, .bold), Table.Cell(release.ruleCount), Table.Cell(release.byteCount),
                "\(TimeText.utc(release.publishedAt))", "\(release.digest.text.prefix(12))",
                LabWord(release.lab).cell, state,
            ])
        }
        return table
    }
}
