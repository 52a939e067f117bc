import DetectionEngine
import FleetModel

/// Compiles Sigma rules for the flat program of the detection engine. Pure: the same sources give the same result.
package enum RuleCompiler {
    /// Compiles every rule of every source. What cannot be compiled as it stands is refused, with its place and what to
    /// do: nothing is dropped silently, and no part of a rule is left out.
    package static func compile(_ sources: [RuleSource]) -> RuleSet {
        var set = RuleSet()
        for source in sources.sorted(by: { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }) {
            do throws(RuleProblem) {
                for document in try SourceReader.documents(of: source.bytes) {
                    compile(document, of: source, into: &set)
                }
            } catch {
                set.refuse(error, file: source.file, rule: "")
            }
        }
        set.finish()
        return set
    }

    private static func compile(_ document: SourceNode, of source: RuleSource, into set: inout RuleSet) {
        var problems: [RuleProblem] = []
        guard case .map(let entries) = document.value else {
            let problem = RuleProblem(
                .sourceInvalid, line: document.line, subject: "document",
                message: "it is \(document.word); a rule is a map with title, id, logsource and so on")
            return set.refuse(problem, file: source.file, rule: "")
        }
        let name = name(of: entries)
        for entry in entries where ["correlation", "filter", "action"].contains(entry.name) {
            let problem = RuleProblem(
                .documentUnsupported, line: entry.line, subject: entry.name,
                message: "only rules that look at one event are supported; remove this document")
            return set.refuse(problem, file: source.file, rule: name)
        }
        let attributes = RuleAttributes(entries, line: document.line, problems: &problems)
        let compiled = code(of: entries, problems: &problems)
        for problem in problems { set.refuse(problem, file: source.file, rule: name) }
        guard problems.isEmpty, let (kind, code) = compiled else { return }
        let draft = DraftRule(metadata: attributes.metadata, kind: kind, code: code)
        set.add(CompiledRule(draft: draft, status: attributes.status, file: source.file, line: document.line))
    }

    private static func code(
        of entries: [SourceNode.Entry], problems: inout [RuleProblem]
    ) -> (EventKind, RuleCode)? {
        guard let logSource = entries.first(where: { $0.name == "logsource" }),
            let detection = entries.first(where: { $0.name == "detection" })
        else { return nil }
        do throws(RuleProblem) {
            let kind = try LogSource.kind(of: logSource)
            guard let expression = Detection.expression(of: detection, kind: kind, problems: &problems) else {
                return nil
            }
            return (kind, try code(for: expression, line: detection.line))
        } catch {
            problems.append(error)
            return nil
        }
    }

    private static func code(for expression: RuleExpression, line: Int) throws(RuleProblem) -> RuleCode {
        do throws(RuleCodeBuilder.Failure) {
            return try RuleCodeBuilder.code(for: expression)
        } catch {
            switch error {
            case .tooLarge:
                throw RuleProblem(
                    .tooLarge, line: line, subject: "detection",
                    message: "more than \(ProgramLimit.ruleInstructionCountMax) tests; split the rule")
            case .constant:
                throw RuleProblem(
                    .detectionInvalid, line: line, subject: "detection", message: "it asks nothing of the event")
            }
        }
    }

    private static func name(of entries: [SourceNode.Entry]) -> String {
        for name in ["title", "id"] {
            if case .scalar(let scalar)? = entries.first(where: { $0.name == name })?.node.value, !scalar.text.isEmpty {
                return String(scalar.text.prefix(ProgramLimit.titleBytesMax))
            }
        }
        return ""
    }
}
