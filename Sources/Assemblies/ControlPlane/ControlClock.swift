package import FleetModel
import Foundation

/// The control plane's `now`: never goes back, within a run and over restarts.
///
/// The wall clock is read once, at the start; from then on the time that has passed is counted by the continuous clock
/// (CLOCK_BOOTTIME), which no clock setting changes and which goes on while the machine sleeps. So a clock that jumps cannot call a fleet
/// silent, nor prove a bake that has not been.
package struct ControlClock: Sendable {
    /// Where time comes from.
    package struct Source: Sendable {
        /// The wall clock.
        package var wall: @Sendable () -> Moment
        /// Time since an arbitrary beginning. Never goes back.
        package var elapsed: @Sendable () -> Moment.Span

        package init(wall: @escaping @Sendable () -> Moment, elapsed: @escaping @Sendable () -> Moment.Span) {
            self.wall = wall
            self.elapsed = elapsed
        }

        package static let system: Source = {
            let beginning = ContinuousClock.now
            return Source(
                wall: { Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
                elapsed: {
                    let (seconds, attoseconds) = (ContinuousClock.now - beginning).components
                    return .milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
                })
        }()
    }

    package let startedAt: Moment
    private let elapsedAtStart: Moment.Span
    private let source: Source

    /// - Parameter newest: The newest moment that this control plane has written. Where the wall clock is behind it,
    ///   time goes on from there.
    package init(newest: Moment?, source: Source = .system) {
        let wall = source.wall()
        startedAt = newest.map { max($0, wall) } ?? wall
        elapsedAtStart = source.elapsed()
        self.source = source
    }

    package var now: Moment { startedAt + (source.elapsed() - elapsedAtStart) }
}
