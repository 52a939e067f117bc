import CLinuxSensor
import FleetModel
import Glibc
import Synchronization

/// Follows the changes of files on the marked file systems, on a thread of its own.
final class FileSource: Sendable {
    /// Open until the thread ends.
    private let group: Int32
    /// `/proc/self/mountinfo`, which tells when it changes.
    private let mountTable: Int32
    private let mountPoints: [String]
    /// Whether file systems that are mounted later are watched too.
    private let followsMounts: Bool
    private let exemptProcessIds: Set<Int32>
    private let processes: ProcessSource
    private let output: SensorOutput

    private struct State {
        /// Why some file systems are not watched; nil when all are.
        var gap: String?
        /// The same of those that were watched before a flood.
        var notPutBack: String?
        /// When a flood was last not heard in whole; a time of the monotonic clock, in milliseconds.
        var restedAt: Int64?
    }

    private let state: Mutex<State>

    /// - Throws: When the kernel has no such source, or not for us, or no file system can be marked.
    init(options: SensorOptions, processes: ProcessSource, output: SensorOutput) throws(SensorError) {
        var namesTargets: Int32 = 0
        let group = firebreak_files_open(&namesTargets)
        guard group >= 0 else { throw SensorError(.files, errno: -group) }
        let mountPoints = options.mountPoints ?? MountTable.localMountPoints()
        let (marked, failure) = FileMarks.mark(mountPoints, group)
        guard !marked.isEmpty else {
            _ = close(group)
            throw SensorError(.files, errno: failure?.errno ?? ENODEV)
        }
        self.group = group
        mountTable = firebreak_open_at(AT_FDCWD, MountTable.path)
        self.mountPoints = marked
        followsMounts = options.mountPoints == nil
        exemptProcessIds = options.exemptProcessIds.union([getpid()])
        self.processes = processes
        self.output = output
        state = Mutex(State(gap: failure?.why))
    }

    deinit {
        _ = close(group)
        if mountTable >= 0 { _ = close(mountTable) }
    }

    /// What is not watched, and why; nil when everything is.
    var trouble: String? {
        let state = state.withLock { $0 }
        if let gap = state.gap ?? state.notPutBack { return gap }
        guard let at = state.restedAt,
            SensorClock.monotonicMilliseconds() - at < SensorLimit.restToldMilliseconds
        else { return nil }
        return "a flood of changes is heard in part, and the rest is counted as lost"
    }

    /// - Returns: The errno that the kernel ended the source with; 0 when the thread was told to end.
    func run(_ thread: SensorThread, _ shared: SensorPace) -> Int32 {
        var pace = ThreadPace(shared, isHurried: false)
        var watch = FileWatch(exemptProcessIds: exemptProcessIds)
        var marks = FileMarks(group: group, mountPoints: mountPoints)
        watch.directories.replace(with: mountPoints)
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: SensorLimit.fileReadBytes, alignment: 8)
        defer { portion.deallocate() }
        var notices: [FileNotice] = []
        while true {
            let interval = pace.turn()
            guard pause(interval, &marks, &pace, thread) else { return 0 }
            guard !notices.isEmpty || waitForChange(interval, &marks, &watch, thread) else { return 0 }
            let toldCount =
                interval == nil
                ? SensorLimit.fileReadsPerTurnMax
                : marks.areAway ? SensorLimit.floodFileReadsMax : SensorLimit.yieldingFileReadsMax
            var failure = read(
                into: &notices, portionCount: SensorLimit.fileReadsPerTurnMax, toldCount: toldCount, portion, &watch)
            rest(interval, &marks, &watch)
            var changes = watch.changes(in: notices, now: SensorClock.monotonicMilliseconds())
            notices = []
            if failure == 0, !marks.areAway, changes.contains(where: { $0.path == nil }) {
                guard thread.wait(for: -1, milliseconds: SensorLimit.gatheringMilliseconds) else { return 0 }
                failure = read(into: &notices, portionCount: 1, toldCount: 1, portion, &watch)
                watch.complete(&changes, with: notices)
            }
            tell(changes, &watch, thread)
            guard failure == 0 else { return failure }
        }
    }

    /// Waits until changes may be looked at again. In a flood that is the rest without marks, and a spell with them.
    ///
    /// - Returns: False when the thread shall end.
    private func pause(
        _ interval: Int32?, _ marks: inout FileMarks, _ pace: inout ThreadPace, _ thread: SensorThread
    ) -> Bool {
        guard let interval else { return true }
        guard marks.areAway else { return thread.wait(for: -1, milliseconds: interval) }
        guard thread.wait(for: -1, milliseconds: marks.restLeft) else { return false }
        // Who gives way to a busy host would take them away again only long after the spell.
        return pace.hurried {
            marks.putBack()
            let isToGoOn = thread.wait(for: -1, milliseconds: marks.spell)
            marks.takeAway()
            return isToGoOn
        }
    }

    /// Waits until something has changed.
    ///
    /// - Returns: False when the thread shall end.
    private func waitForChange(
        _ interval: Int32?, _ marks: inout FileMarks, _ watch: inout FileWatch, _ thread: SensorThread
    ) -> Bool {
        // Without marks nothing would end the wait.
        let descriptor = marks.areAway ? -1 : group
        switch thread.wait(for: descriptor, watching: mountTable, milliseconds: marks.areAway ? 0 : -1) {
        case .stop: return false
        case .changed: markAgain(&marks, &watch)
        case .other: break
        }
        // Of one that yields they have gathered meanwhile.
        return interval != nil || thread.wait(for: -1, milliseconds: SensorLimit.gatheringMilliseconds)
    }

    /// Takes the marks away for a while when more was heard than can be told, and puts them back when all can.
    private func rest(_ interval: Int32?, _ marks: inout FileMarks, _ watch: inout FileWatch) {
        watch.lose(marks.heard(watch.takeHeard()))
        if interval != nil, marks.isToRest { marks.takeAway() } else { marks.putBack() }
        // What is not heard may rename a directory.
        if marks.areAway { watch.directories.forgetPaths() }
        let (restedAt, failure) = (marks.areAway ? SensorClock.monotonicMilliseconds() : nil, marks.failure)
        state.withLock { state in
            state.restedAt = restedAt ?? state.restedAt
            state.notPutBack = failure
        }
    }

    /// - Parameter toldCount: Of how many portions the changes are told; those of the others are counted as lost.
    /// - Returns: The errno that reading failed with, or 0.
    private func read(
        into notices: inout [FileNotice], portionCount: Int, toldCount: Int,
        _ portion: UnsafeMutableRawBufferPointer, _ watch: inout FileWatch
    ) -> Int32 {
        for number in 0..<portionCount {
            let count = firebreak_files_read(group, portion.baseAddress, portion.count)
            if count < 0 { return Int32(-count) }
            if count == 0 { return 0 }
            let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(portion)[..<count])
            notices += watch.notices(in: bytes, isShedding: number >= toldCount)
        }
        return 0
    }

    private func tell(_ changes: [FileWatch.Change], _ watch: inout FileWatch, _ thread: SensorThread) {
        if !changes.isEmpty { processes.catchUp() }
        // Many changes in a row are by one process.
        var actors: [Int32: ProcessActor] = [:]
        var incomplete: UInt64 = 0
        let moment = SensorClock.now()
        let events = changes.map { change in
            var event = change.event(at: moment)
            let actor = actors[change.processId] ?? processes.actor(change.processId)
            actors[change.processId] = actor
            actor?.sign(&event)
            if event[.image] == nil || change.path == nil { incomplete += 1 }
            return event
        }
        queue(events, thread)
        let lost = watch.takeLosses()
        output.count { counters in
            counters.lostInKernel += lost
            counters.incomplete += incomplete
        }
    }

    /// Queues events as there is room, and waits a little for more: the agent takes them in bursts.
    private func queue(_ events: [TelemetryEvent], _ thread: SensorThread) {
        var rest = events[...]
        var left = SensorLimit.roomMilliseconds
        while !rest.isEmpty {
            let room = output.room(.second)
            if room == 0, left > 0, thread.wait(for: -1, milliseconds: SensorLimit.roomLookMilliseconds) {
                left -= SensorLimit.roomLookMilliseconds
                continue
            }
            let portion = room == 0 ? rest : rest.prefix(room)
            output.put(Array(portion), .second)
            rest = rest.dropFirst(portion.count)
        }
    }

    /// A file system was mounted, moved or taken away. Marks that are there already stay as they are.
    private func markAgain(_ marks: inout FileMarks, _ watch: inout FileWatch) {
        let local = MountTable.localMountPoints()
        processes.mark(local)
        guard followsMounts else { return }
        let (marked, failure) = FileMarks.mark(local, group)
        state.withLock { $0.gap = failure?.why }
        marks.replace(with: marked)
        watch.directories.replace(with: marked)
    }
}
