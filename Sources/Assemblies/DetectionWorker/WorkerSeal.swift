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
    package enum Code: String, Sendable, CaseIterable {
        /// Inherited descriptors could not be closed.
        case descriptors = "seal.descriptors"
        /// Memory, processor, process or file limits could not be set.
        case limits = "seal.limits"
        /// Capabilities could not be dropped, or no_new_privs not set.
        case privileges = "seal.privileges"
        /// The process could not be made undumpable.
        case undumpable = "seal.undumpable"
        /// Landlock is missing or did not take hold.
        case landlock = "seal.landlock"
        /// The seccomp filter was not taken.
        case seccomp = "seal.seccomp"
        /// The engine failed its own sample before the seal: the installation is damaged.
        case warmUp = "seal.warm_up"

        var nextStep: String {
            switch self {
            case .descriptors: "Use Linux 5.9 or later, and start the worker through the agent."
            case .limits: "Mount /proc, and let the service set resource limits."
            case .privileges: "Let the service drop its capabilities."
            case .undumpable: "Let the service call prctl."
            case .landlock: "Use Linux 5.13 or later, with landlock in the list of the lsm= boot parameter."
            case .seccomp: "Use a kernel with CONFIG_SECCOMP_FILTER, and let the service call seccomp."
            case .warmUp: "Install the worker again."
            }
        }
    }

    package let code: Code
    package let message: String
    /// What was applied up to then.
    package let report: SealReport

    init(_ code: Code, reason: String, report: SealReport) {
        self.code = code
        message = "\(reason). \(code.nextStep)"
        self.report = report
    }

    /// From the step that failed and the kernel's answer.
    init(step: Int32, errno number: Int32, report: SealReport) {
        let code: Code =
            switch step {
            case Int32(FIREBREAK_SEAL_DESCRIPTORS.rawValue): .descriptors
            case Int32(FIREBREAK_SEAL_LIMITS.rawValue): .limits
            case Int32(FIREBREAK_SEAL_PRIVILEGES.rawValue): .privileges
            case Int32(FIREBREAK_SEAL_UNDUMPABLE.rawValue): .undumpable
            case Int32(FIREBREAK_SEAL_LANDLOCK.rawValue): .landlock
            default: .seccomp
            }
        self.init(code, reason: "\(String(cString: strerror(number))) (errno \(number))", report: report)
    }
}
