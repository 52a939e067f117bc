import Synchronization

/// How far a long simulation is, on standard error: in place on a terminal, otherwise a line now and then.
final class SimulationProgress: Sendable {
    private struct State {
        var shownAt: ContinuousClock.Instant
        var isDrawn = false
    }

    private let console: Console
    private let isQuiet: Bool
    private let state: Mutex<State>

    /// Quick enough to enjoy, and few enough not to slow the simulation.
    private static let drawInterval = Duration.milliseconds(100)
    /// Without a terminal a line is for a log.
    private static let lineInterval = Duration.seconds(5)

    init(console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
        state = Mutex(State(shownAt: .now))
    }

    /// Shows the line, unless one was shown a moment ago.
    func show(_ line: @autoclosure () -> String) {
        guard !isQuiet else { return }
        let interval = console.isErrorTerminal ? Self.drawInterval : Self.lineInterval
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - state.shownAt >= interval else { return }
            state.shownAt = now
            if console.isErrorTerminal {
                console.draw(line())
                state.isDrawn = true
            } else {
                console.complain(line())
            }
        }
    }

    /// Takes back what was drawn.
    func end() {
        state.withLock { state in
            if state.isDrawn { console.draw("") }
            state.isDrawn = false
        }
    }
}
