package import DetectionEngine

/// What the compiler takes for granted.
package struct CompilerOptions: Sendable {
    /// Which log sources and fields rules may name, and how strictly their form is held to.
    package enum Schema: Sendable {
        /// Those of the endpoints' own sensor (``TelemetrySchema``). Whatever could be a slip is refused: a pack that
        /// protects less than its author thinks is worse than none.
        case sensor
        /// Any. What pySigma takes is taken, values are read as YAML 1.1, and slips are warnings.
        case open
    }

    package var schema: Schema
    /// How events of each log source are known. Only `open` rules use more of it than the sensor's own tags.
    package var taxonomy: Taxonomy
    /// What `%name%` stands for in values under `|expand`.
    package var placeholders: [String: [String]]
    /// The level of a rule that names none. `sensor` rules must name one.
    package var defaultLevel: RuleLevel

    package init(
        schema: Schema, taxonomy: Taxonomy = .builtIn, placeholders: [String: [String]] = [:],
        defaultLevel: RuleLevel = .medium
    ) {
        self.schema = schema
        self.taxonomy = taxonomy
        self.placeholders = placeholders
        self.defaultLevel = defaultLevel
    }

    /// For packs: the sensor's events, no placeholders.
    package static let sensor = CompilerOptions(schema: .sensor)
    /// For detection on files and checks of rule sets.
    package static let open = CompilerOptions(schema: .open)
}
