import FleetModel
import Logging
import Synchronization
import Testing

@testable import ControlPlane

@Suite("Log of refusals")
struct RefusalLogTests {
    /// Keeps what is logged.
    private final class Lines: Sendable {
        let metadata = Mutex<[Logger.Metadata]>([])
    }

    private struct KeepingHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.metadata.withLock { $0.append(event.metadata ?? [:]) } }
    }

    @Test("each refused request is one line; of a flood a few lines a second, and the count of the rest")
    func bounded() {
        let lines = Lines()
        let log = RefusalLog(logger: Logger(label: "t") { _ in KeepingHandler(lines: lines) })
        let start = Moment(milliseconds: 1_000_000)
        func note(_ refusal: ControlRefusal, after milliseconds: Int64) {
            log.note(refusal, path: "/v1/opamp", who: "192.0.2.1", at: start + .milliseconds(milliseconds))
        }
        note(.badToken, after: 0)
        #expect(lines.metadata.withLock { $0.count } == 1)
        for _ in 0..<1000 { note(.badCredential, after: 10) }
        #expect(lines.metadata.withLock { $0.count } == 1 + ControlLimit.refusalLinesPerSecond)
        note(.badCredential, after: 1000)
        let last = lines.metadata.withLock { $0.last }
        #expect(last?["left_out_before"] == "\(1000 - ControlLimit.refusalLinesPerSecond)")
        #expect(last?["code"] == "credential.unknown")
        #expect(last?["who"] == "192.0.2.1")
    }
}
