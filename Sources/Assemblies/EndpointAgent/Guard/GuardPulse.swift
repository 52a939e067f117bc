import AgentEngine
import CanonicalCoding
import FleetModel

/// Tells the guard, once a second, that the agent works: each beat has gone through the update driver and the worker
/// supervisor, so that an agent whose loops are stuck is silent although its process lives.
struct GuardPulse: Sendable {
    /// Between two beats: a thirtieth of the guard's patience.
    static let interval = Moment.Span.seconds(1)

    let link: GuardLink
    let driver: UpdateDriver
    let workers: WorkerSupervisor
    let clock: AgentClock
    let counts: @Sendable () -> UInt64
    let isBuildOnTrial: Bool
    let policy: TrialPolicy
    let log: AgentLog
    /// This build was told to be proven.
    let onCommit: @Sendable () -> Void

    /// Beats until the task is cancelled.
    func run() async {
        var trial = BuildTrial(isOnTrial: isBuildOnTrial, policy: policy)
        var isKept = false
        while !Task.isCancelled {
            // Two hops: neither actor is stuck in a call that does not return.
            let view = await driver.pulse()
            let active = await workers.standing(of: .active)
            link.say(.beat)
            // Nobody answers, so the word is said with every beat until the guard has surely heard it.
            if isKept { link.say(.committed) }
            let look = BuildTrial.Look(
                // Observing is what there is to do in that mode: it may be well there, and proves no build.
                isProtecting: view.active == nil
                    ? view.proven.isEmpty || view.mode == .observe
                    : active?.isLoaded == true && active?.hasAnswered == true,
                hasGeneration: !view.proven.isEmpty, eventsEvaluated: counts(),
                detectsCanary: view.isCanaryWanted ? active?.detectsCanary : nil)
            for word in trial.look(look, at: clock.now()) {
                switch word {
                case .committed:
                    isKept = true
                    link.say(.committed)
                    onCommit()
                    log.write(.guardWord, [("word", .string("committed"))])
                case .well: link.say(.well)
                }
            }
            try? await Task.sleep(for: .milliseconds(Self.interval.milliseconds))
        }
    }
}
