import DurableFiles
import FleetModel
import LogClient
import Logging
import ServiceLifecycle
package import TransparencyLog

/// A witness that is asked to cosign the log's checkpoints.
package struct WitnessPlace: Sendable {
    /// The submission prefix (C2SP tlog-witness).
    package let address: String
    package let key: NoteVerifier

    package init(address: String, key: NoteVerifier) {
        self.address = address
        self.key = key
    }
}

/// Has each new checkpoint cosigned, and publishes it with the cosignatures.
///
/// A checkpoint is published as soon as it is durable, and again with each witness's word: those who ask for witnesses wait
/// for it, and nobody else does. A witness that is away is asked again.
struct WitnessKeeper: Service {
    let log: PublicLog
    let witnesses: [WitnessPlace]
    let logger: Logger

    /// Between two looks at the checkpoint: releases wait for witnesses at endpoints that ask for them.
    private static let span = Moment.Span.seconds(1)
    /// After a witness did not answer: it has ten seconds each time.
    private static let retrySpan = Moment.Span.seconds(10)

    func run() async throws {
        // Each by itself: one that is slow does not keep the others waiting.
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                for witness in witnesses { tasks.addTask { await ask(witness) } }
            }
        }
    }

    private func ask(_ witness: WitnessPlace) async {
        let client: WitnessClient
        do throws(LogClientError) {
            client = try WitnessClient(witness.address, key: witness.key)
        } catch {
            return logger.error("a witness cannot be asked", metadata: ["error": "\(error)"])
        }
        var cosigned: TreeHash?
        var isTroubled = false
        repeat {
            do {
                try await look(client, &cosigned)
                isTroubled = false
            } catch {
                if !isTroubled, !Task.isCancelled {
                    logger.warning(
                        "a witness does not cosign the log",
                        metadata: ["witness": "\(witness.key.name)", "error": "\(error)"])
                }
                isTroubled = true
            }
        } while await pause(isTroubled ? Self.retrySpan : Self.span)
        await client.close()
    }

    /// Has the newest checkpoint cosigned, unless it is the one that was.
    func look(_ client: WitnessClient, _ cosigned: inout TreeHash?) async throws {
        let checkpoint = log.checkpoint
        guard checkpoint.size > 0, checkpoint.root != cosigned else { return }
        let signature = try await client.cosign(checkpoint) { machine in
            var machine = machine
            while let next = machine.wanted.first { try machine.take(try log.read(next), of: next) }
            return machine
        }
        try await log.add(signature, to: checkpoint)
        cosigned = checkpoint.root
    }

    /// False when the task was cancelled.
    private func pause(_ span: Moment.Span) async -> Bool {
        (try? await Task.sleep(for: .milliseconds(span.milliseconds))) != nil
    }
}
