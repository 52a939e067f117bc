/// Compiles Sigma rules for the flat program of the detection engine. Pure: the same sources give the same result.
package enum RuleCompiler {
    /// Compiles every document of every source. What cannot be compiled as it stands is refused, with its place and
    /// what to do: nothing is dropped silently, and no part of a rule is left out.
    package static func compile(_ sources: [RuleSource], options: CompilerOptions = .sensor) -> RuleSet {
        let ordered = sources.sorted { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
        return RuleSet(ordered.map { SourceContents(of: $0, options: options) }, options: options)
    }
}
