package import FleetModel

/// What a rule says of itself, as it goes with each match. Bounded by ``ProgramLimit``, opaque to the engine.
package struct RuleMetadata: Hashable, Sendable {
    package var id: String
    package var title: String
    package var level: RuleLevel
    /// In the order of the source, for example `attack.t1059.004`.
    package var tags: [String]
    /// Empty when the source names none.
    package var author: String
    /// What the rule asks for when it matches. Always `alert` for a correlation: several events led to it, and none of
    /// them alone is the one to act on.
    package var response: RuleResponse

    package init(
        id: String, title: String, level: RuleLevel, tags: [String], author: String, response: RuleResponse = .alert
    ) {
        self.id = id
        self.title = title
        self.level = level
        self.tags = tags
        self.author = author
        self.response = response
    }
}

/// How grave a match is: Sigma's five levels, in order. The raw value is the number in a program.
package enum RuleLevel: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case informational = 0
    case low = 1
    case medium = 2
    case high = 3
    case critical = 4

    /// Sigma's word.
    package var name: String {
        switch self {
        case .informational: "informational"
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .critical: "critical"
        }
    }

    /// The level that Sigma calls `name`; nil when it has none.
    package init?(name: String) {
        guard let level = RuleLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (left: RuleLevel, right: RuleLevel) -> Bool { left.rawValue < right.rawValue }
}

/// A fault that a program carries on purpose, for tests, demos and the lab. The raw value is the number in a program.
package enum ChaosMarker: UInt8, Hashable, Sendable, CaseIterable {
    /// The worker dies as soon as it has loaded the program.
    case crashOnLoad = 1
    /// The worker stops answering as soon as it has loaded the program.
    case hangOnLoad = 2
    /// The worker does nothing of the kind, since it cannot: the agent panics the kernel.
    case panicHost = 3
    /// The worker does nothing of the kind: the agent stops for ever, and with it the start-up that waits for it.
    case hangHost = 4

    /// The name in a pack's manifest.
    package var name: String {
        switch self {
        case .crashOnLoad: "crash-on-load"
        case .hangOnLoad: "hang-on-load"
        case .panicHost: "panic-host"
        case .hangHost: "hang-host"
        }
    }

    /// The marker with this name; nil when there is none.
    package init?(name: String) {
        guard let marker = ChaosMarker.allCases.first(where: { $0.name == name }) else { return nil }
        self = marker
    }
}
