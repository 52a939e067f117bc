import CResponseActions
import FleetModel
import Glibc
import ResponseEngine

/// Ends one process, and never another that has its number.
struct ProcessEnd {
    private let handle: OpenFile
    private let subject: ProcessSubject

    /// Takes hold of the process, and looks whether it is still the one and still may be ended: it may have become
    /// another program since.
    ///
    /// The hold comes first: whatever is read of the number afterwards is of the process that is held, or of one that
    /// came later and is refused.
    init(_ subject: ProcessSubject, protected: ProtectedList) throws(ResponseError) {
        self.subject = subject
        let name = "process \(subject.processId)"
        let opened = firebreak_process_open(subject.processId)
        guard opened >= 0 else { throw ResponseError(call: "pidfd_open", result: Int(opened), subject: name) }
        handle = OpenFile(opened)
        guard let start = Self.start(of: subject.processId), subject.isSame(startedAt: start) else {
            throw ResponseError(
                .subjectGone, subject: name, message: "it has ended, and another may have its number; nothing is done")
        }
        let image = Self.image(of: subject.processId) ?? subject.image
        if let reason = protected.reason(toSpare: subject.processId, image: image, ancestorImages: []) {
            throw ResponseError(.subjectRefused, subject: name, message: "it has become \(image): \(reason)")
        }
    }

    /// - Returns: Whether it was gone within `ResponseLimit.endDeadlineMilliseconds`.
    func kill() throws(ResponseError) -> Bool {
        let result = firebreak_process_kill(handle.descriptor)
        guard result == 0 else {
            throw ResponseError(call: "kill", result: Int(result), subject: "process \(subject.processId)")
        }
        var event = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, ResponseLimit.endDeadlineMilliseconds) == 1
    }

    /// Whether the process is still there.
    static func isRunning(_ subject: ProcessSubject) -> Bool {
        start(of: subject.processId).map(subject.isSame) ?? false
    }

    /// When the process that has the number now began; nil when none has.
    static func start(of processId: Int32) -> Moment? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let file = open("/proc/\(processId)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        close(file)
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        // Field 22, counted after the name, which may hold spaces and parentheses.
        let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
        // The kernel gives user space 100 ticks a second on every architecture (USER_HZ).
        let boot = (nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME)) / 1_000_000
        return Moment(milliseconds: boot) + .milliseconds(ticks.multipliedReportingOverflow(by: 10).partialValue)
    }

    private static func image(of processId: Int32) -> String? {
        var bytes = [CChar](repeating: 0, count: SubjectPath.bytesMax + 1)
        let count = readlink("/proc/\(processId)/exe", &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
