import FleetModel
import Glibc
import WorkerSandbox
import WorkerWire

/// Starts the worker and checks its seal: by its own word, and by what the kernel says of the process.
struct SealStage {
    let plan: LabPlan

    func run() async -> StageReport {
        var report = StageReport()
        let worker: LabWorker
        do throws(LabDeath) {
            worker = try await LabWorker.start(plan.launch, deadline: plan.budget.loadDeadline)
        } catch {
            let code: LabFinding.Code = error.code == .workerMissing ? .workerMissing : .sealBroken
            report.find(.failure, code, plan.launch.executable, "the worker did not start: \(error.words)")
            return report
        }
        defer { worker.process.kill() }
        let hello = worker.hello
        report.count("landlock_abi", hello.seal.landlockABI)
        report.count("system_calls_allowed", hello.seal.allowedCallCount)
        report.count("address_space_bytes", hello.seal.addressSpaceBytesMax)
        if hello.wireVersion != WireLimit.version {
            report.find(
                .failure, .sealBroken, "wire version",
                "the worker speaks version \(hello.wireVersion), and this lab \(WireLimit.version)")
        }
        if !hello.seal.isComplete {
            report.find(.failure, .sealBroken, "seal", "by its own word the worker is not sealed whole")
        }
        if hello.isChaotic != plan.obeysChaos {
            report.find(
                .failure, .sealBroken, "chaos",
                hello.isChaotic ? "the worker obeys fault markers" : "the worker does not obey fault markers")
        }
        checkKernel(worker.process.processId, &report)
        return report
    }

    /// What proc(5) must say of a sealed process: `no_new_privs` set, a seccomp filter (2) in force, no capability, one
    /// thread.
    static let wantedStatus = [
        ("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapEff", "0000000000000000"), ("CapPrm", "0000000000000000"),
        ("Threads", "1"),
    ]

    private func checkKernel(_ processId: Int32, _ report: inout StageReport) {
        guard let status = Self.status(of: processId) else {
            report.find(
                .failure, .sealBroken, "/proc/\(processId)/status",
                "the kernel's own word on the seal cannot be read, so nothing but the worker's is known")
            return
        }
        var held = 0
        for (name, wanted) in Self.wantedStatus {
            let found = status[name] ?? "nothing"
            if found == wanted {
                held += 1
            } else {
                report.find(
                    .failure, .sealBroken, name,
                    "the kernel says \(found) of the worker, and a sealed one has \(wanted)")
            }
        }
        report.count("kernel_checks_held", held)
    }

    /// The lines of `/proc/PID/status` by their names; nil when it cannot be read.
    static func status(of processId: Int32) -> [String: String]? {
        let file = open("/proc/\(processId)/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        var status: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            status[String(line[..<colon])] = String(value)
        }
        return status.isEmpty ? nil : status
    }
}
