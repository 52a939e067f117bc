import FleetModel

/// The processes that live, and some that have ended, with who started whom.
///
/// Lineage is that of starting: a process whose parent has ended belongs to process 1 for the kernel, and here still to
/// its parent. Entries refer to each other by a serial number, since a process id is given to another process later.
struct ProcessTable {
    private struct Entry {
        var node: ProcessNode
        var parent: UInt64?
    }

    private var entries: [UInt64: Entry] = [:]
    private var serials: [Int32: UInt64] = [:]
    /// The latest ended process of an id that no living one has, for what is heard of it afterwards.
    private var endedSerials: [Int32: UInt64] = [:]
    private var nextSerial: UInt64 = 1
    /// Ended processes, oldest first, from `endedHead` on.
    private var ended: [UInt64] = []
    private var endedHead = 0
    /// Processes that were not remembered because the table was full.
    private(set) var untrackedCount: UInt64 = 0

    private let countMax: Int
    private let endedCountMax: Int
    /// Room that a lineage has from the start.
    private static let usualDepth = 8

    init(
        countMax: Int = SensorLimit.processCountMax, endedCountMax: Int = SensorLimit.endedProcessCountMax
    ) {
        self.countMax = countMax
        self.endedCountMax = endedCountMax
    }

    /// Processes remembered, ended ones among them.
    var count: Int { entries.count }

    /// A process that forked: the child is what its parent is, until it executes something.
    mutating func fork(parent parentId: Int32, child: Int32, at moment: Moment) {
        let parentSerial = serials[parentId]
        var node = parentSerial.flatMap { entries[$0]?.node } ?? ProcessNode(unknown: child)
        node.processId = child
        node.parentProcessId = parentId
        node.startedAt = moment
        insert(Entry(node: node, parent: parentSerial))
    }

    /// A process that was there already, or whose fork was not seen.
    mutating func adopt(_ node: ProcessNode) {
        insert(Entry(node: node.bounded(), parent: serials[node.parentProcessId]))
    }

    /// What a process runs from now on; nil where it had ended before that could be read.
    mutating func execute(_ processId: Int32, image: String?, commandLine: String?, user: String?) {
        guard let serial = serials[processId], var entry = entries[serial] else { return }
        // The image that forked is no longer what runs here, even if the new one could not be read.
        entry.node.image = image ?? ""
        entry.node.commandLine = commandLine ?? ""
        if let user { entry.node.user = user }
        entry.node = entry.node.bounded()
        entries[serial] = entry
    }

    /// Another user from now on.
    mutating func change(_ processId: Int32, user: String) {
        guard let serial = serials[processId] else { return }
        entries[serial]?.node.user = user
    }

    /// Notes that a process has ended, and returns what it was. Its entry stays for a while, for those it started.
    mutating func end(_ processId: Int32) -> ProcessNode? {
        guard let serial = serials.removeValue(forKey: processId), let entry = entries[serial] else { return nil }
        ended.append(serial)
        endedSerials[processId] = serial
        if ended.count - endedHead > endedCountMax { forgetOldestEnded() }
        return entry.node
    }

    func node(of processId: Int32) -> ProcessNode? {
        serials[processId].flatMap { entries[$0]?.node }
    }

    /// The process, or the one that had the id last, when that has ended a short while ago.
    func lately(_ processId: Int32) -> ProcessNode? {
        (serials[processId] ?? endedSerials[processId]).flatMap { entries[$0]?.node }
    }

    /// Who started the process; also one that has ended since.
    func parent(of processId: Int32) -> ProcessNode? {
        serials[processId].flatMap { entries[$0]?.parent }.flatMap { entries[$0]?.node }
    }

    /// The process and those that led to it, nearest first, at most `TelemetryEvent.lineageCountMax`. Of a process
    /// that has ended as `lately` knows it.
    func lineage(of processId: Int32) -> [ProcessNode] {
        var nodes: [ProcessNode] = []
        nodes.reserveCapacity(Self.usualDepth)
        var serial = serials[processId] ?? endedSerials[processId]
        while let current = serial, let entry = entries[current], nodes.count < TelemetryEvent.lineageCountMax {
            nodes.append(entry.node)
            serial = entry.parent
        }
        return nodes
    }

    func contains(_ processId: Int32) -> Bool { serials[processId] != nil }

    private mutating func insert(_ entry: Entry) {
        // A number in use again: its former process has ended, and that event was lost.
        if serials[entry.node.processId] != nil { _ = end(entry.node.processId) }
        while entries.count >= countMax, endedHead < ended.count { forgetOldestEnded() }
        guard entries.count < countMax else {
            untrackedCount += 1
            return
        }
        serials[entry.node.processId] = nextSerial
        endedSerials[entry.node.processId] = nil
        entries[nextSerial] = entry
        nextSerial += 1
    }

    private mutating func forgetOldestEnded() {
        let serial = ended[endedHead]
        if let node = entries.removeValue(forKey: serial)?.node, endedSerials[node.processId] == serial {
            endedSerials[node.processId] = nil
        }
        endedHead += 1
        if endedHead >= 1024 {
            ended.removeFirst(endedHead)
            endedHead = 0
        }
    }
}

extension ProcessNode {
    /// A process of which only the number is known.
    init(unknown processId: Int32) {
        self.init(
            processId: processId, parentProcessId: 0, image: "", commandLine: "", user: "", startedAt: nil)
    }

    /// The node with its texts cut to `SensorLimit.lineageTextBytesMax`.
    func bounded() -> ProcessNode {
        var node = self
        node.image = image.cut(toBytes: SensorLimit.lineageTextBytesMax)
        node.commandLine = commandLine.cut(toBytes: SensorLimit.lineageTextBytesMax)
        return node
    }
}
