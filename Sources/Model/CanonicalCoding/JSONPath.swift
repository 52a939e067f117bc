/// The way from a document's root to one of its values, for example `rules[3].id`; empty at the root.
///
/// Kept as it was walked: it is written out when a value is refused, and most never are.
package indirect enum JSONPath: Sendable, CustomStringConvertible {
    case root
    /// A place that somebody else has written out.
    case written(String)
    case member(JSONPath, String)
    case element(JSONPath, Int)

    package var description: String {
        switch self {
        case .root: return ""
        case .written(let path): return path
        case .member(let parent, let name):
            let path = parent.description
            return path.isEmpty ? name : "\(path).\(name)"
        case .element(let parent, let index): return "\(parent)[\(index)]"
        }
    }
}
