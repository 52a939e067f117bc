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
    /// Why some file systems are not watched; nil when all are.
    private let gap: Mutex<String?>

    /// - Throws: When the kernel has no such source, or not for us, or no file system can be marked.
    init(options: SensorOptions, processes: ProcessSource, output: SensorOutput) throws(SensorError) {
        var namesTargets: Int32 = 0
        let group = firebreak_files_open(&namesTargets)
        guard group >= 0 else { throw SensorError(.files, errno: -group) }
        let mountPoints = options.mountPoints ?? MountTable.localMountPoints()
        let (marked, failure) = Self.mark(mountPoints, group)
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
        gap = Mutex(failure?.why)
    }

    deinit {
        _ = close(group)
        if mountTable >= 0 { _ = close(mountTable) }
    }

    /// Why some file systems are not watched; nil when all are.
    var trouble: String? { gap.withLock { $0 } }

    /// - Returns: The errno that the kernel ended the source with; 0 when the thread was told to end.
    func run(_ thread: SensorThread, _ shared: SensorPace) -> Int32 {
        var pace = ThreadPace(shared, isHurried: false)
        var watch = FileWatch(exemptProcessIds: exemptProcessIds)
        for mountPoint in mountPoints { watch.directories.add(mountPoint) }
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: SensorLimit.fileReadBytes, alignment: 8)
        defer { portion.deallocate() }
        var notices: [FileNotice] = []
        while true {
            let interval = pace.turn()
            if let interval, !thread.wait(for: -1, milliseconds: interval) { return 0 }
            if notices.isEmpty {
                switch thread.wait(for: group, watching: mountTable, milliseconds: -1) {
                case .stop: return 0
                case .changed: markAgain(&watch)
                case .other: break
                }
                // Of one that yields they have gathered meanwhile.
                if interval == nil, !thread.wait(for: -1, milliseconds: SensorLimit.gatheringMilliseconds) { return 0 }
            }
            let toldCount = interval == nil ? SensorLimit.fileReadsPerTurnMax : SensorLimit.yieldingFileReadsMax
            var failure = read(
                into: &notices, portionCount: SensorLimit.fileReadsPerTurnMax, toldCount: toldCount, portion, &watch)
            var changes = watch.changes(in: notices, now: SensorClock.monotonicMilliseconds())
            notices = []
            if failure == 0, changes.contains(where: { $0.path == nil }) {
                guard thread.wait(for: -1, milliseconds: SensorLimit.gatheringMilliseconds) else { return 0 }
                failure = read(into: &notices, portionCount: 1, toldCount: 1, portion, &watch)
                watch.complete(&changes, with: notices)
            }
            tell(changes, &watch, thread)
            guard failure == 0 else { return failure }
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
    private func markAgain(_ watch: inout FileWatch) {
        let local = MountTable.localMountPoints()
        processes.mark(local)
        guard followsMounts else { return }
        let (marked, failure) = Self.mark(local, group)
        gap.withLock { $0 = failure?.why }
        watch.directories.removeAll()
        for mountPoint in marked { watch.directories.add(mountPoint) }
    }

    private static func mark(
        _ mountPoints: [String], _ group: Int32
    ) -> (marked: [String], failure: (errno: Int32, why: String)?) {
        var marked: [String] = []
        var failure: (errno: Int32, why: String)?
        for mountPoint in mountPoints {
            let error = -firebreak_files_mark(group, mountPoint)
            if error == 0 {
                marked.append(mountPoint)
            } else if failure == nil {
                failure = (error, "\(mountPoint) is not watched: \(String(cString: strerror(error)))")
            }
        }
        return (marked, failure)
    }
}
