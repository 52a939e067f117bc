import Glibc
import WorkerWire

/// The worker's process: warm up, seal, say hello, then evaluate until the agent has had enough.
///
/// One loop on one thread: a heartbeat that is answered proves that the loop which evaluates still turns.
package enum WorkerMain {
    /// Does not return: ends the process with a `WorkerExit`.
    ///
    /// - Parameter arguments: Without the program's name. `--chaos` obeys fault markers; there is no other.
    package static func run(arguments: [String]) -> Never {
        guard arguments.isEmpty || arguments == ["--chaos"] else {
            complain("unknown argument. The agent starts this program; the only argument is --chaos, for tests.\n")
            end(.usage)
        }
        guard WorkerChannel.isPresent() else {
            complain("descriptor 3 is no socket. The agent starts this program; it does nothing on its own.\n")
            end(.channelMissing)
        }
        // An agent that is gone shows as a failed write, not as a signal.
        signal(SIGPIPE, SIG_IGN)
        let processId = UInt32(clamping: getpid())
        let obeysChaos = !arguments.isEmpty
        var channel = WorkerChannel()
        func hello(_ seal: SealReport) -> WorkerFrame {
            .hello(
                .init(
                    wireVersion: WireLimit.version, processId: processId, seal: seal, isChaotic: obeysChaos))
        }
        switch WarmUp.run() ? WorkerSeal.seal() : .failure(WarmUp.failure) {
        case .success(let report):
            _ = channel.reply(hello(report))
        case .failure(let failure):
            _ = channel.reply(hello(failure.report))
            _ = channel.reply(.fault(code: failure.code.rawValue, message: failure.message))
            _ = channel.flush()
            end(.sealRefused)
        }
        end(serve(&channel, obeysChaos: obeysChaos))
    }

    /// Answers frames until the channel ends.
    private static func serve(_ channel: inout WorkerChannel, obeysChaos: Bool) -> WorkerExit {
        var decoder = AgentFrameDecoder()
        var evaluator = EventEvaluator(obeysChaos: obeysChaos)
        while case .bytes(let bytes) = channel.read() {
            do throws(WireError) {
                try decoder.append(bytes)
                while let frame = try decoder.next() {
                    guard answer(frame, &evaluator, &channel) else { return .finished }
                }
            } catch {
                _ = channel.reply(.fault(code: error.code.rawValue, message: "\(error.subject): \(error.message)"))
                _ = channel.flush()
                return .wireBroken
            }
        }
        return .finished
    }

    /// False when the worker shall end, or its agent is gone.
    private static func answer(
        _ frame: AgentFrame, _ evaluator: inout EventEvaluator, _ channel: inout WorkerChannel
    ) -> Bool {
        switch frame {
        case .load(let generation, let program):
            return channel.reply(evaluator.load(generation: generation, program: program))
        case .event(let sequence, let encoded):
            var isHeard = true
            evaluator.evaluate(sequence: sequence, encoded: encoded) { match in
                if isHeard { isHeard = channel.reply(.match(match)) }
            }
            return isHeard
        case .canary(let nonce, let encoded):
            return channel.reply(evaluator.canary(nonce: nonce, encoded: encoded))
        case .judge(let nonce, let encoded):
            return channel.reply(evaluator.judge(nonce: nonce, encoded: encoded))
        case .ping(let nonce):
            return channel.reply(evaluator.pong(nonce: nonce))
        case .shutdown:
            _ = channel.flush()
            return false
        }
    }

    private static func complain(_ text: String) {
        let line = Array("firebreak-worker: \(text)".utf8)
        _ = write(2, line, line.count)
    }

    private static func end(_ exit: WorkerExit) -> Never { _exit(exit.rawValue) }
}
