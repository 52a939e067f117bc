import Synchronization

/// How many rules of the active release would deny an execution, for a reader that must not wait.
final class DenyRules: Sendable {
    private let count = Atomic<UInt32>(0)

    var isAny: Bool { count.load(ordering: .relaxed) > 0 }
    func set(_ value: UInt32) { count.store(value, ordering: .relaxed) }
}
