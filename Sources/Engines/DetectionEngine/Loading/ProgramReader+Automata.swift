extension ProgramReader {
    /// Cells of the automata: every step stays inside.
    func nodes(classCount: Int) throws(ProgramError) -> [ScanNode] {
        let words = words(of: .nodes)
        let count = words.count / 4
        guard count >= classCount else { throw malformed(.nodes, "they are fewer than classes") }
        let nodes = [ScanNode](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                buffer.initializeElement(
                    at: index,
                    to: ScanNode(
                        base: words[4 * index], parent: words[4 * index + 1], failure: words[4 * index + 2],
                        output: words[4 * index + 3]))
            }
            initialized = count
        }
        let baseMax = UInt32(count - classCount)
        let outputCount = UInt32(header.count(.outputs))
        // Cell 0 is no state, so that no cell is its child.
        guard nodes[0].parent == 0, nodes[0].base == 0, nodes[0].output == 0 else {
            throw malformed(.nodes, "the first cell is a state")
        }
        for (index, node) in nodes.enumerated() {
            guard node.base <= baseMax, node.parent < count || node.parent == ScanNode.isRoot,
                node.output < outputCount
            else { throw malformed(.nodes, "cell \(index) leads outside") }
        }
        return nodes
    }

    func scanners(_ nodes: [ScanNode]) throws(ProgramError) -> [DetectionProgram.Scanner] {
        try records(.scanners) { cursor throws(ProgramError) in
            let head = try cursor.next()
            guard let kind = ScanKind(rawValue: UInt8(truncatingIfNeeded: head)), head >> 9 == 0 else {
                throw cursor.malformed("its kind is none")
            }
            let field = try field(&cursor)
            let root = try cursor.index(below: nodes.count, "root")
            guard nodes[Int(root)].parent == ScanNode.isRoot else { throw cursor.malformed("its root is none") }
            return DetectionProgram.Scanner(kind: kind, isEager: head & 1 << 8 != 0, field: field, root: root)
        }
    }

    /// The next word, a field's number or that of any value.
    func field(_ cursor: inout WordCursor) throws(ProgramError) -> UInt32 {
        let field = try cursor.next()
        guard field < header.count(.fields) || field == DetectionProgram.anyValue else {
            throw cursor.malformed("field \(field) is not there")
        }
        return field
    }

    /// Lists of predicates: each lies inside, and links lead to lists before it, so that following them ends.
    func outputs() throws(ProgramError) -> [UInt32] {
        let outputs = words(of: .outputs)
        guard outputs.first == 0 else { throw malformed(.outputs, "the first word is not zero") }
        var isStart = Array(repeating: false, count: outputs.count)
        var position = 1
        while position < outputs.count {
            guard position + 2 <= outputs.count, position + 2 + Int(outputs[position]) <= outputs.count else {
                throw malformed(.outputs, "list \(position) leads outside")
            }
            let link = Int(outputs[position + 1])
            guard link < position, link == 0 || isStart[link] else {
                throw malformed(.outputs, "list \(position) links to \(link)")
            }
            isStart[position] = true
            let end = position + 2 + Int(outputs[position])
            for predicate in outputs[(position + 2)..<end] where predicate >= header.count(.predicates) {
                throw malformed(.outputs, "list \(position) names predicate \(predicate)")
            }
            position = end
        }
        return outputs
    }

    /// Checks what makes every walk end, and gives the filters that follow: each state has a way from its root, a state
    /// that failure leads to is less deep than the one it leads from, and lists are where states say, with predicates of
    /// the group that scans.
    func check(
        _ nodes: [ScanNode], classes: [UInt8], outputs: [UInt32], scanners: [DetectionProgram.Scanner],
        groups: [DetectionProgram.Group]
    ) throws(ProgramError) -> BlockFilters {
        let (depths, roots) = try depths(nodes)
        // By root: the number of its scanner, or -1; by scanner: its group.
        var scannersOfRoots = Array(repeating: Int32(-1), count: nodes.count)
        var groupsOfScanners: [Int32] = []
        for (number, group) in groups.enumerated() {
            for index in group.scanners.range {
                let root = Int(scanners[index].root)
                guard scannersOfRoots[root] < 0 else { throw malformed(.scanners, "two have one root") }
                scannersOfRoots[root] = Int32(truncatingIfNeeded: index)
                groupsOfScanners.append(Int32(truncatingIfNeeded: number))
            }
        }
        let groupsOfLists = try groupsOfLists(outputs, groups)
        for (index, node) in nodes.enumerated() where depths[index] >= 0 {
            let number = Int(scannersOfRoots[Int(roots[index])])
            guard number >= 0 else { throw malformed(.nodes, "state \(index) belongs to no scanner") }
            let isSubstrings = scanners[number].kind == .substrings
            let group = groupsOfScanners[number]
            let lists = isSubstrings ? [node.output] : [node.output, node.failure]
            for list in lists where list != 0 {
                guard Int(list) < groupsOfLists.count, groupsOfLists[Int(list)] != Self.noList else {
                    throw malformed(.nodes, "state \(index) has no list at \(list)")
                }
                guard groupsOfLists[Int(list)] == group else {
                    throw malformed(.nodes, "state \(index) finds predicates of another group")
                }
            }
            guard isSubstrings else { continue }
            let failure = Int(node.failure)
            let isRoot = depths[index] == 0
            guard failure < nodes.count, roots[failure] == roots[index],
                isRoot ? failure == index : depths[failure] >= 0 && depths[failure] < depths[index]
            else { throw malformed(.nodes, "state \(index) does not fall back") }
        }
        return BlockFilters(nodes, classes: classes, depths: depths, roots: roots, of: scanners)
    }

    /// Of a word where no list begins.
    private static let noList: Int32 = -2
    /// Of a list without predicates.
    private static let noGroup: Int32 = -1

    /// By index in `outputs`: the group of the predicates in the list that begins there, and in those that it links to.
    private func groupsOfLists(
        _ outputs: [UInt32], _ groups: [DetectionProgram.Group]
    ) throws(ProgramError) -> [Int32] {
        var groupsOfPredicates: [Int32] = []
        for (number, group) in groups.enumerated() {
            groupsOfPredicates += Array(
                repeating: Int32(truncatingIfNeeded: number), count: Int(group.predicates.count))
        }
        var result = Array(repeating: Self.noList, count: outputs.count)
        var position = 1
        while position < outputs.count {
            let end = position + 2 + Int(outputs[position])
            let link = Int(outputs[position + 1])
            let predicates = outputs[(position + 2)..<end]
            let group = predicates.first.map { groupsOfPredicates[Int($0)] } ?? Self.noGroup
            guard link == 0 || result[link] == group,
                predicates.allSatisfy({ groupsOfPredicates[Int($0)] == group })
            else { throw malformed(.outputs, "list \(position) names predicates of several groups") }
            result[position] = group
            position = end
        }
        return result
    }

    /// By cell: how far from its root it is, and that root. -1 for cells that are no states.
    private func depths(_ nodes: [ScanNode]) throws(ProgramError) -> (depths: [Int32], roots: [UInt32]) {
        var depths = Array(repeating: Int32(-1), count: nodes.count)
        var roots = Array(repeating: UInt32(0), count: nodes.count)
        var way: [Int] = []
        for index in nodes.indices where nodes[index].parent != 0 && depths[index] < 0 {
            var cell = index
            way.removeAll(keepingCapacity: true)
            while depths[cell] < 0, nodes[cell].parent != ScanNode.isRoot {
                guard nodes[cell].parent != 0, way.count <= nodes.count else {
                    throw malformed(.nodes, "cell \(index) has no root")
                }
                way.append(cell)
                cell = Int(nodes[cell].parent)
            }
            if depths[cell] < 0 { (depths[cell], roots[cell]) = (0, UInt32(truncatingIfNeeded: cell)) }
            for place in way.reversed() {
                depths[place] = depths[cell] + 1
                roots[place] = roots[cell]
                cell = place
            }
        }
        return (depths, roots)
    }

    func malformed(_ section: ProgramFormat.Section, _ what: String) -> ProgramError {
        ProgramError(.malformed, subject: "\(section)", message: "\(what); build the pack again")
    }
}
