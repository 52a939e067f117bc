/// The targets that a role lists, by path. Paths are told apart by their bytes, as the metadata's names are.
package struct TargetTable: Sendable {
    private enum Storage: Sendable {
        /// As a file has them.
        case scanned(ScannedTargets)
        case listed([[UInt8]: TufTarget])
    }

    private var storage: Storage

    /// Of two with one path the later stays.
    package init(_ targets: some Sequence<TufTarget>) {
        storage = .listed(Dictionary(targets.map { (Array($0.path.utf8), $0) }) { _, later in later })
    }

    init(_ scanned: ScannedTargets) { storage = .scanned(scanned) }

    package var count: Int {
        switch storage {
        case .scanned(let scanned): scanned.count
        case .listed(let targets): targets.count
        }
    }

    package var isEmpty: Bool { count == 0 }

    /// All of them, in the order of the bytes of their paths.
    package var all: [TufTarget] {
        switch storage {
        case .scanned(let scanned): scanned.all
        case .listed(let targets):
            targets.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        }
    }

    /// The target at `path`. Setting nil removes it.
    package subscript(path: String) -> TufTarget? {
        get {
            switch storage {
            case .scanned(let scanned): scanned[path]
            case .listed(let targets): targets[Array(path.utf8)]
            }
        }
        set {
            if case .scanned(let scanned) = storage { self = TargetTable(scanned.all) }
            guard case .listed(var targets) = storage else { return }
            storage = .listed([:])
            targets[Array(path.utf8)] = newValue
            storage = .listed(targets)
        }
    }
}

extension TargetTable: Equatable {
    package static func == (left: TargetTable, right: TargetTable) -> Bool {
        if case .scanned(let left) = left.storage, case .scanned(let right) = right.storage, left == right {
            return true
        }
        return left.all == right.all
    }
}
