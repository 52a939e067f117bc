import CanonicalCoding
import Glibc
import Logging

/// Writes each log message as one line to standard error: for people, or as a JSON object.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let isJSON: Bool

    /// Bytes of one line: a log is read by people and by collectors that cut longer ones.
    private static let lineBytesMax = 8 << 10

    init(isJSON: Bool) { self.isJSON = isJSON }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let line = isJSON ? json(event, all) : text(event, all)
        let bytes = Array(line.utf8.prefix(Self.lineBytesMax)) + [UInt8(ascii: "\n")]
        // One call, so that lines of several threads do not mix. Nobody can be told when it fails.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private func text(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.plain("\($0.value)"))" }
        return "\(Self.clock()) \(event.level): \(Self.plain("\(event.message)"))\(fields.joined())"
    }

    /// Text from outside must not begin a line of its own, nor speak to a terminal.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    }

    private func json(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var object = JSONObject()
        object["at"] = .string(Self.clock())
        object["level"] = .string(event.level.rawValue)
        object["message"] = .string("\(event.message)")
        for (key, value) in metadata { object[key] = .string("\(value)") }
        guard let bytes = try? CanonicalJSON.encode(.object(object)) else { return "{}" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func clock() -> String { CivilTime(secondsSince1970: Int64(time(nil))).iso8601 }
}
