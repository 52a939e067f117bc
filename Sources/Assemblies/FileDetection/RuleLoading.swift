package import DetectionEngine
package import RuleCompiler

/// From paths to a program that runs.
package enum RuleLoading {
    /// Compiles the rules of files and folders for events of any source.
    ///
    /// - Parameters:
    ///   - taxonomies: Documents that add to the built-in taxonomy; docs/operating/taxonomy.md.
    ///   - placeholders: Files of what `|expand` puts in.
    package static func compile(
        rules paths: [String], taxonomies: [String] = [], placeholders: [String] = []
    ) throws(FileDetectionError) -> RuleSet {
        let sources = try RuleFolder.sources(at: paths)
        var taxonomy = Taxonomy.builtIn
        var values: [String: [String]] = [:]
        for path in taxonomies {
            let source = try RuleFolder.source(at: path)
            taxonomy = try checked(path) { () throws(RuleCompilerError) in try taxonomy.merging(source) }
        }
        for path in placeholders {
            let source = try RuleFolder.source(at: path)
            let more = try checked(path) { () throws(RuleCompilerError) in try PlaceholderDocument.values(of: source) }
            values.merge(more) { $0 + $1 }
        }
        return RuleCompiler.compile(
            sources, options: CompilerOptions(schema: .open, taxonomy: taxonomy, placeholders: values))
    }

    /// The program of the rules that compiled.
    package static func program(of set: RuleSet) throws(FileDetectionError) -> DetectionProgram {
        guard !set.rules.isEmpty else {
            throw FileDetectionError(
                .rulesEmpty, subject: "rules", message: "none of the rules can be run; see `firebreak rules check`")
        }
        do throws(ProgramError) {
            return try DetectionProgram(loading: try set.program())
        } catch {
            throw FileDetectionError(.programRefused, subject: error.subject, message: error.message)
        }
    }

    private static func checked<Value>(
        _ path: String, _ body: () throws(RuleCompilerError) -> Value
    ) throws(FileDetectionError) -> Value {
        do throws(RuleCompilerError) {
            return try body()
        } catch {
            throw FileDetectionError(.mappingInvalid, subject: path, message: error.description)
        }
    }
}
