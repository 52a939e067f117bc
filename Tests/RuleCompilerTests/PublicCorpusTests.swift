import DetectionEngine
import FleetModel
import Foundation
import RuleCompiler
import Testing

/// The public Sigma rules and recorded events with known answers, where they lie beside the checkout.
@Suite("Public corpus")
struct PublicCorpusTests {
    static let shared = ContentTests.folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared")
    static let rules = shared.appending(path: "sigma/rules/linux")
    static let events = shared.appending(path: "telemetry/linux/events.jsonl")
    static let truth = shared.appending(path: "telemetry/truth")

    static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) }

    static func compiled(category: String? = nil) throws -> (set: RuleSet, fileCount: Int) {
        let folder = category.map { rules.appending(path: $0) } ?? rules
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var sources: [RuleSource] = []
        for case let url as URL in files where url.pathExtension == "yml" {
            sources.append(RuleSource(file: url.lastPathComponent, bytes: Array(try Data(contentsOf: url))))
        }
        return (RuleCompiler.compile(sources), sources.count)
    }

    @Test(
        "every public rule for Linux processes compiles, or is refused for a construct that is named",
        .enabled(if: exists(rules), "../shared/sigma is not beside the checkout"))
    func processRules() throws {
        let (set, fileCount) = try Self.compiled(category: "process_creation")
        let refusedFiles = Set(set.errors.map(\.file))
        #expect(set.rules.count + refusedFiles.count == fileCount, "no rule is lost")
        let allowed: Set<RuleCompilerError.Code> = [.modifierUnsupported, .fieldUnknown]
        #expect(
            Set(set.errors.map(\.code)).isSubset(of: allowed),
            "\(set.errors.map(\.description).joined(separator: "\n"))")
        #expect(set.rules.count * 10 >= fileCount * 9, "\(set.rules.count) of \(fileCount)")
        _ = try DetectionProgram(loading: try set.program())
    }

    /// Rule id and line of every match.
    struct Pair: Hashable, CustomStringConvertible {
        var id: String
        var line: Int
        var description: String { "\(id) at \(line)" }
    }

    private static func event(_ line: Substring) throws -> TelemetryEvent? {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        guard let number = object["EventID"] as? Int, let kind = EventKind(rawValue: UInt8(clamping: number)) else {
            return nil
        }
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 0))
        for field in kind.fields {
            switch object[field.name] {
            case let text as String: event[field] = .text(text)
            case let number as Int: event[field] = .integer(Int64(number))
            case is NSNull: event[field] = .null
            default: break
            }
        }
        return event
    }

    @Test(
        "on recorded Linux events, the public rules that compile match exactly where the reference says",
        .enabled(
            if: exists(rules) && exists(events), "../shared/sigma or ../shared/telemetry is not beside the checkout"))
    func recordedEvents() throws {
        let (set, _) = try Self.compiled()
        let ids = Set(set.rules.map(\.draft.metadata.id))
        let lines = try String(contentsOf: Self.events, encoding: .utf8).split(separator: "\n")
        let expected = Set(
            try String(contentsOf: Self.truth.appending(path: "linux-events.tsv"), encoding: .utf8)
                .split(separator: "\n").compactMap { row -> Pair? in
                    let parts = row.split(separator: "\t")
                    guard parts.count == 2, let line = Int(parts[1]), ids.contains(String(parts[0])) else { return nil }
                    return Pair(id: String(parts[0]), line: line)
                })
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try set.program()))
        var found: Set<Pair> = []
        for (number, line) in lines.enumerated() {
            guard let event = try Self.event(line) else { continue }
            for match in interpreter.matches(of: event) { found.insert(Pair(id: match.rule.id, line: number)) }
        }
        #expect(expected.count > 500, "the reference must have something to say")
        let (extra, missing) = (found.subtracting(expected), expected.subtracting(found))
        #expect(extra.isEmpty, "\(extra.count), first: \(extra.first.map(String.init(describing:)) ?? "")")
        #expect(missing.isEmpty, "\(missing.count), first: \(missing.first.map(String.init(describing:)) ?? "")")
    }

    /// Every public rule, for any log source.
    static func allRules() throws -> (set: RuleSet, fileCount: Int) {
        let files = try #require(
            FileManager.default.enumerator(at: shared.appending(path: "sigma"), includingPropertiesForKeys: nil))
        var sources: [RuleSource] = []
        for case let url as URL in files where url.pathExtension == "yml" {
            sources.append(RuleSource(file: url.lastPathComponent, bytes: Array(try Data(contentsOf: url))))
        }
        return (RuleCompiler.compile(sources, options: .open), sources.count)
    }

    @Test(
        "of all public rules only those are refused in open mode that a placeholder without a value would make wrong",
        .enabled(if: exists(rules), "../shared/sigma is not beside the checkout"))
    func everyRule() throws {
        let (set, fileCount) = try Self.allRules()
        #expect(fileCount > 3_000)
        #expect(set.rules.count + Set(set.errors.map(\.file)).count == fileCount, "no rule is lost")
        let others = set.errors.filter { $0.code != .placeholderMissing }
        #expect(others.isEmpty, "\(others.map(\.description).joined(separator: "\n"))")
        #expect(set.errors.count * 100 <= fileCount)
    }

    static let sets = [
        "windows/sigma-regression", "windows/evtx-to-mitre", "linux/otrf-log4shell-sysmon", "linux/go-libaudit",
    ]

    @Test(
        "on recorded events of each kind all public rules match exactly where the reference says",
        .enabled(
            if: exists(rules) && exists(events), "../shared/sigma or ../shared/telemetry is not beside the checkout"))
    func recordedSets() throws {
        let (set, _) = try Self.allRules()
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try set.program()))
        for name in Self.sets {
            let events = try Data(contentsOf: Self.shared.appending(path: "telemetry/\(name).jsonl"))
            let truth = name.replacing("/", with: "-") + ".tsv"
            let expected = Set(
                try String(contentsOf: Self.truth.appending(path: truth), encoding: .utf8).split(separator: "\n"))
            var found: Set<Substring> = []
            for (number, line) in events.split(separator: 10).enumerated() {
                let bytes = Array(line)
                _ = interpreter.evaluate(json: bytes.span)
                for rule in interpreter.matchedRules {
                    found.insert("\(interpreter.program.id(ofRule: rule))\t\(number)")
                }
            }
            #expect(!expected.isEmpty)
            #expect(found.subtracting(expected).isEmpty, "\(name): too many")
            #expect(expected.subtracting(found).isEmpty, "\(name): too few")
        }
    }

    /// Rules of ours that match a benign line of the recording on purpose: none is a surprise to its author.
    @Test(
        "our own rules hardly ever match what benign jobs do",
        .enabled(if: exists(events), "../shared/telemetry is not beside the checkout"))
    func falsePositives() throws {
        let labels = try String(
            contentsOf: Self.events.deletingLastPathComponent().appending(path: "events.labels.tsv"), encoding: .utf8)
        let benign = Set(
            labels.split(separator: "\n").compactMap { row -> Int? in
                let parts = row.split(separator: "\t", omittingEmptySubsequences: false)
                return parts.count > 1 && parts[1] == "benign" ? Int(parts[0]) : nil
            })
        #expect(benign.count > 1_000)
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: try ContentTests.compiled().program()))
        var matches: [String] = []
        for (number, line) in try String(contentsOf: Self.events, encoding: .utf8).split(separator: "\n").enumerated()
        where benign.contains(number) {
            guard let event = try Self.event(line) else { continue }
            matches += interpreter.matches(of: event).map { "\($0.rule.title): \(line.prefix(400))" }
        }
        #expect(
            matches.count * 1_000 <= benign.count,
            "\(matches.count) of \(benign.count):\n\(matches.joined(separator: "\n"))")
    }
}
