import FleetModel

@testable import ResponseEngine

enum Samples {
    static let protected = ProtectedList(
        ownFolders: ["/opt/firebreak", "/var/lib/firebreak"], ownProcessIds: [700, 701])
    static let everything = ResponsePolicy(
        allowed: Set(RuleResponse.allCases), perMinuteMax: 3, perHourMax: 8, undonePerHourMax: 2)

    static func release(_ number: Int) -> ReleaseID { ReleaseID(accepted: "core@1.\(number).0") }
    static func moment(_ milliseconds: Int64) -> Moment { Moment(milliseconds: 1_000_000_000 + milliseconds) }

    static func planner(_ policy: ResponsePolicy = everything, journal: [ResponseRecord] = []) -> ResponsePlanner {
        ResponsePlanner(policy: policy, protected: protected, journal: journal, at: moment(0))
    }

    static func request(
        _ response: RuleResponse, kind: EventKind = .processCreation, pid: Int32 = 4_000, image: String = "/tmp/evil",
        ancestors: [String] = [], file: String? = "/home/ada/evil", at: Int64 = 0, isHeld: Bool = true,
        release: Int = 1
    ) -> ResponseRequest {
        ResponseRequest(
            response: response, rule: "rule-1", release: Self.release(release), kind: kind, seenAt: moment(at),
            process: ProcessSubject(
                processId: pid, startedAt: nil, seenAt: moment(at), image: image, commandLine: image, user: "ada"),
            ancestorImages: ancestors, targetFile: kind == .fileEvent ? file : nil, isHeld: isHeld)
    }
}

extension ResponsePlan {
    var record: ResponseRecord? {
        if case .act(let record) = self { record } else { nil }
    }
    var isStorm: Bool {
        if case .storm = self { true } else { false }
    }
    var isProtected: Bool {
        if case .withheld(.protected) = self { true } else { false }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers everywhere.
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
