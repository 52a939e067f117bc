/// A target, and the role that vouches for it.
package struct FoundTarget: Equatable, Sendable {
    package let target: TufTarget
    package let role: String
    /// The role that delegates to it; `root` for the top-level targets.
    package let parent: String
}

/// The walk through delegations in search of one path: preorder, depth first, each role once (TUF 5.6.7).
struct TargetSearch: Sendable {
    struct Visit: Equatable, Sendable {
        let role: String
        let parent: String
    }

    let path: String
    /// The next to be visited is last.
    private var pending = [Visit(role: "targets", parent: "root")]
    private var visited: Set<String> = []

    init(path: String) { self.path = path }

    /// Whether the bound of visits ended the walk.
    var isExhausted: Bool { visited.count > TufLimits.delegationsMax && !pending.isEmpty }

    /// The next role that was not visited yet; nil when there is none, or too many were (TUF 5.6.7.1).
    mutating func next() -> Visit? {
        guard visited.count <= TufLimits.delegationsMax else { return nil }
        while let visit = pending.popLast() {
            if !visited.contains(visit.role) { return visit }
        }
        return nil
    }

    /// The role's metadata is not there yet.
    mutating func putBack(_ visit: Visit) { pending.append(visit) }

    /// The role does not list the path: those that it delegates to are asked next, in its order.
    mutating func enter(_ visit: Visit, _ delegations: TufDelegations?) {
        visited.insert(visit.role)
        guard let delegations else { return }
        let (names, isTerminated) = delegations.roles(for: path)
        // TUF 5.6.7.2: after a terminating delegation no role that was waiting is asked.
        if isTerminated { pending = [] }
        pending += names.reversed().map { Visit(role: $0, parent: visit.role) }
    }
}
