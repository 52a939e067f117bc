import CanonicalCoding
import DurableFiles
import FleetModel
import Synchronization

/// What has happened here since the active release became active: whether the machine started anew, and for how long the
/// release was in use. On disk, since a reboot ends the agent too.
///
/// A rollout may ask for it before it calls an endpoint proven. A lost or damaged file begins the count anew, which only
/// makes that later.
final class ActivationLog: Sendable {
    /// Time between two checks that counts as use, at most: longer, and the machine slept in between.
    static let gapMax = Moment.Span.minutes(2)
    /// How much counted use a crash may lose.
    static let writeInterval = Moment.Span.seconds(60)

    private struct Record: Codable, Equatable {
        var digest: Digest
        /// The kernel's boot id when the release became active.
        var bootID: String
        var usedMilliseconds: Int64
    }

    private struct State {
        var record: Record?
        var writtenUse: Int64 = 0
        /// When the active release was last seen active, since this agent started.
        var lastLook: Moment?
    }

    private let state: Mutex<State>
    private let path: String
    private let files: DurableFiles
    private let bootID: String

    init(path: String, files: DurableFiles, bootID: String) {
        self.path = path
        self.files = files
        self.bootID = bootID
        let read = (try? files.read(path, bytesMax: StateDirectory.smallFileBytesMax)).flatMap { bytes in
            try? CodableJSON.decode(
                Record.self, from: bytes, limits: .init(bytesMax: StateDirectory.smallFileBytesMax), keys: .snakeCase)
        }
        state = Mutex(State(record: read, writtenUse: read?.usedMilliseconds ?? 0))
    }

    /// Notes which release is active now; nil: none is.
    func look(active: Digest?, at now: Moment) {
        state.withLock { state in
            defer { state.lastLook = active == nil ? nil : now }
            guard let active else { return }
            guard var record = state.record, record.digest == active else {
                let record = Record(digest: active, bootID: bootID, usedMilliseconds: 0)
                state.record = record
                return write(record, &state)
            }
            guard let last = state.lastLook else { return }
            let passed = min(max(now - last, .zero), Self.gapMax)
            record.usedMilliseconds += passed.milliseconds
            state.record = record
            if record.usedMilliseconds - state.writtenUse >= Self.writeInterval.milliseconds { write(record, &state) }
        }
    }

    /// What is known of a release; nil when it is not the active one.
    func known(of digest: Digest) -> (hasRebooted: Bool, usedSeconds: UInt64)? {
        state.withLock { state in
            guard let record = state.record, record.digest == digest else { return nil }
            // Without a boot id nothing tells one boot from another.
            let hasRebooted = !bootID.isEmpty && !record.bootID.isEmpty && record.bootID != bootID
            return (hasRebooted, UInt64(max(0, record.usedMilliseconds) / 1000))
        }
    }

    /// What cannot be written is counted all the same, and written with the next.
    private func write(_ record: Record, _ state: inout State) {
        guard let bytes = try? CodableJSON.encode(record, keys: .snakeCase) else { return }
        if (try? files.write(bytes, to: path)) != nil { state.writtenUse = record.usedMilliseconds }
    }
}
