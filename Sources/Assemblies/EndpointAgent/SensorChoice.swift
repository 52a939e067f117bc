import FleetModel
import Glibc
import LinuxSensor

/// What `--sensor` says.
enum SensorChoice: Hashable {
    case live
    case replay(String)
    /// Live where it can be had. Where it cannot, the agent has no events, says so, and reports an unhealthy sensor.
    case auto

    init(_ text: String) throws(AgentError) {
        switch text {
        case "live": self = .live
        case "auto": self = .auto
        default:
            guard text.hasPrefix("replay:"), text.count > "replay:".count else {
                throw AgentError(
                    .badInput, subject: "--sensor \(text.prefix(80))", message: "write live, auto or replay:FILE")
            }
            self = .replay(String(text.dropFirst("replay:".count)))
        }
    }

    /// What the guard does is no news: it is this process's parent.
    private static var options: SensorOptions {
        var options = SensorOptions()
        options.exemptProcessIds = [getppid()]
        return options
    }

    /// - Parameter offset: Where in a recording to begin: endpoints that share one should differ.
    func start(offset: Int) throws(AgentError) -> any TelemetrySensor {
        do throws(SensorError) {
            switch self {
            case .live: return try LiveSensor.start(Self.options)
            case .replay(let path):
                return try ReplaySensor.start(
                    try Recording(path: path), pace: .steady(eventsPerSecond: AgentProcess.replayRate), offset: offset)
            case .auto:
                if case .available = LiveSensor.availability() { return try LiveSensor.start(Self.options) }
                return SilentSensor()
            }
        } catch {
            throw AgentError(.badInput, subject: "--sensor", message: "\(error)")
        }
    }
}

/// No source of events at all: its stream ends at once, which the endpoint reports as an unhealthy sensor.
struct SilentSensor: TelemetrySensor {
    var events: AsyncStream<TelemetryEvent> { AsyncStream { $0.finish() } }
    var batches: AsyncStream<[TelemetryEvent]> { AsyncStream { $0.finish() } }
    func counters() -> SensorCounters { SensorCounters() }
    func stop() {}
}
