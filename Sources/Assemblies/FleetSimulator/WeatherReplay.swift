/// One seed of hostile weather: what struck, and what the checker found.
package struct WeatherReplay: Sendable, Encodable {
    package let seed: UInt64
    /// Empty when every invariant held.
    package let violations: [String]
    /// How often each thing happened, in the order in which a person wants to read it.
    package let counters: [(name: String, count: Int)]

    package init(seed: UInt64) {
        self.seed = seed
        var weather = HostileWeather(seed: seed)
        violations = weather.run()
        let counted = weather.counters
        counters = HostileWeather.Counters.all.map { ($0.name, counted[keyPath: $0.path]) }
    }

    private enum CodingKeys: String, CodingKey {
        case seed, violations, counters
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seed, forKey: .seed)
        try container.encode(violations, forKey: .violations)
        try container.encode(
            Dictionary(counters.map { ($0.name, $0.count) }, uniquingKeysWith: { $1 }), forKey: .counters)
    }
}
