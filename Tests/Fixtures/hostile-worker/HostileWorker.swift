import DetectionWorker
import Glibc
import WorkerWire

/// A worker that has been taken over: it seals itself with the code of the shipping worker, says hello, waits for a
/// frame from its agent, and then does the deed that its argument names; or works with one fault (``FragileWorker``). A deed that the kernel let through is
/// answered by a fault frame, so that a test can tell a refused call from one that was never made.
@main enum HostileWorker {
    static func main() {
        let arguments = CommandLine.arguments
        let fragile = arguments.count >= 2 ? FragileWorker.Fault(rawValue: arguments[1]) : nil
        let deed = arguments.count >= 2 ? Deeds.named(arguments[1]) : nil
        guard fragile != nil || deed != nil else { _exit(WorkerExit.usage.rawValue) }
        signal(SIGPIPE, SIG_IGN)
        let processId = UInt32(getpid())
        var channel = WorkerChannel()
        var seal = SealReport(measures: [], landlockABI: 0, allowedCallCount: 0, addressSpaceBytesMax: 0)
        // The control: the same deed without the seal must come through, or the test proves nothing.
        if !arguments.contains("--unsealed") {
            guard case .success(let report) = WorkerSeal.seal() else { _exit(WorkerExit.sealRefused.rawValue) }
            seal = report
        }
        let hello = WorkerFrame.Hello(
            wireVersion: WireLimit.version, processId: processId, seal: seal, isChaotic: false)
        _ = channel.reply(.hello(hello))
        if let fragile {
            var worker = FragileWorker(fragile)
            _exit(worker.serve(&channel).rawValue)
        }
        guard let deed else { _exit(WorkerExit.usage.rawValue) }
        guard case .bytes = channel.read() else { _exit(0) }
        errno = 0
        let result = deed(&channel)
        _ = channel.reply(.fault(code: "hostile.came_through", message: "result \(result), errno \(errno)"))
        _ = channel.flush()
        _exit(1)
    }
}
