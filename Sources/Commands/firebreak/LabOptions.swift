import ArgumentParser
import FleetModel
import Foundation
import ReleaseLab
import UpdateTrust

/// What a pack is held against.
struct LabRecordingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A recording of ordinary work; every match is a false positive. Repeat it.", valueName: "file"),
        completion: .file())
    var benign: [String] = []

    @Option(
        help: ArgumentHelp("A recording of an attack, all of it. Repeat it.", valueName: "file"), completion: .file())
    var attack: [String] = []

    @Option(
        help: ArgumentHelp(
            "A recording whose labels are in a file beside it, FILE.labels.tsv for FILE.jsonl; without one it is of "
                + "ordinary work. Repeat it. Default, where nothing but attacks is named: content/recordings/*.jsonl.",
            valueName: "file"), completion: .file())
    var recording: [String] = []

    /// Where the project's own recordings are, seen from the checkout.
    static let folder = "content/recordings"
    /// Bytes of a recording, as its reader has it.
    private static let bytesMax = 64 << 20

    func read() throws(LabError) -> [LabRecording] {
        var recordings: [LabRecording] = []
        for path in benign { recordings.append(try Self.recording(path, .benign)) }
        for path in attack { recordings.append(try Self.recording(path, .attack)) }
        // Attacks alone say nothing of false positives.
        let labelled = benign.isEmpty && recording.isEmpty ? Self.standard() : recording
        for path in labelled { recordings.append(try Self.recording(path, try Self.labels(beside: path))) }
        return recordings
    }

    private static func standard() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".jsonl") }.sorted().map { "\(folder)/\($0)" }
    }

    private static func recording(_ path: String, _ labels: LabRecording.Labels) throws(LabError) -> LabRecording {
        try LabRecording(
            try bytes(path, .recordingUnreadable), fileName: URL(filePath: path).lastPathComponent, labels: labels)
    }

    private static func labels(beside path: String) throws(LabError) -> LabRecording.Labels {
        let stem = path.hasSuffix(".jsonl") ? String(path.dropLast(".jsonl".count)) : path
        let labels = stem + ".labels.tsv"
        guard FileManager.default.fileExists(atPath: labels) else { return .benign }
        return .table(
            try bytes(labels, .labelsUnreadable), fileName: URL(filePath: labels).lastPathComponent)
    }

    private static func bytes(_ path: String, _ code: LabError.Code) throws(LabError) -> [UInt8] {
        do throws(CommandFailure) {
            return try PackFileReader.read(path, bytesMax: bytesMax, nextStep: code.nextStep)
        } catch {
            throw LabError(code, subject: path, message: error.message)
        }
    }
}

/// Which worker a pack runs in.
struct LabWorkerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The worker that endpoints get. Default: firebreak-worker beside this command.", valueName: "file"),
        completion: .file())
    var worker: String?

    @Flag(help: "Start the worker with --chaos, so that it obeys fault markers, for packs that carry one.")
    var chaos = false

    /// 1 GiB: no build of the worker is larger.
    private static let workerBytesMax = 1 << 30

    var path: String {
        if let worker { return worker }
        let folder = Bundle.main.executableURL?.deletingLastPathComponent().path ?? "."
        return "\(folder)/firebreak-worker"
    }

    static func digest(of path: String) throws(LabError) -> Digest {
        do throws(CommandFailure) {
            return ContentDigest.sha256(
                try PackFileReader.read(
                    path, bytesMax: workerBytesMax, nextStep: LabError.Code.workerUnreadable.nextStep))
        } catch {
            throw LabError(.workerUnreadable, subject: path, message: error.message)
        }
    }
}

/// What a pack may cost, and how often it may be wrong.
struct LabBudgetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Matches that are allowed in a million events of ordinary work. A busy server makes about a million a day.",
            valueName: "count"))
    var falsePositivesPerMillion = LabBudget().falsePositivesPerMillion

    @Option(
        help: ArgumentHelp("Steps that one event may cost at most, by the program's own bound.", valueName: "steps"))
    var costBudget = LabBudget().costSteps

    func validate() throws {
        guard (0...1_000_000).contains(falsePositivesPerMillion) else {
            throw ValidationError("--false-positives-per-million takes 0 to 1000000.")
        }
    }

    var budget: LabBudget {
        var budget = LabBudget()
        budget.falsePositivesPerMillion = falsePositivesPerMillion
        budget.costSteps = costBudget
        return budget
    }
}
