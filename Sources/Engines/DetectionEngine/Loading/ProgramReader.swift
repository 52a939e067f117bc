import FleetModel

extension DetectionProgram {
    /// Checks and loads a program, as if an enemy had written it: any bytes give a program that can be run for ever
    /// without harm, or an error.
    ///
    /// Complexity: O(bytes); memory at most about three times the bytes.
    package init(loading bytes: [UInt8]) throws(ProgramError) {
        let (program, statedCost) = try ProgramReader.read(bytes)
        guard program.cost == statedCost else {
            throw ProgramError(
                .costMismatch, subject: "header",
                message: "it states \(statedCost.fixed) steps an event and \(statedCost.perByte) a byte, and takes up "
                    + "to \(program.cost.fixed) and \(program.cost.perByte); build the pack again")
        }
        self = program
    }
}

/// Reads the tables of a program. What one method has checked, the next ones rely on.
struct ProgramReader {
    typealias Section = ProgramFormat.Section

    let header: ProgramHeader
    /// All words, section after section.
    private let words: [UInt32]
    private let starts: [Int]
    let texts: [UInt8]

    /// Reads everything, and gives the cost that the header states beside the program with the cost that it has.
    static func read(_ bytes: [UInt8]) throws(ProgramError) -> (program: DetectionProgram, statedCost: ProgramCost) {
        let reader = try ProgramReader(bytes)
        let classes = try reader.classes(bytes)
        let groups = try reader.groups()
        let nodes = try reader.nodes(classCount: Int(classes.max() ?? 0) + 1)
        let scanners = try reader.scanners(nodes)
        let outputs = try reader.outputs()
        let filters = try reader.check(
            nodes, classes: classes, outputs: outputs, scanners: scanners, groups: groups)
        let networks = try reader.networks()
        let operands = reader.words(of: .operands)
        let predicates = try reader.predicates(operands: operands)
        let rules = try reader.rules()
        let lists = try reader.lists(groups: groups, predicates: predicates)
        let instructions = try reader.instructions(rules: rules, groups: groups)
        let routes = try reader.routes(groups: groups)
        let renames = try reader.renames()
        let parts = ProgramParts(
            scanners: scanners, outputs: outputs, predicates: predicates, instructions: instructions, rules: rules,
            groups: groups, routes: routes, renames: renames, operands: operands)
        let program = DetectionProgram(
            chaos: reader.header.chaos, isOpen: reader.header.isOpen, cost: parts.cost, texts: reader.texts,
            fields: try reader.fields(), classes: classes, nodes: nodes, outputs: outputs,
            scanners: scanners,
            eagerScanners: groups.map { group in group.scanners.range.filter { scanners[$0].isEager } },
            filters: scanners.map { filters.filter(root: $0.root) },
            glances: scanners.map { $0.field == DetectionProgram.anyValue && filters.isASCII(root: $0.root) },
            predicates: predicates, instructions: instructions, rules: rules, routes: routes,
            renames: renames, groups: groups, lists: lists, operands: operands, networks: networks,
            tags: try reader.tags(), correlations: try reader.correlations(rules: rules, routeCount: routes.count))
        return (program, reader.header.cost)
    }

    private init(_ bytes: [UInt8]) throws(ProgramError) {
        header = try ProgramHeader(bytes)
        var starts: [Int] = []
        var next = 0
        for section in Section.allCases where section != .texts {
            starts.append(next)
            next += header.count(section) * section.recordWords
        }
        self.starts = starts
        let wordCount = next
        words = [UInt32](unsafeUninitializedCapacity: wordCount) { buffer, count in
            bytes.withUnsafeBytes { raw in
                for index in 0..<wordCount {
                    let offset = ProgramFormat.headerBytes + 4 * index
                    buffer[index] = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                }
            }
            count = wordCount
        }
        texts = Array(bytes[(bytes.count - header.count(.texts))...])
    }

    func words(of section: Section) -> [UInt32] {
        Array(words[starts[section.rawValue]...].prefix(header.count(section) * section.recordWords))
    }

    func cursor(_ section: Section) -> WordCursor {
        WordCursor(
            words[starts[section.rawValue]...].prefix(header.count(section) * section.recordWords), section: section)
    }

    /// Reads the records of a section one by one.
    func records<Record>(
        _ section: Section, _ read: (inout WordCursor) throws(ProgramError) -> Record
    ) throws(ProgramError) -> [Record] {
        var cursor = cursor(section)
        var records: [Record] = []
        records.reserveCapacity(header.count(section))
        for _ in 0..<header.count(section) {
            cursor.beginRecord()
            records.append(try read(&cursor))
        }
        return records
    }

    private func classes(_ bytes: [UInt8]) throws(ProgramError) -> [UInt8] {
        let classes = Array(bytes[ProgramFormat.Offset.classes..<(ProgramFormat.Offset.classes + 256)])
        // A class for letters of either case is what makes case not count.
        let foldsCase = (UInt8(ascii: "A")...UInt8(ascii: "Z")).allSatisfy {
            classes[Int($0)] == classes[Int($0 | 0x20)]
        }
        guard foldsCase else { throw ProgramHeader.malformed("its classes tell cases apart") }
        return classes
    }

    private func fields() throws(ProgramError) -> [DetectionProgram.Part] {
        var last: ArraySlice<UInt8>?
        return try records(.fields) { cursor throws(ProgramError) in
            let range = try cursor.part(of: texts.count, countMax: ProgramLimit.nameBytesMax, "name")
            let name = texts[range.range]
            guard !name.isEmpty, last.map({ $0.lexicographicallyPrecedes(name) }) ?? true else {
                throw cursor.malformed("the names do not ascend")
            }
            last = name
            guard header.isOpen || TelemetrySchema.isKnown(String(decoding: name, as: UTF8.self)) else {
                throw cursor.malformed("\(String(decoding: name, as: UTF8.self)) is not in the schema")
            }
            return range
        }
    }

    private func rules() throws(ProgramError) -> [DetectionProgram.Rule] {
        try records(.rules) { cursor throws(ProgramError) in
            var (rule, upper) = try rule(&cursor)
            guard upper == 0 else { throw cursor.malformed("its level is none") }
            let code = try cursor.part(
                of: header.count(.instructions), countMax: ProgramLimit.ruleInstructionCountMax, "instructions")
            guard code.count > 0 else { throw cursor.malformed("it has no instructions") }
            rule.code = code
            return rule
        }
    }

    /// What rules and correlations have in common, and the upper half of their flags.
    func rule(_ cursor: inout WordCursor) throws(ProgramError) -> (DetectionProgram.Rule, UInt32) {
        let id = try cursor.part(of: texts.count, countMax: ProgramLimit.ruleIDBytesMax, "id")
        let title = try cursor.part(of: texts.count, countMax: ProgramLimit.titleBytesMax, "title")
        let author = try cursor.part(of: texts.count, countMax: ProgramLimit.authorBytesMax, "author")
        guard let flags = RuleFlags(word: try cursor.next()) else {
            throw cursor.malformed("its level or response is none")
        }
        let tags = try cursor.part(
            of: header.count(.tags), countMax: ProgramLimit.ruleTagCountMax, "tags")
        let rule = DetectionProgram.Rule(
            id: id, title: title, author: author, level: flags.level, response: flags.response,
            isReported: flags.isReported, tags: tags, code: DetectionProgram.Part(start: 0, count: 0))
        return (rule, flags.upper)
    }

    /// The parts of each group follow each other without gap, so that each record belongs to one group.
    private func groups() throws(ProgramError) -> [DetectionProgram.Group] {
        var (nextRule, nextPredicate, nextScanner) = (0, 0, 0)
        let groups = try records(.groups) { cursor throws(ProgramError) in
            let name = try cursor.part(of: texts.count, countMax: ProgramLimit.nameBytesMax, "name")
            let rules = try cursor.part(of: header.count(.rules), "rules")
            let predicates = try cursor.part(of: header.count(.predicates), "predicates")
            let scanners = try cursor.part(of: header.count(.scanners), "scanners")
            let always = try cursor.part(of: header.count(.lists), "rules")
            guard Int(rules.start) == nextRule, Int(predicates.start) == nextPredicate,
                Int(scanners.start) == nextScanner, always.count <= rules.count
            else { throw cursor.malformed("its parts do not follow those of the group before") }
            (nextRule, nextPredicate) = (rules.range.upperBound, predicates.range.upperBound)
            nextScanner = scanners.range.upperBound
            return DetectionProgram.Group(
                name: name, rules: rules, predicates: predicates, scanners: scanners, always: always)
        }
        guard nextRule == header.count(.rules), nextPredicate == header.count(.predicates),
            nextScanner == header.count(.scanners)
        else { throw ProgramHeader.malformed("its groups leave records over") }
        guard let first = groups.first, Int(first.rules.count) == header.count(.routes) else {
            throw ProgramHeader.malformed("its first group is not that of the routes")
        }
        return groups
    }

    private func routes(groups: [DetectionProgram.Group]) throws(ProgramError) -> [DetectionProgram.Route] {
        var last: UInt32 = 1
        return try records(.routes) { cursor throws(ProgramError) in
            let group = try cursor.index(below: groups.count, "group")
            guard group >= last else { throw cursor.malformed("group \(group) comes after \(last)") }
            last = group
            return DetectionProgram.Route(
                group: group, renames: try cursor.part(of: header.count(.renames), "renames"))
        }
    }

    private func renames() throws(ProgramError) -> [DetectionProgram.Rename] {
        try records(.renames) { cursor throws(ProgramError) in
            DetectionProgram.Rename(
                field: try cursor.index(below: header.count(.fields), "field"),
                source: try cursor.index(below: header.count(.fields), "field"))
        }
    }

    private func tags() throws(ProgramError) -> [DetectionProgram.Part] {
        try records(.tags) { cursor throws(ProgramError) in
            try cursor.part(of: texts.count, countMax: ProgramLimit.tagBytesMax, "tag")
        }
    }

    private func networks() throws(ProgramError) -> [AddressNetwork] {
        try records(.networks) { cursor throws(ProgramError) in
            var record: [UInt32] = []
            for _ in 0..<Section.networks.recordWords { record.append(try cursor.next()) }
            guard let network = AddressNetwork(record[...]) else { throw cursor.malformed("it is no network") }
            return network
        }
    }
}

extension TelemetrySchema {
    /// Whether a closed program may look at a field of this name.
    fileprivate static func isKnown(_ name: String) -> Bool {
        EventField(name: name) != nil
            || [SourceTag.product, SourceTag.category, SourceTag.service].contains(name)
    }
}
