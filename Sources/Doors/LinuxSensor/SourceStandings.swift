import Synchronization

/// How the sources of a live sensor stand, told by their threads and read by anyone.
final class SourceStandings: Sendable {
    private struct State {
        var standings: [SensorSource: SensorSourceReport.Standing] = [:]
        /// What a working source does not do, asked for anew each time.
        var notes: [SensorSource: @Sendable () -> String?] = [:]
    }

    private let state = Mutex(State())
    private let wanted: Set<SensorSource>

    init(_ wanted: Set<SensorSource>) { self.wanted = wanted }

    /// In the order in which `SensorSource` names them.
    var reports: [SensorSourceReport] {
        let state = state.withLock { $0 }
        return SensorSource.allCases.map { source in
            var standing = state.standings[source] ?? .off
            if case .working = standing, let why = state.notes[source]?() { standing = .partial(why) }
            return SensorSourceReport(source: source, standing: standing)
        }
    }

    /// Why the first source that was wanted cannot be had.
    var firstFailure: SensorError? {
        for case .missing(let error) in reports.map(\.standing) { return error }
        return nil
    }

    /// Opens a source if it was wanted; nil when it was not, or cannot be had, which is noted.
    func attempt<Source>(_ source: SensorSource, _ open: () throws(SensorError) -> Source) -> Source? {
        guard wanted.contains(source) else { return nil }
        do throws(SensorError) {
            let opened = try open()
            set(source, .working)
            return opened
        } catch {
            set(source, .missing(error))
            return nil
        }
    }

    func set(_ source: SensorSource, _ standing: SensorSourceReport.Standing) {
        state.withLock { $0.standings[source] = standing }
    }

    func set(_ source: SensorSource, note: @escaping @Sendable () -> String?) {
        state.withLock { $0.notes[source] = note }
    }
}
