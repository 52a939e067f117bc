import ContentPack
import DetectionEngine
import FleetModel
import RuleCompiler

/// Rule sources, compiled: what a pack's manifest lists and its program.
struct CompiledRules {
    /// Ascending by id.
    let rules: [PackManifest.Rule]
    let program: [UInt8]
    /// The most steps that the program takes for one event.
    let costBound: UInt64

    /// Compiles every rule of every file.
    ///
    /// - Throws: ``PublishError`` with `.rulesInvalid` and every place that is wrong: a pack with fewer rules than its
    ///   sources have would protect less than its author thinks.
    init(compiling files: [PackFile], chaos: PackChaos?, release: ReleaseID) throws(PublishError) {
        let set = RuleCompiler.compile(files.map { RuleSource(file: $0.name, bytes: $0.bytes) })
        guard set.errors.isEmpty else {
            throw PublishError(
                .rulesInvalid, subject: release.text, message: "\(set.errors.count) problems in the rules",
                problems: set.errors.map { SourceProblem(file: $0.file, line: $0.line, message: Self.message(of: $0)) })
        }
        guard !set.rules.isEmpty else {
            throw PublishError(.rulesInvalid, subject: release.text, message: "the sources hold no rule")
        }
        rules = set.rules.map { rule in
            let metadata = rule.draft.metadata
            return PackManifest.Rule(
                id: metadata.id, title: metadata.title, level: metadata.level.name, status: rule.status,
                file: rule.file, tags: metadata.tags)
        }
        do throws(ProgramError) {
            program = try set.program(chaos: chaos.map(Self.marker))
            costBound = try DetectionProgram(loading: program).costBound
        } catch {
            throw PublishError(.rulesInvalid, subject: release.text, message: error.description)
        }
    }

    private static func message(of error: RuleCompilerError) -> String {
        let name = error.rule.isEmpty ? "" : "rule \"\(error.rule)\": "
        return "\(name)\(error.subject): \(error.message) (\(error.code.rawValue))"
    }

    private static func marker(_ chaos: PackChaos) -> ChaosMarker {
        switch chaos {
        case .crashOnLoad: .crashOnLoad
        case .hangOnLoad: .hangOnLoad
        case .panicHost: .panicHost
        case .hangHost: .hangHost
        }
    }
}
