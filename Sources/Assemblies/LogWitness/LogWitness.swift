import DurableFiles
package import FleetModel
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
package import TransparencyLog

/// A witness as a small server: `POST /add-checkpoint` (C2SP tlog-witness), and nothing else.
///
/// One request at a time is decided, made durable and taken up, in that order, so that no two cosignatures can
/// contradict each other, whenever the process ends.
package struct LogWitness: Service {
    private let host: String
    private let port: Int
    private let logger: Logger
    private let driver: WitnessDriver
    private let announce: @Sendable (String) -> Void

    /// Opens the folder of what was cosigned.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free one.
    ///   - announce: Is told `HOST:PORT` once the server listens.
    package init(
        host: String, port: Int, folder: String, signer: NoteSigner, logs: [LogTrust], logger: Logger,
        now: @escaping @Sendable () -> Moment, announce: @escaping @Sendable (String) -> Void
    ) throws {
        self.host = host
        self.port = port
        self.logger = logger
        self.announce = announce
        driver = try WitnessDriver(folder: folder, signer: signer, logs: logs, logger: logger, now: now)
    }

    /// Listens until the service group shuts down or the task is cancelled.
    package func run() async throws {
        let router = Router()
        router.post("add-checkpoint") { [driver] request, _ in
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: LogLimit.witnessRequestBytesMax)
            } catch is NIOTooManyBytesError {
                return Response(status: .contentTooLarge)
            }
            return Self.response(driver.answer(Array(body.readableBytesView)))
        }
        let (host, announce) = (host, announce)
        try await Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in announce("\(host):\(channel.localAddress?.port ?? 0)") }, logger: logger
        ).run()
    }

    private static func response(_ answer: WitnessMachine.Answer) -> Response {
        Response(
            status: HTTPResponse.Status(code: answer.status), headers: [.contentType: answer.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

/// The only caller of the machine: decides, persists, takes up, answers.
final class WitnessDriver: Sendable {
    private let machine: Mutex<WitnessMachine>
    private let folder: WitnessFolder
    private let logger: Logger
    private let now: @Sendable () -> Moment

    init(
        folder: String, signer: NoteSigner, logs: [LogTrust], logger: Logger, now: @escaping @Sendable () -> Moment
    ) throws {
        self.folder = try WitnessFolder(folder)
        machine = Mutex(try WitnessMachine(signer: signer, logs: logs, records: try self.folder.notes()))
        self.logger = logger
        self.now = now
    }

    func answer(_ body: [UInt8]) -> WitnessMachine.Answer {
        machine.withLock { machine in
            switch machine.decide(body, at: now()) {
            case .refuse(let answer, let error):
                // A split view is told in full: both checkpoints are evidence.
                if let evidence = error.evidence {
                    logger.critical(
                        "split view",
                        metadata: [
                            "error": "\(error)",
                            "one": "\(String(decoding: evidence.smaller.bytes, as: UTF8.self))",
                            "other": "\(String(decoding: evidence.larger.bytes, as: UTF8.self))",
                        ])
                } else {
                    logger.info("refused", metadata: ["status": "\(answer.status)", "error": "\(error)"])
                }
                return answer
            case .cosign(let record, let answer):
                do throws(FileError) {
                    try folder.keep(record)
                } catch {
                    logger.error("a checkpoint could not be kept", metadata: ["error": "\(error)"])
                    return WitnessMachine.Answer(
                        status: 500, contentType: "text/plain; charset=utf-8", body: Array("\(error)\n".utf8))
                }
                machine.commit(record)
                return answer
            }
        }
    }
}
