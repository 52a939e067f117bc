import ContentPack
import CanonicalCoding
import DetectionEngine

/// Runs every rule's example events in the interpreter that the worker runs.
///
/// Layer 1 of the five: what the compiler meant and what the interpreter does are compared before anything is signed.
enum ExampleRun {
    /// - Returns: How many events were evaluated.
    /// - Throws: ``PublishError`` with `.examplesInvalid` when a rule has no examples, a file is no example file or
    ///   belongs to no rule; with `.exampleFailed` when a rule misses a true event or matches a false one. All
    ///   problems, not the first.
    static func check(_ rules: CompiledRules, examples: [PackFile], release: String) throws(PublishError) -> Int {
        let parsed = try parse(rules, examples: examples, release: release)
        let program: DetectionProgram
        do throws(ProgramError) {
            program = try DetectionProgram(loading: rules.program)
        } catch {
            throw PublishError(
                .rulesInvalid, subject: release, message: "the worker would not load the program: \(error)")
        }
        var interpreter = ProgramInterpreter(program)
        var count = 0
        var problems: [SourceProblem] = []
        for (rule, file, examples) in parsed {
            for example in examples {
                count += 1
                let isMatch = interpreter.matches(of: example.event).contains { $0.rule.id == rule.id }
                guard isMatch != example.isMatch else { continue }
                problems.append(
                    SourceProblem(
                        file: file, line: example.line,
                        message: example.isMatch
                            ? "\(rule.file) must match this event and does not"
                            : "\(rule.file) must not match this event and does"))
            }
        }
        guard problems.isEmpty else {
            throw PublishError(
                .exampleFailed, subject: release, message: "\(problems.count) of \(count) examples fail",
                problems: problems)
        }
        return count
    }

    private static func parse(_ rules: CompiledRules, examples: [PackFile], release: String)
        throws(PublishError) -> [(rule: PackManifest.Rule, file: String, examples: [ExampleFile.Example])]
    {
        var rest = Dictionary(uniqueKeysWithValues: examples.map { ($0.name, $0) })
        var problems: [SourceProblem] = []
        var parsed: [(rule: PackManifest.Rule, file: String, examples: [ExampleFile.Example])] = []
        for rule in rules.rules {
            let name = PackMemberName.examples(ofRule: rule.id)
            guard let file = rest.removeValue(forKey: name) else {
                problems.append(
                    SourceProblem(
                        file: rule.file, line: nil, message: "no examples: write \(name) with true and false events"))
                continue
            }
            do throws(JSONError) {
                let examples = try ExampleFile(decoding: file.bytes, bytesMax: PackLimits.sourceBytesMax).examples
                parsed.append((rule, name, examples))
            } catch {
                problems.append(
                    SourceProblem(
                        file: name, line: SourceLine.number(of: error, in: file.bytes), message: error.description))
            }
        }
        for name in rest.keys.sorted() {
            problems.append(
                SourceProblem(file: name, line: nil, message: "no rule has this id; rename or remove the file"))
        }
        guard problems.isEmpty else {
            throw PublishError(
                .examplesInvalid, subject: release, message: "the examples are not complete", problems: problems)
        }
        return parsed
    }
}

/// The line at which a JSON text went wrong.
enum SourceLine {
    /// The line of a refusal that names a byte, counted from 1; nil for one that names a path.
    static func number(of error: JSONError, in bytes: [UInt8]) -> Int? {
        guard error.subject.hasPrefix("byte "), let offset = Int(error.subject.dropFirst(5)) else { return nil }
        return 1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
    }
}
