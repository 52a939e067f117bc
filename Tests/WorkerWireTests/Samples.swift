import FleetModel

@testable import WorkerWire

enum Samples {
    static let agentFrames: [AgentFrame] = [
        .load(generation: 7, program: Array(0...255)),
        .event(sequence: 1, encoded: [1, 2, 3]),
        .event(sequence: .max, encoded: []),
        .canary(nonce: 9, encoded: [4]),
        .judge(nonce: 10, encoded: [5]),
        .ping(nonce: 42),
        .shutdown,
    ]

    static let match = RuleMatch(
        sequence: 12, ruleID: "0b6a0a38-3b25-4e0c-a36f-6b1f2f2a1f11", title: "Reverse shell", level: "high",
        tags: ["attack.t1059.004", "attack.execution"], author: "Firebreak", response: .quarantine,
        fields: [
            .init(field: .commandLine, value: .text("bash -i \u{1F525}")),
            .init(field: .processId, value: .integer(-3)),
            .init(field: .parentImage, value: .null),
        ])

    static let workerFrames: [WorkerFrame] = [
        .hello(
            .init(
                wireVersion: WireLimit.version, processId: 4321,
                seal: SealReport(
                    measures: .all, landlockABI: 7, allowedCallCount: 13, addressSpaceBytesMax: 1 << 28),
                isChaotic: true)),
        .loaded(.init(generation: 7, ruleCount: 25, costBound: 1 << 40)),
        .refused(.init(generation: 8, code: "program.chaos_refused", message: "start the worker with --chaos")),
        .match(match),
        .canaryResult(nonce: 9, matchCount: 1),
        .judged(nonce: 10, nil),
        .judged(nonce: 11, match),
        .pong(.init(nonce: 42, eventsEvaluated: 1000, matches: 3, eventsRefused: 1)),
        .fault(code: "seal.landlock", message: "the kernel has no Landlock"),
    ]
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same bytes everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
