import CLinuxSensor
import FleetModel
import Glibc
import Synchronization

/// Follows the changes of files on the marked file systems, on a thread of its own.
final class FileSource: Sendable {
    /// Open until the thread ends.
    private let group: Int32
    /// `/proc/self/mountinfo`, which tells when it changes; -1 where the file systems were given.
    private let mountTable: Int32
    private let mountPoints: [String]
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
        let mountTable = options.mountPoints == nil ? firebreak_open_at(AT_FDCWD, Self.mountTablePath) : -1
        let mountPoints = options.mountPoints ?? Self.localMountPoints()
        let (marked, failure) = Self.mark(mountPoints, group)
        guard !marked.isEmpty else {
            _ = close(group)
            if mountTable >= 0 { _ = close(mountTable) }
            throw SensorError(.files, errno: failure?.errno ?? ENODEV)
        }
        self.group = group
        self.mountTable = mountTable
        self.mountPoints = marked
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
    func run(_ thread: SensorThread) -> Int32 {
        var watch = FileWatch(exemptProcessIds: exemptProcessIds)
        add(mountPoints, to: &watch)
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: SensorLimit.fileReadBytes, alignment: 8)
        defer { portion.deallocate() }
        while true {
            switch thread.wait(for: group, watching: mountTable, milliseconds: -1) {
            case .stop: return 0
            case .changed: markAgain(&watch)
            case .other: break
            }
            guard thread.wait(for: -1, milliseconds: SensorLimit.gatheringMilliseconds) else { return 0 }
            for _ in 0..<SensorLimit.readsPerTurnMax {
                let count = firebreak_files_read(group, portion.baseAddress, portion.count)
                if count < 0 { return Int32(-count) }
                if count == 0 { break }
                take(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(portion)[..<count]), &watch)
            }
        }
    }

    private func take(_ bytes: RawSpan, _ watch: inout FileWatch) {
        let (overflows, incomplete) = (watch.overflowCount, watch.incompleteCount)
        let changes = watch.changes(in: bytes, now: SensorClock.monotonicMilliseconds())
        var lacking = watch.incompleteCount - incomplete
        if !changes.isEmpty { processes.catchUp() }
        // Many changes in a row are by one process.
        var actors: [Int32: ProcessActor] = [:]
        let moment = SensorClock.now()
        for change in changes {
            var event = change.event(at: moment)
            let actor = actors[change.processId] ?? processes.actor(change.processId)
            actors[change.processId] = actor
            actor?.sign(&event)
            if event[.image] == nil, change.isWhole { lacking += 1 }
            output.put(event, .second)
        }
        let lost = watch.overflowCount - overflows
        output.count { counters in
            counters.lostInKernel += lost
            counters.incomplete += lacking
        }
    }

    /// A file system was mounted, moved or taken away. Marks that are there already stay as they are.
    private func markAgain(_ watch: inout FileWatch) {
        let (marked, failure) = Self.mark(Self.localMountPoints(), group)
        gap.withLock { $0 = failure?.why }
        watch.directories.removeAll()
        add(marked, to: &watch)
    }

    private func add(_ mountPoints: [String], to watch: inout FileWatch) {
        for mountPoint in mountPoints {
            watch.directories.add(mountPoint)
            processes.mark(mountPoint)
        }
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

    private static let mountTablePath = "/proc/self/mountinfo"

    private static func localMountPoints() -> [String] {
        let text = ProcFiles.bytes(atPath: mountTablePath, bytesMax: SensorLimit.mountTableBytesMax) ?? []
        return MountTable.localMountPoints(in: text)
    }
}
