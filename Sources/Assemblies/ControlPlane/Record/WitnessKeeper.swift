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
        await KeeperLoop.run {
            try await look(client, &cosigned)
        } onTrouble: { error in
            logger.warning(
                "a witness does not cosign the log",
                metadata: ["witness": "\(witness.key.name)", "error": "\(error)"])
        }
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
}
