import CLinuxSensor
import FleetModel
import Glibc

/// What the kernel tells of a process under `/proc/PID` (proc(5)), as far as it was still there.
struct ProcessFacts: Equatable {
    /// Nil when the process had ended, or is a thread of the kernel.
    var image: String?
    /// Arguments joined by spaces; nil as for `image`, or when it has none.
    var commandLine: String?
    var currentDirectory: String?
    var parentProcessId: Int32?
    var user: UInt32?
    /// The user that logged in; nil when nobody has.
    var loginUser: UInt32?
    /// Clock ticks from boot to the start of the process.
    var startTicks: UInt64?
}

/// Reads `/proc`. Another root is for tests.
struct ProcFiles: Sendable {
    var root = "/proc"

    /// The ids of all processes there are, ascending.
    func processIds() -> [Int32] {
        guard let folder = opendir(root) else { return [] }
        defer { closedir(folder) }
        var ids: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let id = Int32(name), id > 0 { ids.append(id) }
        }
        return ids.sorted()
    }

    /// Why processes of other users cannot be read; nil when they can.
    var blindness: String? {
        Self.bytes(atPath: "\(root)/self/status", bytesMax: 4096).flatMap(Self.canReadOthers) ?? false
            ? nil
            : "processes of other users are without image and owner; run the agent as root or with CAP_SYS_PTRACE"
    }

    /// Whether CAP_SYS_PTRACE, bit 19, is among the effective capabilities in `status`; nil when they are not there.
    static func canReadOthers(status: [UInt8]) -> Bool? {
        for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "CapEff:".utf8) {
            let digits = line.dropFirst(7).drop { $0 == 9 || $0 == 32 }
            return UInt64(String(decoding: digits, as: UTF8.self), radix: 16).map { $0 & 1 << 19 != 0 }
        }
        return nil
    }

    /// What can be known of a process now; nil when it is gone.
    ///
    /// The folder is opened once and looked into, so that all facts are of one process even when its number is given to
    /// another meanwhile. What an execution is judged by comes first: a short-lived process ends in between.
    func facts(of processId: Int32, textBytesMax: Int, wantsStart: Bool = false) -> ProcessFacts? {
        let folder = firebreak_open_folder("\(root)/\(processId)")
        guard folder >= 0 else { return nil }
        defer { close(folder) }
        var facts = ProcessFacts()
        facts.image = Self.link("exe", in: folder).map(Self.withoutDeletedMark)
        facts.commandLine = Self.bytes(of: "cmdline", in: folder, bytesMax: textBytesMax).flatMap(Self.joined)
        facts.currentDirectory = Self.link("cwd", in: folder)
        if let status = Self.bytes(of: "status", in: folder, bytesMax: 4096) {
            facts.parentProcessId = Self.value(of: "PPid:", in: status).flatMap { Int32(exactly: $0) }
            facts.user = Self.value(of: "Uid:", in: status).flatMap { UInt32(exactly: $0) }
        }
        if let login = Self.bytes(of: "loginuid", in: folder, bytesMax: 16) {
            let number = Self.number(in: login[...])
            // All ones: nobody logged in (audit's AUDIT_UID_UNSET).
            facts.loginUser = number.flatMap { UInt32(exactly: $0) }.flatMap { $0 == .max ? nil : $0 }
        }
        if wantsStart, let stat = Self.bytes(of: "stat", in: folder, bytesMax: 1024) {
            facts.startTicks = Self.startTicks(in: stat)
        }
        return facts
    }

    private static func link(_ name: String, in folder: Int32) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: SensorLimit.pathBytesMax) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { target in
                target.baseAddress.map { max(0, readlinkat(folder, name, $0, target.count)) } ?? 0
            }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// A file that was replaced while its process runs, as by an update, keeps its name.
    private static func withoutDeletedMark(_ path: String) -> String {
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    /// The beginning of a file; nil when it cannot be opened.
    static func bytes(atPath path: String, bytesMax: Int) -> [UInt8]? {
        bytes(of: path, in: AT_FDCWD, bytesMax: bytesMax)
    }

    private static func bytes(of name: String, in folder: Int32, bytesMax: Int) -> [UInt8]? {
        let file = firebreak_open_at(folder, name)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            count = 0
            while count < bytesMax {
                let taken = read(file, buffer.baseAddress?.advanced(by: count), bytesMax - count)
                guard taken > 0 else { break }
                count += taken
            }
        }
    }

    /// Arguments, which are divided by zero bytes, with spaces between.
    static func joined(_ arguments: [UInt8]) -> String? {
        var bytes = arguments
        while bytes.last == 0 { bytes.removeLast() }
        guard !bytes.isEmpty else { return nil }
        for index in bytes.indices where bytes[index] == 0 { bytes[index] = UInt8(ascii: " ") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first number after `name` at the start of a line.
    static func value(of name: String, in text: [UInt8]) -> UInt64? {
        // No list of lines is made: this is done for each execution.
        var rest = text[...]
        while !rest.starts(with: name.utf8) {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            rest = rest[(end + 1)...]
        }
        return number(in: rest.dropFirst(name.utf8.count))
    }

    private static func number(in text: ArraySlice<UInt8>) -> UInt64? {
        let digits = text.drop { $0 == 9 || $0 == 32 }.prefix { (48...57).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    /// Field 22 of `stat`. Counted after the last parenthesis: a process may choose a name with spaces and parentheses.
    static func startTicks(in stat: [UInt8]) -> UInt64? {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 19 ? number(in: fields[19]) : nil
    }
}
