import CLinuxSensor
package import FleetModel
import Glibc

/// Recorded events, read whole and checked before the first is replayed.
package struct Recording: Sendable {
    /// In the order of the file. Never empty.
    package let events: [TelemetryEvent]

    /// - Throws: `recordingMalformed` for no events.
    package init(events: [TelemetryEvent]) throws(SensorError) {
        guard !events.isEmpty else {
            throw SensorError(.recordingMalformed, subject: "recording", message: "it holds no event; record it again")
        }
        self.events = events
    }

    /// Reads a file of lines as `RecordingLine` describes them. Empty lines are passed over.
    package init(path: String) throws(SensorError) {
        let bytes = try Self.read(path)
        var events: [TelemetryEvent] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            events.append(try RecordingLine.decode(Array(line), subject: "\(path):\(index + 1)"))
        }
        guard !events.isEmpty else {
            throw SensorError(.recordingMalformed, subject: path, message: "it holds no event; record it again")
        }
        self.events = events
    }

    private static func read(_ path: String) throws(SensorError) -> [UInt8] {
        let file = firebreak_open_at(AT_FDCWD, path)
        guard file >= 0 else {
            throw SensorError(
                .recordingUnreadable, subject: path,
                message: "\(String(cString: strerror(-file))); check the path given with --sensor replay:FILE")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            var result = 0
            let portion = [UInt8](unsafeUninitializedCapacity: 256 * 1024) { buffer, count in
                result = Glibc.read(file, buffer.baseAddress, buffer.count)
                count = max(0, result)
            }
            guard result >= 0 else {
                throw SensorError(
                    .recordingUnreadable, subject: path, message: String(cString: strerror(errno)))
            }
            guard result > 0 else { return bytes }
            bytes += portion
            guard bytes.count <= SensorLimit.recordingBytesMax else {
                throw SensorError(
                    .recordingMalformed, subject: path,
                    message: "larger than \(SensorLimit.recordingBytesMax) bytes; split it")
            }
        }
    }
}

/// Writes a recording, line by line; what was written before a crash stays readable.
package struct RecordingWriter: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Makes the file, which must not be there yet.
    package init(path: String) throws(SensorError) {
        try self.init(path: path, flags: O_CREAT | O_EXCL)
    }

    /// Opens a file that is there.
    init(appendingTo path: String) throws(SensorError) {
        try self.init(path: path, flags: O_APPEND)
    }

    private init(path: String, flags: Int32) throws(SensorError) {
        self.path = path
        descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
        guard descriptor >= 0 else {
            throw SensorError(
                .recordingUnwritable, subject: path,
                message: "\(String(cString: strerror(errno))); name a file that does not exist in a writable folder")
        }
    }

    deinit { close(descriptor) }

    package func write(_ event: TelemetryEvent) throws(SensorError) {
        let line = try RecordingLine.encode(event) + [UInt8(ascii: "\n")]
        var position = 0
        while position < line.count {
            let written = line.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: position), bytes.count - position)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw SensorError(
                    .recordingUnwritable, subject: path,
                    message: "\(String(cString: strerror(errno))); free some space and record again")
            }
            position += written
        }
    }
}
