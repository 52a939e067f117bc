import CLinuxSensor
import Glibc

/// The programs that processes opened to execute them, for those that end before `/proc` can be read.
///
/// A group of its own beside that for changes: what is in it is looked at only when an execution is heard of, so that an
/// execution wakes no second thread.
struct ExecutionNames {
    private var group: Int32
    private var directories: DirectoryNames
    /// By process, what it opened since its last execution, oldest first.
    private var opened: [Int32: [FileName]] = [:]
    /// What one reading takes; the same each time, since so large a piece of memory is dear to take and to give back.
    private var portion = [UInt8](repeating: 0, count: SensorLimit.fileReadBytes)

    /// - Parameter group: -1 for none.
    init(group: Int32 = -1, directories: DirectoryNames = DirectoryNames()) {
        self.group = group
        self.directories = directories
    }

    /// Watches for programs on these file systems; those that cannot be marked have none that are known by this.
    mutating func mark(_ mountPoints: [String]) {
        guard group >= 0 else { return }
        directories.removeAll()
        for mountPoint in mountPoints where firebreak_executions_mark(group, mountPoint) == 0 {
            directories.add(mountPoint)
        }
    }

    mutating func close() {
        if group >= 0 { _ = Glibc.close(group) }
        group = -1
    }

    /// Takes what the kernel has told until now. An overflow costs no event, only some names.
    mutating func catchUp() {
        guard group >= 0 else { return }
        for _ in 0..<SensorLimit.readsPerTurnMax {
            let count = portion.withUnsafeMutableBytes { firebreak_files_read(group, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            note(FileNotice.decode(portion.span.extracting(..<count).bytes).notices)
        }
    }

    mutating func note(_ notices: [FileNotice]) {
        for notice in notices where notice.has(FileNotice.Mask.openExec) && !notice.has(FileNotice.Mask.onDirectory) {
            guard let name = notice.name, !Self.isLinker(name.name) else { continue }
            if opened.count >= SensorLimit.executionCountMax { opened.removeAll(keepingCapacity: true) }
            opened[notice.processId, default: []].append(name)
        }
    }

    /// The image of what a process just executed, where that is certain.
    mutating func image(of processId: Int32) -> String? {
        certainName(of: processId).flatMap { directories.path(of: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a process opened to execute it, if that was one program and no more. Of a script there are two, the script
    /// and what interprets it.
    func certainName(of processId: Int32) -> FileName? {
        guard let names = opened[processId], names.count == 1 else { return nil }
        return names[0]
    }

    /// The process was read from `/proc`, or has ended.
    mutating func forget(_ processId: Int32) { opened[processId] = nil }

    /// The dynamic linker is opened with each program that needs one.
    private static func isLinker(_ name: [UInt8]) -> Bool {
        name.starts(with: "ld-linux".utf8) || name.starts(with: "ld-musl".utf8) || name.starts(with: "ld.so".utf8)
            || name.starts(with: "ld-2.".utf8)
    }
}
