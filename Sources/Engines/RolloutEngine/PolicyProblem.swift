/// One number of a policy that is out of its bounds, and why there is a bound.
package struct PolicyProblem: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The member's name in a policy's JSON.
    package let field: String
    /// The value that was given, as text.
    package let value: String
    /// The bounds with their unit.
    package let bounds: String
    /// What would go wrong beyond them.
    package let reason: String

    package var description: String { "\(field) is \(value), must be \(bounds): \(reason)" }
}

/// Collects what is wrong with a policy. Texts are made for what is wrong and for nothing else, since customers' policies
/// are looked at in every check-in.
struct PolicyProblems {
    private(set) var all: [PolicyProblem] = []
    /// Stands before the name of every field, as in `rings[0].`.
    private let path: String

    init(path: String = "") { self.path = path }

    mutating func check<Value>(
        _ isWithin: Bool, _ field: @autoclosure () -> String, _ value: @autoclosure () -> Value,
        _ bounds: @autoclosure () -> String, _ reason: String
    ) {
        guard !isWithin else { return }
        all.append(PolicyProblem(field: path + field(), value: "\(value())", bounds: bounds(), reason: reason))
    }

    mutating func check<Value>(
        _ isWithin: Bool, _ field: RolloutPolicy.CodingKeys, _ value: @autoclosure () -> Value,
        _ bounds: @autoclosure () -> String, _ reason: String
    ) {
        check(isWithin, field.rawValue, value(), bounds(), reason)
    }
}
