package import FleetModel

/// A check-in, by endpoint number.
package struct GateReport: Sendable {
    package var stage: ReleaseStage?
    /// A failure since the last check-in, of whatever release is active.
    package var failure: FailureKind?
    /// Components that are unwell, a bit each (``GateReport/bits(of:)``).
    package var unwell: UInt8 = 0
    package var holdsRelease = false
    /// The customer's hold or pin: nothing is offered, and what was not begun is withdrawn.
    package var isHeldByCustomer = false
    /// Not now, by a window or a ring's turn: nothing is offered, and what was begun goes on.
    package var isDeferred = false
    /// Not in this rollout while it is the newest: nothing is offered, and nobody waits for it.
    package var isBehind = false
    /// What has happened since the release became active (``RolloutPolicy/BakeCondition``), a bit each.
    package var conditions: UInt8 = 0

    package init(stage: ReleaseStage? = nil, failure: FailureKind? = nil) {
        self.stage = stage
        self.failure = failure
    }

    package static func bits(of components: [EndpointComponent]) -> UInt8 {
        components.reduce(0) { bits, component in
            switch component {
            case .sensor: bits | 1
            case .worker: bits | 2
            case .protection: bits | 4
            }
        }
    }

    package static func bits(of conditions: [RolloutPolicy.BakeCondition]) -> UInt8 {
        conditions.reduce(0) { $0 | $1.bit }
    }
}
