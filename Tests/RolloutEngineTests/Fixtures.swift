import FleetModel

@testable import RolloutEngine

/// Short names for endpoints: `a` is 32 times that digit or a padded one.
func endpoint(_ name: String) -> EndpointID {
    let digits = Hexadecimal.encode(Array(name.utf8))
    return EndpointID(accepted: digits + String(repeating: "0", count: 32 - digits.count))
}

func name(of endpoint: EndpointID) -> String {
    String(decoding: endpoint.instanceUID.prefix { $0 != 0 }, as: UTF8.self)
}

let plainAttributes = CohortAttributes(
    os: "linux", osVersion: "debian-12", kernel: "6.1.0", agentVersion: "1.0.0", model: "vm")

func machine(_ policy: RolloutPolicy, seed: UInt64 = 1) -> RolloutMachine {
    RolloutMachine(
        rollout: RolloutID(accepted: "r-000001"), release: ReleaseID(accepted: "linux-core@1.0.0"), policy: policy,
        seed: seed, startedAt: Moment(milliseconds: 0))
}

func report(_ name: String, _ stage: ReleaseStage? = nil, failure: FailureKind? = nil) -> RolloutInput {
    .checkIn(EndpointReport(endpoint: endpoint(name), attributes: plainAttributes, stage: stage, failure: failure))
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same draws from the same seed on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
