/// What a disk holds, and what the kernel holds back from it: file contents that were not fsynced, and directory entries
/// whose directory was not.
struct DiskState: Sendable, CustomStringConvertible {
    struct File: Sendable {
        /// On the platter; nil: never made durable.
        var durable: [UInt8]?
        var cached: [UInt8]
    }

    /// A change of names that is done whole or not at all, as a rename is.
    typealias EntryChange = [(name: String, node: Int?)]

    struct Folder: Sendable {
        var durable: [String: Int] = [:]
        var cached: [String: Int] = [:]
        /// Since the last fsync, oldest first.
        var pending: [EntryChange] = []

        mutating func change(_ change: EntryChange) {
            apply(change)
            pending.append(change)
        }

        mutating func apply(_ change: EntryChange) {
            for (name, node) in change { cached[name] = node }
        }

        mutating func sync() {
            durable = cached
            pending = []
        }
    }

    var files: [Int: File] = [:]
    /// Number 0 is the root.
    var folders: [Int: Folder] = [0: Folder()]
    var nodesMade = 0

    init() {}

    mutating func make(_ file: File) -> Int {
        nodesMade += 1
        files[nodesMade] = file
        return nodesMade
    }

    mutating func makeFolder() -> Int {
        nodesMade += 1
        folders[nodesMade] = Folder()
        return nodesMade
    }

    /// The folder that holds `path`, and the last name in it; nil when a folder on the way is missing.
    func parent(of path: String) -> (folder: Int, name: String)? {
        var names = path.split(separator: "/").map(String.init)
        guard let last = names.popLast() else { return nil }
        var folder = 0
        for name in names {
            guard let next = folders[folder]?.cached[name], folders[next] != nil else { return nil }
            folder = next
        }
        return (folder, last)
    }

    func node(at path: String) -> Int? {
        if path == "/" { return 0 }
        return parent(of: path).flatMap { folders[$0.folder]?.cached[$0.name] }
    }

    func content(of path: String) -> [UInt8]? { node(at: path).flatMap { files[$0]?.cached } }

    /// Everything in it, in one order.
    var description: String {
        let contents = files.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let names = folders.sorted { $0.key < $1.key }.map { number, folder in
            "\(number) \(folder.cached.sorted { $0.key < $1.key }) \(folder.durable.sorted { $0.key < $1.key }) "
                + "\(folder.pending)"
        }
        return (contents + names).joined(separator: "\n")
    }

    func names(in path: String) -> [String] {
        node(at: path).flatMap { folders[$0]?.cached.keys.sorted() } ?? []
    }
}

extension DiskState {
    /// Ways of a power cut that are tried for one state, at most; beyond, that many are drawn.
    static let survivorCountMax = 4096

    /// What may be left after a power cut: each change of names was done or not, and each file that was not fsynced has
    /// its old content, none, half, half and zeros, or all.
    ///
    /// - Parameters:
    ///   - countMax: More are drawn by `numbers`, the two extremes (nothing lost, all lost) always among them.
    func survivors(countMax: Int = survivorCountMax, numbers: inout SeededNumbers) -> [DiskState] {
        let changes = folders.keys.sorted().flatMap { folder in
            (folders[folder]?.pending.indices).map { indices in indices.map { (folder, $0) } } ?? []
        }
        let named = Set(
            folders.values.flatMap { folder in
                Array(folder.durable.values) + Array(folder.cached.values)
                    + folder.pending.flatMap { $0.compactMap(\.node) }
            })
        let unsynced = named.sorted().filter { files[$0]?.durable != files[$0]?.cached }
        let contents = unsynced.map { alternatives(of: $0) }
        // The first alternative of everything is "kept", the last "lost".
        let radixes = changes.map { _ in 2 } + contents.map(\.count)
        let total = radixes.reduce(1) { product, radix in min(product * radix, Self.survivorCountMax + 1) }
        var seen: Set<[String: Int]> = []
        var survivors: [DiskState] = []
        func add(_ digits: [Int]) {
            let kept = Set(changes.indices.filter { digits[$0] == 0 }.map { "\(changes[$0])" })
            var state = self
            for (index, node) in unsynced.enumerated() {
                state.files[node]?.cached = contents[index][digits[changes.count + index]]
            }
            for (number, folder) in folders {
                var settled = Folder(durable: [:], cached: folder.durable)
                for (index, change) in folder.pending.enumerated() where kept.contains("\((number, index))") {
                    settled.apply(change)
                }
                state.folders[number] = settled
            }
            // What no name leads to makes no difference.
            var key: [String: Int] = [:]
            state.settle(0, "", &key) { node in
                unsynced.firstIndex(of: node).map { digits[changes.count + $0] } ?? 0
            }
            if seen.insert(key).inserted { survivors.append(state) }
        }
        add(radixes.map { _ in 0 })
        add(radixes.map { $0 - 1 })
        let isDrawn = total > countMax
        for number in 0..<(isDrawn ? countMax * 4 : total) where survivors.count < countMax || !isDrawn {
            var rest = isDrawn ? Int(truncatingIfNeeded: numbers.next() >> 1) : number
            add(
                radixes.map { radix in
                    defer { rest /= radix }
                    return rest % radix
                })
        }
        return survivors
    }

    /// What a file that was not fsynced may hold, from all of it to what it held before.
    private func alternatives(of node: Int) -> [[UInt8]] {
        guard let file = files[node] else { return [] }
        let half = Array(file.cached.prefix(file.cached.count / 2))
        let holed = half + [UInt8](repeating: 0, count: file.cached.count - half.count)
        let short = Array(file.cached.dropLast())
        var all: [[UInt8]] = []
        for content in [file.cached, short, half, holed, [], file.durable ?? []] where !all.contains(content) {
            all.append(content)
        }
        return all
    }

    /// Makes everything below `folder` durable as it is, and names what there is: path to node and content.
    private mutating func settle(
        _ folder: Int, _ path: String, _ key: inout [String: Int], choice: (Int) -> Int
    ) {
        folders[folder]?.sync()
        for (name, node) in folders[folder]?.cached ?? [:] {
            // No file has a hundred alternatives.
            key["\(path)/\(name)"] = node * 100 + choice(node)
            if let content = files[node]?.cached { files[node]?.durable = content }
            if folders[node] != nil { settle(node, "\(path)/\(name)", &key, choice: choice) }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
