import ContentPack
import ContentPublisher
import FleetModel
import Foundation
import ReleaseLab
import RepositoryPublisher
import Testing
import UpdateTrust
import WorkerSandbox

/// Packs and workers for the lab.
enum LabFixture {
    static let folder: String = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
        return URL(filePath: path).deletingLastPathComponent().path
    }()

    static let worker = WorkerLaunch(executable: "\(folder)/firebreak-worker")

    /// A worker that works but for one fault of `FragileWorker`.
    static func fragile(_ fault: String) -> WorkerLaunch {
        WorkerLaunch(executable: "\(folder)/hostile-worker", arguments: [fault])
    }

    static let shellID = "5f1abf38-3d5c-4b5e-9d2a-0c1f0a7b0001"

    /// Matches a shell that a web server starts.
    static let shellRule = """
        title: Shell <b>From</b> Web Server
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

        """

    static func line(_ kind: String, _ fields: String) -> String {
        #"{"kind":"\#(kind)","at_ms":1795489392058,"fields":{\#(fields)}}"#
    }

    static let matching = line("process_creation", #""Image":"/bin/sh","ParentImage":"/usr/sbin/nginx""#)
    static let ordinary = line("process_creation", #""Image":"/bin/ls","ParentImage":"/usr/sbin/nginx""#)

    static func examples(_ matching: String, _ other: String) -> String {
        "{\"true\": [\(matching)], \"false\": [\(other)]}"
    }

    /// A pack with the one rule, changed before it is signed.
    static func pack(
        version: String = "1.0.0", chaos: PackChaos? = nil, change: (inout UnsignedPack.Draft) -> Void = { _ in }
    ) throws -> LabPack {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lab-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["rules", "examples"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try Data(shellRule.utf8).write(to: folder.appending(path: "rules/shell.yml"))
        try Data(examples(matching, ordinary).utf8).write(to: folder.appending(path: "examples/\(shellID).json"))
        let keyFile = folder.appending(path: "release.key").path
        _ = try SigningKeyFile.create(at: keyFile, comment: "test")
        let built = try PackBuilder.build(
            rulesDirectory: folder.appending(path: "rules").path,
            examplesDirectory: folder.appending(path: "examples").path, name: PackName(accepted: "linux-core"),
            version: ReleaseVersion(accepted: version), notes: "", chaos: chaos, key: try SigningKeyFile.read(keyFile))
        let contents = try PackContents(reading: UnverifiedPack(built.bytes), digest: ContentDigest.sha256)
        let manifest = contents.manifest
        var draft = UnsignedPack.Draft(
            release: manifest.release, schemaVersion: manifest.schemaVersion, releaseNotes: "", rules: manifest.rules,
            program: Array(contents.program), costBound: manifest.program.costBound, chaos: chaos,
            files: contents.files)
        change(&draft)
        let key = try #require(PackSigningKey(seed: Array(repeating: 7, count: 32)))
        let signed = try key.sign(UnsignedPack(draft, digest: ContentDigest.sha256))
        return try LabPack(signed.bytes, fileName: "linux-core-\(version).fbpack")
    }

    /// A recording of ordinary work.
    static func benign(_ lines: String...) throws -> LabRecording {
        try LabRecording(
            Array(lines.joined(separator: "\n").utf8), fileName: "benign.jsonl", labels: .benign)
    }

    static func plan(
        _ pack: LabPack, _ launch: WorkerLaunch = worker, only stages: Set<LabStageName> = Set(LabStageName.allCases),
        recordings: [LabRecording]? = nil, previous: [LabPack] = [], obeysChaos: Bool = false,
        budget change: (inout LabBudget) -> Void = { _ in }
    ) throws -> LabPlan {
        var budget = LabBudget()
        // A debug build on a busy machine may take any time; a test that is about a time sets it itself.
        budget.eventsPerSecondMin = 0
        budget.latency = .hours(1)
        (budget.loadDeadline, budget.answerDeadline) = (.minutes(5), .minutes(5))
        change(&budget)
        let start: Set<LabStageName> = [.seal, .load]
        return try LabPlan(
            pack: pack, previous: previous, recordings: recordings ?? [benign(ordinary)], budget: budget,
            launch: launch, workerDigest: ContentDigest.sha256([]), obeysChaos: obeysChaos,
            skipped: Set(LabStageName.allCases).subtracting(stages.union(start)))
    }

    static func run(_ plan: LabPlan) async -> LabResult {
        await LabRun.run(plan, startedAt: Moment(milliseconds: 1_800_000_000_000))
    }
}

extension LabResult {
    func stage(_ name: LabStageName) throws -> LabStage { try #require(stages.first { $0.name == name }) }

    /// Codes of what failed in a stage.
    func failures(_ name: LabStageName) throws -> Set<LabFinding.Code> {
        Set(try stage(name).findings.filter { $0.weight == .failure }.map(\.code))
    }
}
