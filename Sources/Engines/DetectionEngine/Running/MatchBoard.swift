/// What is known of the event in hand: which predicates hold, which automata have run, which rules are to be looked at.
///
/// Everything is marked with the number of the event, so that a new one begins with a clean board at no cost.
struct MatchBoard: Sendable {
    /// By predicate: twice the number of the event for which it was decided, plus 1 when it holds.
    private var results: [UInt32]
    /// By predicate that automata find: the field in which it was found last.
    private var fieldsOfFinds: [UInt32]
    /// By index in the program's outputs: the event for which the list was taken.
    private var takenAt: [UInt32]
    /// By scanner: the event for which it ran.
    private var ranAt: [UInt32]
    /// By rule: the event for which it was put on `candidates`.
    private var candidateAt: [UInt32]
    /// Rules to be looked at, in the order in which they were found.
    private(set) var candidates: [UInt32] = []
    /// The number of the event in hand, from 1.
    private(set) var serial: UInt32 = 0
    /// Steps of the event in hand.
    var steps: UInt64 = 0

    init(_ program: DetectionProgram) {
        results = Array(repeating: 0, count: program.predicates.count)
        fieldsOfFinds = results
        takenAt = Array(repeating: 0, count: program.outputs.count)
        ranAt = Array(repeating: 0, count: program.scanners.count)
        candidateAt = Array(repeating: 0, count: program.rules.count)
        candidates.reserveCapacity(program.rules.count)
    }

    mutating func beginEvent() {
        steps = 0
        // Twice the serial must fit: when it no longer does, no old mark may be taken for a new one.
        if serial >= UInt32.max / 2 - 1 {
            serial = 0
            for index in results.indices { results[index] = 0 }
            for index in takenAt.indices { takenAt[index] = 0 }
            for index in ranAt.indices { ranAt[index] = 0 }
            for index in candidateAt.indices { candidateAt[index] = 0 }
        }
        serial += 1
    }

    mutating func beginGroup() { candidates.removeAll(keepingCapacity: true) }

    /// Whether a predicate holds; nil when it has not been decided.
    func result(_ predicate: Int) -> Bool? {
        let known = results[predicate]
        return known >> 1 == serial ? known & 1 == 1 : nil
    }

    mutating func decide(_ predicate: Int, _ holds: Bool) { results[predicate] = serial << 1 | (holds ? 1 : 0) }

    /// The field in which a predicate was found.
    func field(ofFind predicate: Int) -> UInt32 { fieldsOfFinds[predicate] }

    /// Whether a scanner is still to run; it is then taken to have run.
    mutating func takeScanner(_ scanner: Int) -> Bool {
        guard ranAt[scanner] != serial else { return false }
        ranAt[scanner] = serial
        return true
    }

    /// Walks over the text in `range`, behind which four more bytes can be read.
    mutating func scan(_ bytes: Span<UInt8>, _ range: Range<Int>, _ index: Int, of program: DetectionProgram) {
        let scanner = program.scanners[index]
        steps &+= ProgramCost.of(scanner.kind).perByte &* UInt64(range.count) &+ 1
        switch scanner.kind {
        case .prefixes, .suffixes: scanEdge(bytes.extracting(range), scanner, program)
        case .substrings:
            if let filter = program.filters[index] {
                _ = scanSubstrings(bytes, range, scanner, filter, program, isTrial: false)
            } else {
                scanSubstrings(bytes.extracting(range), scanner, program)
            }
        }
    }

    /// Whether the automaton would find anything in the text, without taking it: false only if it would not.
    mutating func mayFind(_ bytes: Span<UInt8>, _ range: Range<Int>, _ index: Int, of program: DetectionProgram) -> Bool
    {
        guard let filter = program.filters[index] else { return true }
        steps &+= ProgramCost.of(.substrings).perByte &* UInt64(range.count) &+ 1
        return scanSubstrings(bytes, range, program.scanners[index], filter, program, isTrial: true)
    }

    /// Walks backwards, and only where the filter lets blocks pass: the ends of needles are rarer than their beginnings,
    /// of paths above all.
    ///
    /// - Returns: Whether anything was found; a trial ends with the first.
    private mutating func scanSubstrings(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ scanner: DetectionProgram.Scanner, _ filter: BlockFilter,
        _ program: DetectionProgram, isTrial: Bool
    ) -> Bool {
        let nodes = program.nodes.span
        let classes = program.classes.span
        let bits = filter.bits.span
        let words = bytes.bytes
        precondition(
            bits.count == BlockFilter.bitCount / 64 && range.lowerBound >= 0 && range.upperBound + 4 <= bytes.count,
            "A filter has all its bits, and a record has room behind every text.")
        let (mask, stride, root) = (filter.mask, filter.stride, scanner.root)
        var isFound = false
        // Needles that end behind `block` and the `stride` places before it have been dealt with.
        var block = range.upperBound - stride + 1 - filter.blockBytes
        while block >= range.lowerBound {
            // Unchecked: the block is in `range`, behind which four more bytes can be read, and a hash is below
            // `BlockFilter.bitCount`, as many as there are bits.
            let word = words.unsafeLoadUnaligned(fromUncheckedByteOffset: block, as: UInt32.self)
            let hash = BlockFilter.hash(word, mask)
            guard bits[unchecked: hash >> 6] >> UInt64(hash & 63) & 1 != 0 else {
                block -= stride
                continue
            }
            let lastOfBlock = block + filter.blockBytes - 1
            var position = lastOfBlock + stride
            var state = root
            repeat {
                position -= 1
                state = Self.step(from: state, by: UInt32(classes[Int(bytes[position])]), root, nodes)
                let output = nodes[Int(state)].output
                guard output != 0 else { continue }
                if isTrial { return true }
                isFound = true
                take(output, scanner.field, program)
            } while (state != root || position > lastOfBlock) && position > range.lowerBound
            block = position - stride + 1 - filter.blockBytes
        }
        return isFound
    }

    /// The state after one more byte, of the class `number`.
    @inline(__always)
    private static func step(
        from state: UInt32, by number: UInt32, _ root: UInt32, _ nodes: Span<ScanNode>
    ) -> UInt32 {
        guard number != 0 else { return root }
        var state = state
        while true {
            let child = nodes[Int(state)].base &+ number
            if nodes[Int(child)].parent == state { return child }
            if state == root { return root }
            state = nodes[Int(state)].failure
        }
    }

    private mutating func scanSubstrings(
        _ text: Span<UInt8>, _ scanner: DetectionProgram.Scanner, _ program: DetectionProgram
    ) {
        let nodes = program.nodes.span
        let classes = program.classes.span
        let root = scanner.root
        var state = root
        for position in text.indices.reversed() {
            state = Self.step(from: state, by: UInt32(classes[Int(text[position])]), root, nodes)
            let output = nodes[Int(state)].output
            if output != 0 { take(output, scanner.field, program) }
        }
    }

    /// Walks from one end of the text until there is no child.
    private mutating func scanEdge(
        _ text: Span<UInt8>, _ scanner: DetectionProgram.Scanner, _ program: DetectionProgram
    ) {
        let nodes = program.nodes.span
        let classes = program.classes.span
        let isForward = scanner.kind == .prefixes
        var position = isForward ? 0 : text.count - 1
        var state = scanner.root
        for _ in text.indices {
            let number = UInt32(classes[Int(text[position])])
            let child = nodes[Int(state)].base &+ number
            guard number != 0, nodes[Int(child)].parent == state else { return }
            state = child
            position += isForward ? 1 : -1
            let output = nodes[Int(state)].output
            if output != 0 { take(output, scanner.field, program) }
        }
        let ended = nodes[Int(state)].failure
        if ended != 0 { take(ended, scanner.field, program) }
    }

    /// Makes the predicates of a list true, and those of the lists that it links to. A list that was taken before is not
    /// taken again, nor are those behind it.
    private mutating func take(_ list: UInt32, _ field: UInt32, _ program: DetectionProgram) {
        let outputs = program.outputs.span
        var list = Int(list)
        while list != 0, takenAt[list] != serial {
            takenAt[list] = serial
            let count = Int(outputs[list])
            steps &+= UInt64(count &+ 2)
            for index in (list + 2)..<(list + 2 + count) { find(Int(outputs[index]), field, program) }
            list = Int(outputs[list + 1])
        }
    }

    private mutating func find(_ predicate: Int, _ field: UInt32, _ program: DetectionProgram) {
        let held = serial << 1 | 1
        guard results[predicate] != held else { return }
        results[predicate] = held
        fieldsOfFinds[predicate] = field
        let triggers = program.predicates[predicate].triggers
        guard triggers.count > 0 else { return }
        steps &+= UInt64(triggers.count)
        for index in triggers.range {
            let rule = program.lists[index]
            guard candidateAt[Int(rule)] != serial else { continue }
            candidateAt[Int(rule)] = serial
            candidates.append(rule)
        }
    }
}
