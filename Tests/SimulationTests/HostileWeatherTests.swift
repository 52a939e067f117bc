import FleetSimulator
import Glibc
import Testing

@Suite("HostileWeather")
struct HostileWeatherTests {
    /// `SIMULATION_SEEDS` in the environment asks for more.
    static let seedCount = getenv("SIMULATION_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 40

    @Test("in any weather the ledger keeps to the cap, debits nobody twice, and offers nothing after a recall")
    func invariantsHold() {
        var counters = HostileWeather.Counters()
        for seed in 1...Self.seedCount {
            var weather = HostileWeather(seed: seed)
            let violations = weather.run()
            #expect(violations.isEmpty, "seed \(seed): \(violations.prefix(3))")
            counters.add(weather.counters)
        }
        // Weather that never struck has tested nothing.
        for (name, path) in HostileWeather.Counters.all {
            #expect(counters[keyPath: path] > 0, "\(name): \(counters)")
        }
    }

    @Test("the checker bites: two servers that do not mind each other's rows are found")
    func checkerBites() {
        let found = (1...20 as ClosedRange<UInt64>).contains { seed in
            var weather = HostileWeather(seed: seed)
            weather.isSabotaged = true
            return !weather.run().isEmpty
        }
        #expect(found)
    }
}
