import AgentEngine
import ControlWire
import FleetModel
import Synchronization

/// The endpoint's own word on sensor, worker and protection, each for itself.
actor HealthReporter {
    /// How long a worker may be away, as while a release is swapped in, before that is a trouble.
    static let grace = Moment.Span.seconds(3)

    private let workers: WorkerSupervisor
    private let clock: AgentClock
    private let sensorTrouble: @Sendable () -> String?
    private var last: [EndpointComponent: EndpointHealth.Component] = [:]
    private var workerAwaySince: Moment?

    init(workers: WorkerSupervisor, clock: AgentClock, sensorTrouble: @escaping @Sendable () -> String?) {
        self.workers = workers
        self.clock = clock
        self.sensorTrouble = sensorTrouble
    }

    func report(view: UpdateDriver.View) async -> EndpointHealth {
        let now = clock.now()
        let isLoaded = await workers.standing(of: .active)?.isLoaded ?? false
        workerAwaySince = view.active == nil || isLoaded ? nil : workerAwaySince ?? now
        let isAway = workerAwaySince.map { now - $0 >= Self.grace } ?? false
        let worker = isAway ? "the worker is not running; it is started again, or the release is taken away" : nil
        let protection: String? =
            if view.isObservingByLoss {
                "nothing proven runs here; it only observes" + Self.advice(view)
            } else if view.mode == .safe {
                "safe mode: the oldest proven release protects and nothing new is taken" + Self.advice(view)
            } else if isAway {
                "events are not evaluated while the worker is away"
            } else {
                // A new endpoint to which nothing was rolled out yet does what it can, and that is no trouble.
                nil
            }
        set(.sensor, trouble: sensorTrouble(), at: now)
        set(.worker, trouble: worker, at: now)
        set(.protection, trouble: protection, at: now)
        return EndpointHealth(components: last)
    }

    private static func advice(_ view: UpdateDriver.View) -> String {
        view.isStuck ? "; it has tried often enough and waits to be told to resume" : "; it tries again by itself"
    }

    private func set(_ component: EndpointComponent, trouble: String?, at now: Moment) {
        let isHealthy = trouble == nil
        if let before = last[component], before.isHealthy == isHealthy, before.message == trouble ?? "" { return }
        last[component] = EndpointHealth.Component(isHealthy: isHealthy, message: trouble ?? "", since: now)
    }
}
