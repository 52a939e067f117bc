import Testing
import WorkerWire

@testable import DetectionWorker

@Suite struct WorkerSealTests {
    @Test("a step that fails names itself, the kernel's reason and the remedy", arguments: 1...6)
    func failures(step: Int32) {
        let report = SealReport(measures: [], landlockABI: 0, allowedCallCount: 0, addressSpaceBytesMax: 0)
        let failure = SealFailure(step: step, errno: 38, report: report)
        let codes: [SealFailure.Code] = [.descriptors, .limits, .privileges, .undumpable, .landlock, .seccomp]
        #expect(failure.code == codes[Int(step) - 1])
        #expect(failure.message.contains("errno 38"))
        #expect(failure.message.hasSuffix(failure.code.nextStep))
    }

    @Test("a worker that was not warmed up has sealed nothing, and says so")
    func warmUpFailure() {
        #expect(WarmUp.failure.code == .warmUp)
        #expect(!WarmUp.failure.report.isComplete)
    }
}
