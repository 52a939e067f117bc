import ControlWire
import DurableFiles
import FleetModel
import Glibc

/// What this machine is, from the kernel and its files. What cannot be read is `unknown`: a cohort of its own.
enum HostDescription {
    private static let unknown = "unknown"
    /// Bytes of a file about the host.
    private static let fileBytesMax = 64 << 10

    static func read(tags: [String: String]) -> EndpointDescription {
        var system = utsname()
        uname(&system)
        let release = osRelease(text(of: "/etc/os-release") ?? text(of: "/usr/lib/os-release") ?? "")
        return EndpointDescription(
            hostName: string(&system.nodename),
            cohort: CohortAttributes(
                os: "linux", osVersion: release, kernel: string(&system.release), agentVersion: AgentVersion.current,
                model: text(of: "/sys/class/dmi/id/product_name") ?? unknown, tags: tags))
    }

    /// `debian-12` from os-release(5).
    static func osRelease(_ text: String) -> String {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[parts[0]] = parts[1].drop { $0 == "\"" || $0 == "'" }
        }
        func value(_ key: Substring) -> String? {
            values[key].map { String($0.prefix { $0 != "\"" && $0 != "'" }) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let id = value("ID") else { return unknown }
        return value("VERSION_ID").map { "\(id)-\($0)" } ?? id
    }

    private static func text(of path: String) -> String? {
        // Files of /sys and /etc may be links; they are the system's own.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: fileBytesMax) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
        let line = String(decoding: bytes, as: UTF8.self)
        let trimmed = line.last == "\n" ? String(line.dropLast()) : line
        return trimmed.isEmpty ? nil : trimmed
    }

    private static func string<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
