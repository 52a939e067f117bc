import DetectionEngine

/// How events of each log source are known, and what their fields are called: what a rule's `logsource` means.
///
/// Made of documents (docs/operating/taxonomy.md). Later documents add to earlier ones.
package struct Taxonomy: Sendable {
    /// One way to know an event of a log source.
    struct Way: Hashable, Sendable {
        var source: LogSource
        var when: RuleExpression
        /// Rule's name to event's name, ascending by the rule's.
        var renames: [DraftRoute.Rename]
        /// For fields without a rename: the event's name is this and the rule's, as in `winlog.event_data.`.
        var prefix: String?
    }

    private(set) var ways: [Way]

    init(ways: [Way]) { self.ways = ways }

    /// No way but the tags of sensors.
    package static let tagsOnly = Taxonomy(ways: [])

    /// The taxonomy with the sources of one more document.
    ///
    /// - Throws: The first thing that is wrong, with its line.
    package func merging(_ document: RuleSource) throws(RuleCompilerError) -> Taxonomy {
        do throws(RuleProblem) {
            return Taxonomy(ways: ways + (try TaxonomyDocument.ways(of: document.bytes)))
        } catch {
            throw RuleCompilerError(
                error.code, file: document.file, line: error.line, rule: "", subject: error.subject,
                message: error.message)
        }
    }

    /// Ways to know an event of a log source, in the order of trial: tags first, since a sensor that sets them knows.
    ///
    /// - Parameter fields: The fields that the rules of the log source name.
    func routes(for source: LogSource, fields: Set<String>) -> [DraftRoute] {
        var routes = [DraftRoute(when: Self.tagged(source))]
        for way in self.ways(of: source) {
            var renames = way.renames.filter { fields.contains($0.field) }
            if let prefix = way.prefix {
                let named = Set(way.renames.map(\.field))
                renames += fields.subtracting(named).map { DraftRoute.Rename(field: $0, source: prefix + $0) }
            }
            renames.sort { $0.field.utf8.lexicographicallyPrecedes($1.field.utf8) }
            let route = DraftRoute(when: way.when, renames: renames)
            if !routes.contains(route) { routes.append(route) }
        }
        return routes
    }

    /// A sensor's tags say all that the log source names.
    static func tagged(_ source: LogSource) -> RuleExpression {
        let parts = [
            (SourceTag.product, source.product), (SourceTag.category, source.category),
            (SourceTag.service, source.service),
        ]
        return RuleExpression.joined(
            parts.compactMap { tag, name in
                name.map { .test(Predicate(.named(tag), .equals(TextFold.folded(Array($0.utf8))))) }
            }, all: true)
    }

    private func ways(of source: LogSource) -> [Way] {
        func isOfProduct(_ way: Way) -> Bool { source.product == nil || way.source.product == source.product }
        switch (source.category, source.service) {
        case (nil, nil):
            return ways.filter { isOfProduct($0) && $0.source.category == nil && $0.source.service == nil }
        case (let category?, nil):
            return ways.filter { isOfProduct($0) && $0.source.category == category }
        case (nil, let service?):
            return ways.filter {
                isOfProduct($0) && $0.source.service == service && $0.source.category == nil
            }
        case (let category?, let service?):
            let whole = ways.filter {
                isOfProduct($0) && $0.source.category == category && $0.source.service == service
            }
            let categories = ways.filter {
                isOfProduct($0) && $0.source.category == category && $0.source.service == nil
            }
            let services = ways.filter {
                isOfProduct($0) && $0.source.service == service && $0.source.category == nil
            }
            return whole
                + categories.flatMap { category in
                    services.filter { $0.source.product == category.source.product }.map { category.joined(with: $0) }
                }
        }
    }
}

extension Taxonomy.Way {
    /// Both ways at once. What both rename is called as this way says.
    fileprivate func joined(with other: Taxonomy.Way) -> Taxonomy.Way {
        let named = Set(renames.map(\.field))
        return Taxonomy.Way(
            source: source, when: .all([when, other.when]),
            renames: renames + other.renames.filter { !named.contains($0.field) }, prefix: prefix ?? other.prefix)
    }
}
