import FleetModel

/// Makes events out of what an fanotify group says. Lives on the sensor's thread for files.
struct FileWatch {
    /// What happened to a file, before it is known who did it.
    struct Change: Equatable {
        let kind: EventKind
        let processId: Int32
        let name: FileName
        /// Nil as long as the directory is not known.
        var path: [UInt8]?
    }

    private struct Writing: Hashable {
        let processId: Int32
        let name: FileName
    }

    var directories: DirectoryNames
    /// Processes whose changes are not looked at: our own.
    private let exemptProcessIds: Set<Int32>
    /// When a process's writing to a file was last told, in milliseconds of any steady clock.
    private var told: [Writing: Int64] = [:]
    private let toldCountMax: Int
    private(set) var overflowCount: UInt64 = 0
    /// Changes that were read and not looked at, and those that nobody heard.
    private var shedCount: UInt64 = 0
    private var heardCount = 0

    init(
        exemptProcessIds: Set<Int32>, directories: DirectoryNames = DirectoryNames(),
        toldCountMax: Int = SensorLimit.writingCountMax
    ) {
        self.exemptProcessIds = exemptProcessIds
        self.directories = directories
        self.toldCountMax = toldCountMax
    }

    /// Writings that are remembered.
    var toldCount: Int { told.count }

    /// The events in what was read from the group. Bytes that are no event are counted: what they would have told is
    /// lost, as after an overflow.
    ///
    /// - Parameter isShedding: Changes of files are only counted, as lost. What says where directories are is not: paths
    ///   that are remembered would be wrong.
    mutating func notices(in bytes: RawSpan, isShedding: Bool = false) -> [FileNotice] {
        var shed: UInt64 = 0
        var heard = 0
        let (notices, strayBytesCount) = FileNotice.decode(bytes) { mask, processId in
            heard += 1
            guard isShedding, mask & (FileNotice.Mask.onDirectory | FileNotice.Mask.overflow) == 0 else { return true }
            if !exemptProcessIds.contains(processId) { shed += 1 }
            return false
        }
        shedCount += shed
        heardCount += heard
        if strayBytesCount > 0 { overflowCount += 1 }
        return notices
    }

    /// Changes that were read since this was asked last, of whichever kind.
    mutating func takeHeard() -> Int {
        defer { heardCount = 0 }
        return heardCount
    }

    /// So many changes were made that nobody heard.
    mutating func lose(_ count: UInt64) { shedCount += count }

    /// Changes that no event tells of, since this was asked last: those that were shed, and one for each overflow.
    mutating func takeLosses() -> UInt64 {
        defer { (overflowCount, shedCount) = (0, 0) }
        return overflowCount + shedCount
    }

    /// The changes that the events mean, in their order.
    mutating func changes(in notices: [FileNotice], now: Int64) -> [Change] {
        directories.forgetHints()
        directories.note(notices)
        var changes: [Change] = []
        for notice in notices { append(notice, to: &changes, now: now) }
        return changes
    }

    /// Looks again for paths that were not found, with what later events tell: a directory that was removed just now is
    /// named by its removal.
    mutating func complete(_ changes: inout [Change], with later: [FileNotice]) {
        directories.note(later)
        for index in changes.indices where changes[index].path == nil {
            changes[index].path = directories.path(of: changes[index].name)
        }
    }

    private mutating func append(_ notice: FileNotice, to changes: inout [Change], now: Int64) {
        if notice.has(FileNotice.Mask.overflow) { overflowCount += 1 }
        if exemptProcessIds.contains(notice.processId) || notice.has(FileNotice.Mask.onDirectory) { return }
        if let old = notice.oldName { append(.fileDelete, old, notice, to: &changes) }
        if let new = notice.newName { append(.fileEvent, new, notice, to: &changes) }
        guard let name = notice.name else { return }
        let writing = Writing(processId: notice.processId, name: name)
        if notice.has(FileNotice.Mask.create | FileNotice.Mask.closeWrite), isNew(writing, now: now) {
            append(.fileEvent, name, notice, to: &changes)
        }
        if notice.has(FileNotice.Mask.movedTo) { append(.fileEvent, name, notice, to: &changes) }
        if notice.has(FileNotice.Mask.delete | FileNotice.Mask.movedFrom) {
            told[writing] = nil
            append(.fileDelete, name, notice, to: &changes)
        }
    }

    private mutating func append(_ kind: EventKind, _ name: FileName, _ notice: FileNotice, to changes: inout [Change])
    {
        let path = directories.path(of: name)
        changes.append(Change(kind: kind, processId: notice.processId, name: name, path: path))
    }

    /// False when the same process was told to have written the file less than a second ago.
    private mutating func isNew(_ writing: Writing, now: Int64) -> Bool {
        if let at = told[writing], now - at < SensorLimit.writingMilliseconds { return false }
        if told.count >= toldCountMax {
            told = told.filter { now - $0.value < SensorLimit.writingMilliseconds }
            // All within a second: then some are told twice, which loses nothing.
            if told.count >= toldCountMax { told.removeAll(keepingCapacity: true) }
        }
        told[writing] = now
        return true
    }
}

extension FileWatch.Change {
    /// The event, without its actor. Where the directory is not known it has the name alone.
    func event(at moment: Moment) -> TelemetryEvent {
        var event = TelemetryEvent(kind: kind, at: moment)
        if processId > 0 { event[.processId] = .integer(Int64(processId)) }
        event[.targetFilename] = .text(String(decoding: path ?? name.name, as: UTF8.self))
        return event
    }
}
