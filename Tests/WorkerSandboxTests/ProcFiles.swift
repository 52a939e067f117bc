import Glibc

/// What the kernel says of a process (proc(5)).
enum ProcFiles {
    static func text(of path: String) -> String {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The lines of `/proc/PID/status`, by name.
    static func status(of processId: Int32) -> [String: String] {
        var values: [String: String] = [:]
        for line in text(of: "/proc/\(processId)/status").split(separator: "\n") {
            let parts = line.split(separator: ":\t", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        return values
    }

    static func descriptors(of processId: Int32) -> [String] {
        guard let folder = opendir("/proc/\(processId)/fd") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
