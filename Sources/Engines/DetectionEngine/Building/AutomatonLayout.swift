/// Lays trees of needles out as one array in which a step is one addition and one comparison (the double array of Aoe
/// 1989): the child of `state` by class `c` is at `base + c`, if the node there names `state` as its parent.
struct AutomatonLayout {
    private(set) var nodes: [ScanNode] = [ScanNode()]
    /// See ``DetectionProgram/outputs``.
    private(set) var outputs: [UInt32] = [0]
    /// By byte: its class. Bytes that no needle has are of class 0.
    let classes: [UInt8]
    private let classCount: Int

    /// The next cell that is free, at or after each cell; a forest that shortens itself.
    private var nextFree: [Int32] = [1]
    /// A cell from which on a base is looked for; it goes on when there is little room before it.
    private var searchStart = 1
    /// Cells tried before a state's children are put at the end of the array: bounds the time, and costs some room.
    private static let attemptCountMax = 48

    /// - Parameter bytes: Every byte that a needle has.
    init(bytes: Set<UInt8>) {
        var classes = Array(repeating: UInt8(0), count: 256)
        var next: UInt8 = 1
        for byte in bytes.sorted() where next < UInt8.max {
            classes[Int(byte)] = next
            next += 1
        }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { classes[Int(byte)] = classes[Int(byte | 0x20)] }
        self.classes = classes
        classCount = Int(next)
    }

    /// Adds a tree and gives the number of its root.
    mutating func add(_ trie: LiteralTrie, hasFailures: Bool) -> UInt32 {
        let root = takeFree(atLeast: 1)
        var cells = Array(repeating: Int32(-1), count: trie.nodes.count)
        cells[0] = Int32(truncatingIfNeeded: root)
        nodes[root].parent = ScanNode.isRoot
        place(childrenOf: 0, in: trie, &cells)
        for index in trie.order { place(childrenOf: index, in: trie, &cells) }
        // Outputs in ascending depth: a node's failure is less deep and has its output already.
        var outputOf = Array(repeating: UInt32(0), count: trie.nodes.count)
        if hasFailures == false { setOutputs(of: 0, in: trie, cells, &outputOf, hasFailures) }
        for index in trie.order { setOutputs(of: index, in: trie, cells, &outputOf, hasFailures) }
        if hasFailures { nodes[root].failure = UInt32(root) }
        return UInt32(root)
    }

    /// Cells after the last one, so that a base and any class lie inside.
    mutating func finish() {
        nodes.append(contentsOf: Array(repeating: ScanNode(), count: 256))
    }

    private mutating func setOutputs(
        of index: Int32, in trie: LiteralTrie, _ cells: [Int32], _ outputOf: inout [UInt32], _ hasFailures: Bool
    ) {
        let node = trie.nodes[Int(index)]
        let cell = Int(cells[Int(index)])
        let link = hasFailures ? outputOf[Int(node.failure)] : 0
        let output = node.found.isEmpty ? link : append(node.found, link: link)
        outputOf[Int(index)] = output
        nodes[cell].output = output
        if hasFailures {
            nodes[cell].failure = UInt32(cells[Int(node.failure)])
        } else if !node.ended.isEmpty {
            nodes[cell].failure = append(node.ended, link: 0)
        }
    }

    private mutating func append(_ predicates: [UInt32], link: UInt32) -> UInt32 {
        let start = UInt32(truncatingIfNeeded: outputs.count)
        outputs.append(UInt32(truncatingIfNeeded: predicates.count))
        outputs.append(link)
        outputs += predicates
        return start
    }

    private mutating func place(childrenOf index: Int32, in trie: LiteralTrie, _ cells: inout [Int32]) {
        var children: [(class: Int, node: Int32)] = []
        trie.forEachChild(of: index) { child in
            children.append((Int(classes[Int(trie.nodes[Int(child)].byte)]), child))
        }
        guard let least = children.map(\.class).min() else { return }
        let base = base(for: children.map(\.class), least: least)
        let cell = Int(cells[Int(index)])
        nodes[cell].base = UInt32(truncatingIfNeeded: base)
        for (number, node) in children {
            let target = base + number
            take(target)
            nodes[target].parent = UInt32(truncatingIfNeeded: cell)
            cells[Int(node)] = Int32(truncatingIfNeeded: target)
        }
    }

    /// A base at which all classes fall on free cells.
    private mutating func base(for numbers: [Int], least: Int) -> Int {
        var cell = free(atLeast: max(searchStart, least + 1))
        if numbers.count == 1 { return cell - least }
        var attempts = 0
        while attempts < Self.attemptCountMax, cell < nodes.count {
            let base = cell - least
            if numbers.allSatisfy({ isFree(base + $0) }) { return base }
            attempts += 1
            cell = free(atLeast: cell + 1)
        }
        if attempts >= Self.attemptCountMax { searchStart = max(searchStart, free(atLeast: searchStart) + 16) }
        return max(nodes.count - least, 1)
    }

    private func isFree(_ cell: Int) -> Bool { cell >= nextFree.count || nextFree[cell] == Int32(cell) }

    /// The first free cell at or after `cell`; perhaps beyond the end.
    private mutating func free(atLeast cell: Int) -> Int {
        var found = cell
        while found < nextFree.count, Int(nextFree[found]) != found { found = Int(nextFree[found]) }
        var place = cell
        while place < nextFree.count, Int(nextFree[place]) != place {
            let next = Int(nextFree[place])
            nextFree[place] = Int32(truncatingIfNeeded: found)
            place = next
        }
        return found
    }

    private mutating func takeFree(atLeast cell: Int) -> Int {
        let cell = free(atLeast: cell)
        take(cell)
        return cell
    }

    private mutating func take(_ cell: Int) {
        while nodes.count <= cell { nodes.append(ScanNode()) }
        while nextFree.count <= cell + 1 { nextFree.append(Int32(truncatingIfNeeded: nextFree.count)) }
        nextFree[cell] = Int32(truncatingIfNeeded: cell + 1)
    }
}
