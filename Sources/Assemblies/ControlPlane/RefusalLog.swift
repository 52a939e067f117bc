import ControlWire
import FleetModel
import Logging
import Synchronization

/// Logs each refused request once, and a flood of one kind at a bounded rate: what was left out is counted and told
/// with the next line.
final class RefusalLog: Sendable {
    private struct Window {
        var second: Int64 = .min
        var lines = 0
        var leftOut = 0
    }

    private let logger: Logger
    private let windows = Mutex<[String: Window]>([:])
    /// Kinds of refusal kept apart. Their codes are ours, so there are few; a bound all the same.
    private static let kindCountMax = 256

    init(logger: Logger) { self.logger = logger }

    /// - Parameter who: The endpoint, or the peer's address: whom to look at.
    func note(_ refusal: ControlRefusal, path: String, who: String, at now: Moment) {
        let code = refusal.body.error.code
        let leftOut: Int? = windows.withLock { windows in
            guard windows[code] != nil || windows.count < Self.kindCountMax else { return nil }
            var window = windows[code] ?? Window()
            defer { windows[code] = window }
            let second = now.milliseconds / 1000
            if window.second != second {
                window.second = second
                window.lines = 0
            }
            guard window.lines < ControlLimit.refusalLinesPerSecond else {
                window.leftOut += 1
                return nil
            }
            window.lines += 1
            defer { window.leftOut = 0 }
            return window.leftOut
        }
        guard let leftOut else { return }
        logger.notice(
            "refused",
            metadata: [
                "status": "\(refusal.status)", "code": "\(code)", "path": "\(path)", "who": "\(who)",
                "message": "\(refusal.body.error.message.prefix(300))", "left_out_before": "\(leftOut)",
            ])
    }
}
