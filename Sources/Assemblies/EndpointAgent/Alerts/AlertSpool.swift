import ControlWire
import DurableFiles

/// Alerts on disk until the control plane has said that it holds them: one file each, named by its sequence.
///
/// A kill between two steps loses no alert that `append` has taken, and uses no sequence twice: sequences are reserved
/// in blocks, and what a kill leaves of a block is skipped.
struct AlertSpool: Sendable {
    /// Alerts that wait: at the rate limit of one rule two hours, at most 64 MiB.
    static let countMax = 1000
    /// Sequences reserved with one fsync.
    static let blockCount: UInt64 = 1000
    /// Bytes of findings in one check-in: half of what a request may have.
    static let batchBytesMax = 512 << 10

    private let directory: String
    private let files: DurableFiles
    /// Ascending.
    private(set) var waiting: [UInt64]
    private var next: UInt64
    private var reservedEnd: UInt64
    /// Alerts that found no room, or that the disk did not take, since the agent started.
    private(set) var lost: UInt64 = 0

    private static let suffix = ".json"
    private var reservation: String { "\(directory)/reserved" }

    /// Takes up what is there.
    ///
    /// - Parameter freshStart: Where sequences begin when it is not known which were used: milliseconds since 1970 lie
    ///   above any count of alerts.
    init(directory: String, files: DurableFiles, freshStart: UInt64) throws(FileError) {
        self.directory = directory
        self.files = files
        let names = try files.names(in: directory)
        waiting = names.filter { $0.hasSuffix(Self.suffix) }.compactMap { UInt64($0.dropLast(Self.suffix.count)) }
            .sorted()
        let bytes = (try? files.read("\(directory)/reserved", bytesMax: 64)) ?? []
        next = max(UInt64(String(decoding: bytes, as: UTF8.self)) ?? freshStart, (waiting.last ?? 0) + 1)
        reservedEnd = next
    }

    /// The sequence that the next alert will have.
    var nextSequence: UInt64 { next }

    /// Keeps a finding, durably. False when there is no room, or the disk does not take it: counted as lost.
    mutating func append(_ finding: [UInt8]) -> Bool {
        guard waiting.count < Self.countMax else {
            lost += 1
            return false
        }
        do throws(FileError) {
            if next >= reservedEnd {
                try files.write(Array("\(next + Self.blockCount)".utf8), to: reservation)
                reservedEnd = next + Self.blockCount
            }
            try files.write(finding, to: file(next))
            waiting.append(next)
            next += 1
            return true
        } catch {
            lost += 1
            return false
        }
    }

    /// The oldest alerts that fit into one check-in. One that is gone, empty or oversized is given up and counted; one
    /// that cannot be read now holds back those behind it, since alerts are acknowledged in their order.
    mutating func batch() -> [AlertReport] {
        var alerts: [AlertReport] = []
        var bytes = 0
        for sequence in waiting.prefix(ControlWireLimit.alertCountMax) {
            var finding: [UInt8] = []
            do throws(FileError) {
                finding = try files.read(file(sequence), bytesMax: ControlWireLimit.findingBytesMax)
            } catch {
                guard error.code == .notFound || error.code == .oversized else { break }
            }
            guard !finding.isEmpty else {
                forget(sequence)
                lost += 1
                continue
            }
            bytes += finding.count
            guard bytes <= Self.batchBytesMax else { break }
            alerts.append(AlertReport(sequence: sequence, finding: finding))
        }
        return alerts
    }

    /// The control plane holds every alert up to `sequence` durably.
    mutating func acknowledge(through sequence: UInt64) {
        // More than was ever sent is no acknowledgement of what comes.
        for held in waiting.prefix(while: { $0 <= sequence }) { forget(held) }
    }

    private mutating func forget(_ sequence: UInt64) {
        // Not made durable: one that a power cut brings back is sent again, and the control plane keeps it once.
        _ = try? files.discard(file(sequence))
        waiting.removeAll { $0 == sequence }
    }

    private func file(_ sequence: UInt64) -> String { "\(directory)/\(sequence)\(Self.suffix)" }
}
