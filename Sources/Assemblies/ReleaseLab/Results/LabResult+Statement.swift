import CanonicalCoding
import FleetModel
package import UpdateTrust
import WorkerSandbox

extension LabResult {
    /// The result as a document that travels with the release.
    package var statement: LabStatement {
        func names(_ outcomes: Set<LabOutcome>) -> [String] {
            stages.filter { outcomes.contains($0.outcome) }.map(\.name.rawValue)
        }
        return LabStatement(
            subjectName: plan.pack.fileName, subjectDigest: plan.pack.digest, verdict: verdict,
            configuration: configuration, passedTests: names([.passed]), warnedTests: names([.warned, .skipped]),
            failedTests: names([.failed, .notRun]), details: details)
    }

    private var configuration: [LabStatement.Resource] {
        let budget = (try? CanonicalJSON.encode(plan.budget.json)) ?? []
        return [
            LabStatement.Resource(name: "firebreak-worker", digest: plan.workerDigest),
            LabStatement.Resource(name: "budget", content: budget),
        ]
            + plan.recordings.map { LabStatement.Resource(name: $0.fileName, digest: $0.digest) }
            + plan.previous.map { LabStatement.Resource(name: $0.fileName, digest: $0.digest) }
    }

    private var details: JSONValue {
        [
            "version": 1, "release": .string(plan.pack.release.text),
            "started_ms": .integer(startedAt.milliseconds), "duration_ms": .integer(duration.milliseconds),
            "chaos": .bool(plan.obeysChaos), "seed": .string(String(plan.seed)),
            "stages": .array(stages.map(\.json)),
        ]
    }
}

extension LabBudget {
    fileprivate var json: JSONValue {
        [
            "false_positives_per_million": .integer(Int64(falsePositivesPerMillion)),
            "cost_steps": .integer(LabStage.portable(Int64(clamping: costSteps))),
            "resident_bytes": .integer(LabStage.portable(Int64(clamping: residentBytes))),
            "latency_ms": .integer(latency.milliseconds),
            "events_per_second_min": .integer(Int64(eventsPerSecondMin)),
            "load_deadline_ms": .integer(loadDeadline.milliseconds),
            "answer_deadline_ms": .integer(answerDeadline.milliseconds),
        ]
    }
}

extension LabStage {
    /// The nearest number that every reader of JSON takes for the same.
    static func portable(_ value: Int64) -> Int64 {
        min(max(value, -CanonicalJSON.integerMax), CanonicalJSON.integerMax)
    }

    fileprivate var json: JSONValue {
        [
            "name": .string(name.rawValue), "outcome": .string(outcome.rawValue),
            "duration_ms": .integer(duration.milliseconds),
            "counts": .object(JSONObject(counts.map { ($0.name, .integer(Self.portable($0.value))) })),
            "findings": .array(findings.map(\.json)),
        ]
    }
}

extension LabFinding {
    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("weight", .string(weight.rawValue)), ("code", .string(code.rawValue)), ("subject", .string(subject)),
            ("message", .string(message)), ("next_step", .string(code.nextStep)),
        ]
        if let event { members.append(("event", .string(Base64.encode(event)))) }
        return .object(JSONObject(members))
    }
}
