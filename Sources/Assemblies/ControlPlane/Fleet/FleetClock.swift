import FleetModel
import Logging
import ServiceLifecycle

/// Lets time pass for the driver: looks at deadlines, and writes down that the control plane listens.
struct FleetClock: Service {
    let driver: FleetDriver
    let logger: Logger

    func run() async throws {
        // Ends with the group, between two ticks and never within one.
        try? await cancelWhenGracefulShutdown { try await keepTime() }
    }

    private func keepTime() async throws {
        var untilFlush = Moment.Span.zero
        var watch = StallWatch()
        while !Task.isCancelled {
            if let since = watch.gap(at: driver.clock.now) {
                logger.warning("the control plane did not run for a while; nobody is called silent for it")
                await driver.wasAway(since: since)
            }
            let flushes = untilFlush <= .zero
            await step(flushes: flushes)
            untilFlush = (flushes ? ControlLimit.flushInterval : untilFlush) - ControlLimit.tickInterval
            try await Task.sleep(for: .milliseconds(ControlLimit.tickInterval.milliseconds))
        }
    }

    private func step(flushes: Bool) async {
        do {
            try await driver.tick()
            if flushes { try await driver.flush() }
        } catch {
            // The driver has logged what broke, and the next step tries again.
            logger.debug("a tick was not written", metadata: ["error": "\(error)"])
        }
    }
}

/// Notices that the process did not run: a machine that slept or was paused, or a write that hung. Check-ins of that
/// time were not heard, so they must not be missed either (PRODUCT invariant 2 weighs silence, not deafness).
struct StallWatch {
    private var last: Moment?

    /// Since when nothing ran, when it was too long; nil while steps come as they should.
    mutating func gap(at now: Moment) -> Moment? {
        defer { last = now }
        guard let last, now - last > ControlLimit.stallMax else { return nil }
        return last
    }
}
