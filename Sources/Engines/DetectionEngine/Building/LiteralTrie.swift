/// A tree of needles, before it is laid out as an automaton. Node 0 is the root.
struct LiteralTrie {
    struct Node {
        var byte: UInt8 = 0
        var depth: UInt16 = 0
        var parent: Int32 = 0
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        /// Predicates that hold when a text gets here.
        var found: [UInt32] = []
        /// Predicates that hold when a text ends here.
        var ended: [UInt32] = []
        /// The node of the longest proper suffix that is in the tree (Aho and Corasick 1975).
        var failure: Int32 = 0
    }

    private(set) var nodes: [Node] = [Node()]
    /// Nodes by ascending depth, without the root.
    private(set) var order: [Int32] = []

    /// One needle, read in the direction of the walk, and the predicates that it makes true.
    struct Entry {
        var needle: [UInt8]
        var found: [UInt32] = []
        var ended: [UInt32] = []
    }

    /// - Parameter entries: Sorted by needle, each needle once.
    init(_ entries: [Entry], hasFailures: Bool) {
        var path: [Int32] = [0]
        var last: [UInt8] = []
        for entry in entries {
            let shared = zip(entry.needle, last).prefix { $0 == $1 }.count
            path.removeLast(path.count - 1 - shared)
            for byte in entry.needle[shared...] { path.append(append(byte, under: path[path.count - 1])) }
            let node = Int(path[path.count - 1])
            nodes[node].found = entry.found
            nodes[node].ended = entry.ended
            last = entry.needle
        }
        var level: [Int32] = [0]
        while !level.isEmpty {
            var next: [Int32] = []
            for parent in level { forEachChild(of: parent) { next.append($0) } }
            order += next
            level = next
        }
        if hasFailures { connectFailures() }
    }

    func forEachChild(of node: Int32, _ body: (Int32) -> Void) {
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            body(child)
            child = nodes[Int(child)].nextSibling
        }
    }

    /// Children come in descending order of their bytes, since each is put before its elder siblings.
    private mutating func append(_ byte: UInt8, under parent: Int32) -> Int32 {
        let index = Int32(truncatingIfNeeded: nodes.count)
        var node = Node()
        node.byte = byte
        node.depth = nodes[Int(parent)].depth + 1
        node.parent = parent
        node.nextSibling = nodes[Int(parent)].firstChild
        nodes.append(node)
        nodes[Int(parent)].firstChild = index
        return index
    }

    private func child(of node: Int32, _ byte: UInt8) -> Int32? {
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            if nodes[Int(child)].byte == byte { return child }
            child = nodes[Int(child)].nextSibling
        }
        return nil
    }

    private mutating func connectFailures() {
        for index in order where nodes[Int(index)].depth > 1 {
            let byte = nodes[Int(index)].byte
            var state = nodes[Int(nodes[Int(index)].parent)].failure
            while true {
                if let next = child(of: state, byte) {
                    nodes[Int(index)].failure = next
                    break
                }
                if state == 0 { break }
                state = nodes[Int(state)].failure
            }
        }
    }
}
