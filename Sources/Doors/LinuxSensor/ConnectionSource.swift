import CLinuxSensor
import FleetModel
import Glibc

/// Looks at the machine's TCP connections now and then, on a thread of its own.
struct ConnectionSource {
    private let processes: ProcessSource
    private let output: SensorOutput
    private let exemptProcessIds: Set<Int32>
    private let files = ProcFiles()
    private var watch = ConnectionWatch()
    private var lastOpenedCount: UInt64?
    private var toldUnsampledCount: UInt64 = 0
    /// Owners of connections lately, latest first.
    private var recentOwners: [Int32] = []

    /// Takes the first look.
    init(options: SensorOptions, processes: ProcessSource, output: SensorOutput) throws(SensorError) {
        self.processes = processes
        self.output = output
        exemptProcessIds = options.exemptProcessIds.union([getpid()])
        try look()
    }

    /// - Returns: Why it ended; nil when the thread was told to end.
    mutating func run(_ thread: SensorThread) -> SensorError? {
        var pause = SensorLimit.connectionMilliseconds
        while thread.wait(for: -1, milliseconds: Int32(pause)) {
            let start = firebreak_thread_nanoseconds()
            do throws(SensorError) { try look() } catch { return error }
            let used = Int64(clamping: firebreak_thread_nanoseconds() - start)
            pause = Self.pause(after: used)
        }
        return nil
    }

    /// Milliseconds until the next look, after one that took so much processor time.
    static func pause(after usedNanoseconds: Int64) -> Int64 {
        let wanted = min(usedNanoseconds, 1_000_000_000_000) / 1_000_000 * SensorLimit.connectionShareDivisor
        return min(max(wanted, SensorLimit.connectionMilliseconds), SensorLimit.connectionMillisecondsMax)
    }

    private mutating func look() throws(SensorError) {
        let openedCount = ProcFiles.bytes(atPath: "/proc/self/net/snmp", bytesMax: 16 * 1024)
            .flatMap(ConnectionWatch.openedCount)
        // Nothing was opened: nothing is new, and the larger question need not be asked.
        if let openedCount, openedCount == lastOpenedCount { return }
        let sockets = try Self.sockets()
        lastOpenedCount = openedCount
        let opened = watch.look(sockets, openedCount: openedCount)
        tell(opened)
        let unsampled = watch.unsampledCount
        output.count { $0.unsampled = unsampled }
    }

    private mutating func tell(_ opened: [ConnectionWatch.Opened]) {
        guard !opened.isEmpty else { return }
        let owners = owners(of: opened.map(\.socket.inode))
        processes.catchUp()
        let moment = SensorClock.now()
        var incomplete: UInt64 = 0
        for connection in opened {
            let owner = owners[connection.socket.inode]
            if let owner, exemptProcessIds.contains(owner) { continue }
            var event = connection.event(at: moment)
            if let owner { event[.processId] = .integer(Int64(owner)) }
            if let actor = owner.flatMap(processes.actor) {
                actor.sign(&event)
            } else {
                event[.user] = .text(processes.userName(connection.socket.user))
            }
            if event[.image] == nil { incomplete += 1 }
            output.put(event, .second)
        }
        output.count { $0.incomplete += incomplete }
    }

    /// The processes that hold these sockets, as many as are found in `SensorLimit.searchNanosecondsMax`.
    private mutating func owners(of inodes: [UInt64]) -> [UInt64: Int32] {
        let wanted = Set(inodes.filter { $0 != 0 }).sorted().prefix(SensorLimit.searchedSocketCountMax)
        guard !wanted.isEmpty else { return [:] }
        var owners: [UInt64: Int32] = [:]
        var left = Array(wanted)
        let deadline = firebreak_thread_nanoseconds() + SensorLimit.searchNanosecondsMax
        let first = Array(exemptProcessIds) + recentOwners
        // The youngest first: a process that has just begun is likelier to have just connected.
        let rest = files.processIds().reversed().filter { !first.contains($0) }
        for processId in first + rest {
            if left.isEmpty || firebreak_thread_nanoseconds() > deadline { break }
            var found = [UInt8](repeating: 0, count: left.count)
            guard firebreak_sockets_held("/proc/\(processId)/fd", left, left.count, &found, deadline) > 0 else {
                continue
            }
            for (inode, isFound) in zip(left, found) where isFound != 0 { owners[inode] = processId }
            left.removeAll { owners[$0] != nil }
            recentOwners.removeAll { $0 == processId }
            recentOwners.insert(processId, at: 0)
        }
        recentOwners = Array(recentOwners.prefix(SensorLimit.recentOwnerCountMax))
        return owners
    }

    private static func sockets() throws(SensorError) -> [SocketRecord] {
        let diagnosis = firebreak_sockets_request()
        guard diagnosis >= 0 else { throw SensorError(.connections, errno: -diagnosis) }
        defer { _ = close(diagnosis) }
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: SensorLimit.socketReadBytes, alignment: 8)
        defer { portion.deallocate() }
        var records: [SocketRecord] = []
        while records.count < SensorLimit.socketCountMax {
            let count = firebreak_sockets_read(diagnosis, portion.baseAddress, portion.count)
            guard count > 0 else { throw SensorError(.connections, errno: count == 0 ? EPROTO : Int32(-count)) }
            let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(portion)[..<count])
            switch SocketRecord.decode(bytes, into: &records, countMax: SensorLimit.socketCountMax) {
            case .more: break
            case .done: return records
            case .failed(let number): throw SensorError(.connections, errno: number)
            }
        }
        return records
    }
}
