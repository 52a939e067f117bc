import DetectionEngine
import FleetModel
package import WorkerWire

/// The program in force, what it has done so far, and what it says to events. Knows no channel.
package struct EventEvaluator {
    private var interpreter: ProgramInterpreter?
    private let obeysChaos: Bool
    private var eventsEvaluated: UInt64 = 0
    private var eventsRefused: UInt64 = 0
    private var matches: UInt64 = 0

    /// Matches sent for one event. A pack with more than this on one event is broken; the count in `pong` goes on.
    package static let matchesPerEventMax = 256

    package init(obeysChaos: Bool) { self.obeysChaos = obeysChaos }

    /// Takes a program in place of the one in force, or refuses it and keeps that one.
    ///
    /// With `obeysChaos` a program that carries a fault of the worker's is obeyed, and this does not return.
    package mutating func load(generation: UInt32, program bytes: [UInt8]) -> WorkerFrame {
        do throws(ProgramError) {
            let program = try DetectionProgram(loading: bytes)
            if let chaos = program.chaos {
                guard obeysChaos else { throw ProgramError.chaosRefused(chaos) }
                Self.obey(chaos)
            }
            interpreter = ProgramInterpreter(program)
            return .loaded(
                .init(
                    generation: generation, ruleCount: UInt32(clamping: program.ruleCount),
                    costBound: program.costBound,
                    denyRuleCount: UInt32(clamping: program.ruleCount(asking: .deny))))
        } catch {
            return .refused(
                .init(
                    generation: generation, code: error.code.rawValue, message: "\(error.subject): \(error.message)"))
        }
    }

    /// Evaluates one event; without a program in force it is refused.
    package mutating func evaluate(sequence: UInt64, encoded: [UInt8], onMatch: (RuleMatch) -> Void) {
        guard let evaluation = interpreter?.evaluate(encoded.span), evaluation.refusal == nil else {
            eventsRefused += 1
            return
        }
        eventsEvaluated += 1
        matches += UInt64(evaluation.matchCount)
        for match in (interpreter?.matches() ?? []).prefix(Self.matchesPerEventMax) {
            onMatch(RuleMatch(sequence: sequence, match: match))
        }
    }

    /// Evaluates an event of which the answer is known. Counts nowhere, and no correlation sees it.
    package mutating func canary(nonce: UInt64, encoded: [UInt8]) -> WorkerFrame {
        let evaluation = interpreter?.evaluate(encoded.span, seenByCorrelations: false)
        return .canaryResult(nonce: nonce, matchCount: UInt32(clamping: evaluation?.matchCount ?? 0))
    }

    /// Evaluates an execution that waits for its verdict: the first match of a rule that would deny it. Counts nowhere,
    /// and no correlation sees it: the same execution comes again as an event when it has happened.
    package mutating func judge(nonce: UInt64, encoded: [UInt8]) -> WorkerFrame {
        guard let evaluation = interpreter?.evaluate(encoded.span, seenByCorrelations: false),
            evaluation.refusal == nil, evaluation.matchCount > 0
        else { return .judged(nonce: nonce, nil) }
        let match = (interpreter?.matches() ?? []).first { $0.rule.response == .deny }
        return .judged(nonce: nonce, match.map { RuleMatch(sequence: nonce, match: $0) })
    }

    package func pong(nonce: UInt64) -> WorkerFrame {
        .pong(
            .init(nonce: nonce, eventsEvaluated: eventsEvaluated, matches: matches, eventsRefused: eventsRefused))
    }

    private static func obey(_ chaos: ChaosMarker) {
        switch chaos {
        case .crashOnLoad:
            preconditionFailure("The program's fault marker asked this worker to crash, and --chaos lets it.")
        case .hangOnLoad:
            var turns: UInt64 = 0
            while true { turns &+= 1 }
        case .panicHost, .hangHost: break
        }
    }
}

extension RuleMatch {
    fileprivate init(sequence: UInt64, match: DetectionMatch) {
        self.init(
            sequence: sequence, ruleID: match.rule.id, title: match.rule.title, level: match.rule.level.name,
            tags: match.rule.tags, author: match.rule.author, response: match.rule.response,
            fields: match.fields.compactMap { field in
                EventField(name: field.name).map { Field(field: $0, value: field.value) }
            })
    }
}
