import AgentEngine
import FleetModel
import Testing

@Suite("BuildTrial")
struct BuildTrialTests {
    /// Looks once a second; gives what was told, with the second.
    private static func words(
        seconds: Int, isOnTrial: Bool = true, look: (Int) -> BuildTrial.Look
    ) -> [(second: Int, word: BuildTrial.Word)] {
        var trial = BuildTrial(isOnTrial: isOnTrial, policy: Sample.policy)
        return (0...seconds).flatMap { second in
            trial.look(look(second), at: Sample.start + .seconds(Int64(second))).map { (second, $0) }
        }
    }

    private static func working(_ second: Int) -> BuildTrial.Look {
        BuildTrial.Look(
            isProtecting: true, hasGeneration: true, eventsEvaluated: UInt64(second) * 10, detectsCanary: true)
    }

    @Test("a build that works is kept once, after its time and its work")
    func commits() {
        let words = Self.words(seconds: 60, look: Self.working).filter { $0.word == .committed }
        #expect(words.count == 1 && words.first?.second == 10)
    }

    @Test("a build that runs and evaluates nothing, or no longer protects, or misses the canary, is not kept")
    func idle() {
        #expect(
            Self.words(seconds: 200) { _ in
                .init(isProtecting: true, hasGeneration: true, eventsEvaluated: 7, detectsCanary: true)
            }.isEmpty)
        #expect(
            Self.words(seconds: 200) {
                .init(isProtecting: false, hasGeneration: true, eventsEvaluated: UInt64($0), detectsCanary: true)
            }.isEmpty)
        #expect(
            Self.words(seconds: 200) {
                .init(isProtecting: true, hasGeneration: true, eventsEvaluated: UInt64($0), detectsCanary: false)
            }.isEmpty)
    }

    @Test("on an endpoint with nothing to run, time is all that can be shown")
    func nothingToRun() {
        let words = Self.words(seconds: 60) { _ in
            .init(isProtecting: true, hasGeneration: false, eventsEvaluated: 0, detectsCanary: nil)
        }
        #expect(words.first?.word == .committed && words.first?.second == 10)
    }

    @Test("a clock that leaps keeps no build")
    func leap() {
        var trial = BuildTrial(isOnTrial: true, policy: Sample.policy)
        #expect(trial.look(Self.working(0), at: Sample.start).isEmpty)
        #expect(trial.look(Self.working(1000), at: Sample.start + .hours(5000)).isEmpty)
    }

    @Test("a healthy stretch is told each time that one is over, and trouble begins it anew")
    func well() {
        let words = Self.words(seconds: 700, isOnTrial: false) { second in
            second == 200
                ? .init(isProtecting: false, hasGeneration: true, eventsEvaluated: 0, detectsCanary: true)
                : Self.working(second)
        }
        #expect(words.map(\.second) == [500] && words.map(\.word) == [.well])
    }
}
