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

                  firebreak release publish linux-core-1.0.0.fbpack
                """)

        @Argument(
            help: ArgumentHelp("A pack, as `firebreak pack build` wrote it.", valueName: "file"), completion: .file())
        var file: String

        @OptionGroup(title: "Control plane") var control: ControlOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let bytes = try PackFileReader.read(file)
            let summary = try await control.withClient { try await $0.publish(bytes) }
            try output.show(summary) { console in
                [
                    "\(console.ink(summary.release.text, .bold)) published: \(summary.ruleCount) rules, "
                        + "\(summary.byteCount) bytes, sha256 \(summary.digest)",
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
            ("STATE", .left))
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
                "\(TimeText.utc(release.publishedAt))", "\(release.digest.text.prefix(12))", state,
            ])
        }
        return table
    }
}
