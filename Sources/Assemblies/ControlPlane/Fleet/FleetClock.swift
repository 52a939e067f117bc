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
        while !Task.isCancelled {
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
