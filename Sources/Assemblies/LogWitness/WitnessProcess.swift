package import FleetModel
import Glibc
import Logging
import ServiceLifecycle
package import TransparencyLog
import UnixSignals

/// The process: a running witness until SIGTERM or SIGINT.
package enum WitnessProcess {
    /// - Parameter announce: Is told `HOST:PORT` once the witness listens.
    package static func run(
        host: String, port: Int, folder: String, signer: NoteSigner, logs: [LogTrust],
        now: @escaping @Sendable () -> Moment, announce: @escaping @Sendable (String) -> Void
    ) async throws {
        // A client that goes away ends a write with an error, not this process without a word.
        signal(SIGPIPE, SIG_IGN)
        var logger = Logger(label: "firebreak-witness", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .notice
        let witness = try LogWitness(
            host: host, port: port, folder: folder, signer: signer, logs: logs, logger: logger, now: now,
            announce: announce)
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: witness, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services", factory: { _ in SwiftLogNoOpLogHandler() }))
        ).run()
    }
}
