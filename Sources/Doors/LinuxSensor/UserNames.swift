import CLinuxSensor
import Glibc

/// Names of users by their number, from `/etc/passwd` (passwd(5)).
///
/// The file and not the name service: that may ask the network, and would then make the sensor wait for it.
struct UserNames {
    private let path: String
    private var names: [UInt32: String] = [:]
    private var readAt: Int64?

    init(path: String = "/etc/passwd") { self.path = path }

    /// The user's name, or the number where the file has none. The file is read again for a number that is not known,
    /// at most once in `SensorLimit.passwdIntervalMilliseconds`; `now` is in milliseconds of any steady clock.
    mutating func name(of user: UInt32, now: Int64) -> String {
        if let name = names[user] { return name }
        if readAt.map({ now - $0 >= SensorLimit.passwdIntervalMilliseconds }) ?? true {
            readAt = now
            names = Self.parse(Self.read(path))
        }
        return names[user] ?? String(user)
    }

    static func parse(_ text: [UInt8]) -> [UInt32: String] {
        var names: [UInt32: String] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count > 3, !fields[0].isEmpty, let user = UInt32(String(decoding: fields[2], as: UTF8.self))
            else { continue }
            // The first entry of a number counts, as for getpwuid(3).
            if names[user] == nil { names[user] = String(decoding: fields[0], as: UTF8.self) }
        }
        return names
    }

    private static func read(_ path: String) -> [UInt8] {
        let file = firebreak_open_at(AT_FDCWD, path)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var text: [UInt8] = []
        while text.count < SensorLimit.passwdBytesMax {
            let portion = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
            }
            if portion.isEmpty { break }
            text += portion
        }
        return text
    }
}
