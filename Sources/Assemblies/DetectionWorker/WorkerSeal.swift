import CWorkerSandbox
import Glibc
package import WorkerWire

/// Takes from this process all that it will not need, before the first byte from outside is read.
package enum WorkerSeal {
    /// Address space beyond what start-up uses, 256 MiB. A program of 16 MiB takes up to 64 MiB loaded, twice while the
    /// one before is still held, and up to 48 MiB on its way through the channel.
    package static let memoryBytesMax: UInt64 = 256 * 1024 * 1024
    /// Processor seconds until the kernel ends the process, unless the agent extends them after an answered ping.
    package static let processorSecondsMax: UInt64 = 20

    /// To be called once, by the only thread, when everything that is loaded lazily has been used once.
    package static func seal() -> Result<SealReport, SealFailure> {
        var applied = firebreak_seal_report()
        let result = firebreak_seal(memoryBytesMax, processorSecondsMax, &applied)
        let report = SealReport(
            measures: .init(rawValue: applied.measures), landlockABI: applied.landlock_abi,
            allowedCallCount: applied.allowed_call_count, addressSpaceBytesMax: applied.address_space_bytes_max)
        guard result == 0, report.isComplete else {
            return .failure(SealFailure(step: applied.failed_step, errno: applied.failed_errno, report: report))
        }
        return .success(report)
    }
}

/// Why a worker could not seal itself. It must not read a byte after that.
package struct SealFailure: Error, Equatable, Sendable {
    /// A stable code: `seal.` and the step that failed.
    package let code: String
    package let message: String
    /// What was applied up to then.
    package let report: SealReport

    init(step: Int32, errno number: Int32, report: SealReport) {
        let (name, remedy) = Self.describe(step: step)
        code = "seal.\(name)"
        message = "\(String(cString: strerror(number))) (errno \(number)); \(remedy)"
        self.report = report
    }

    private static func describe(step: Int32) -> (name: String, remedy: String) {
        switch step {
        case Int32(FIREBREAK_SEAL_DESCRIPTORS.rawValue):
            ("descriptors", "close_range needs Linux 5.9 or later, and a channel on descriptor 3")
        case Int32(FIREBREAK_SEAL_LIMITS.rawValue): ("limits", "mount /proc, and let the service set resource limits")
        case Int32(FIREBREAK_SEAL_PRIVILEGES.rawValue): ("privileges", "let the service drop its capabilities")
        case Int32(FIREBREAK_SEAL_UNDUMPABLE.rawValue): ("undumpable", "let the service call prctl")
        case Int32(FIREBREAK_SEAL_LANDLOCK.rawValue):
            ("landlock", "boot with landlock in the list of the lsm= parameter, on Linux 5.13 or later")
        case Int32(FIREBREAK_SEAL_SECCOMP.rawValue):
            ("seccomp", "use a kernel with CONFIG_SECCOMP_FILTER, and let the service call seccomp")
        default: ("unknown", "report this: the steps and the kernel's answers do not agree")
        }
    }
}
