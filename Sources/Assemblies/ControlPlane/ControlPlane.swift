import ControlWire
import DurableFiles
import FleetModel
import FleetStore
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import LogStore
package import Logging
import NIOCore
import NIOSSL
import RepositoryPublisher
import ServiceLifecycle
package import UpdateTrust

/// The control plane: one process, one data folder, one port.
///
/// Made by its initialiser, which leaves everything ready to listen, and run as a service. Ending it in good order is a
/// courtesy to connections only: what was answered is on disk, whenever the process ends.
package struct ControlPlane: Service {
    /// Of the whole project: endpoints of the same release say the same.
    package static let version = "1.0.0"

    /// What a control plane is started with.
    package struct Configuration: Sendable {
        /// An IP address or a host's name.
        package var host = "127.0.0.1"
        /// 0 takes any free one; the folder's file `address` says which.
        package var port = 8443
        package var dataFolder: String
        /// Whose packs are taken in.
        package var trustedKeys: TrustedKeys
        /// The folder of a TUF repository that is served as it lies there; nil: none is.
        package var repository: String?
        /// The repository's online keys, by which recalls are signed and what expires is renewed; nil: a publisher does.
        package var repositoryKeys: TufKeyring<PackSigningKey>?
        /// Who is asked to cosign the log's checkpoints.
        package var witnesses: [WitnessPlace] = []
        package var preset = ControlPreset.serverFleet
        package var timeSource = ControlClock.Source.system
        /// False in tests that are about something else: each decision otherwise waits for the log's disk.
        package var keepsLog = true
        /// Another public record than the log in the data folder: for tests.
        package var record: RecordWriter?
        package var logger = Logger(label: "firebreak-control")

        package init(dataFolder: String, trustedKeys: TrustedKeys) {
            self.dataFolder = dataFolder
            self.trustedKeys = trustedKeys
        }
    }

    private let configuration: Configuration
    private let folder: DataFolder
    private let store: SQLiteFleetStore
    private let packs: PackShelf
    private let token: Secret
    private let tls: TLSConfiguration
    private let log: PublicLog
    private let listening = Announcement<String>()
    let driver: FleetDriver

    /// Opens the data folder and makes what it lacks: certificates, secrets, database.
    ///
    /// - Throws: `FileError`, `StoreError`, or an error of the certificates' library; each says what to do.
    package init(_ configuration: Configuration) async throws {
        self.configuration = configuration
        folder = try DataFolder(configuration.dataFolder)
        // Whoever waits for the address must not find that of an earlier run.
        try folder.files.remove(folder.address)
        token = try folder.secret(folder.operatorToken)
        let enrolmentSecret = try folder.secret(folder.enrolmentSecret)
        let identity = try ServerIdentity(
            folder: folder, names: ServerIdentity.localNames(listeningAt: configuration.host))
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        self.tls = tls
        store = try SQLiteFleetStore(path: folder.database)
        packs = try PackShelf(
            folder: folder.packs, known: Set(try await store.fleet().releases.map(\.digest)))
        let source = configuration.timeSource
        log = try PublicLog(folder, now: source.wall)
        let kept = configuration.keepsLog ? RecordWriter(log: log, key: try folder.attestationSigner()) : nil
        let record = configuration.record ?? kept
        driver = try await FleetDriver(
            store: store, preset: configuration.preset, enrolmentSecret: enrolmentSecret.text,
            source: configuration.timeSource, record: record, logger: configuration.logger)
    }

    /// Listens until the service group shuts down or the task is cancelled.
    package func run() async throws {
        do {
            try await application().run()
        } catch {
            listening.fail(error)
            await store.close()
            throw error
        }
        try? await driver.flush()
        await store.close()
    }

    /// `HOST:PORT` that the server listens at; waits until it does.
    package func address() async throws -> String { try await listening.value() }

    /// Where to look, and what to give to whom.
    package struct Places: Sendable {
        package var page: String
        package var caCertificate: String
        package var operatorToken: String
        package var enrolmentSecret: String
        package var database: String
        /// The log's files, and the key that its checkpoints are signed with.
        package var log: String
        package var logKey: String
    }

    package func places() async throws -> Places {
        Places(
            page: "https://\(try await address())/", caCertificate: folder.caCertificate,
            operatorToken: folder.operatorToken, enrolmentSecret: folder.enrolmentSecret, database: folder.database,
            log: "https://\(try await address())\(Routes.log)", logKey: NoteKeyFile.publicPath(of: folder.logKey))
    }

    // MARK: - Assembly

    /// Every route, without a server around them.
    func router() -> Router<ControlContext> {
        let log = RefusalLog(logger: configuration.logger)
        let clock = driver.clock
        let router = Router(context: ControlContext.self)
        router.add(middleware: RefusalMiddleware(log: log, now: { clock.now }))
        AgentRoutes(driver: driver, credentials: driver.credentials, packs: packs, log: log).add(to: router)
        let publisher = ReleasePublisher(
            driver: driver, packs: packs, verifier: PackVerifier(trustedKeys: configuration.trustedKeys))
        ManagementRoutes(driver: driver, publisher: publisher, token: token).add(to: router)
        PageRoutes(driver: driver, token: token).add(to: router)
        LogRoutes(log: self.log).add(to: router)
        if let repository = configuration.repository { RepositoryRoutes(folder: repository).add(to: router) }
        return router
    }

    private func application() throws -> some ApplicationProtocol {
        let lane = try HeartbeatLane(credentials: driver.credentials, clock: driver.clock)
        var http = HTTP1Channel.Configuration(additionalChannelHandlers: [HeartbeatHandler(lane: lane)])
        http.httpDecoder = .init(
            maxHeaderFieldSize: ControlLimit.headerBytesMax, maxHeaderListSize: ControlLimit.headerBytesMax,
            maxHeaderFieldCount: ControlLimit.headerCountMax)
        // Hummingbird tells of each request and connection at levels that are of no use to an operator.
        var logger = configuration.logger
        logger.logLevel = max(.notice, logger.logLevel)
        return Application(
            router: router(), server: try .tls(.http1(configuration: http), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: ControlLimit.backlog,
                availableConnectionsDelegate: .maximum(ControlLimit.connectionCountMax, logger: logger)),
            services: services,
            onServerRunning: { channel in announce(channel) }, logger: logger)
    }

    private var services: [any Service] {
        var services: [any Service] = [FleetClock(driver: driver, logger: configuration.logger)]
        if let repository = configuration.repository {
            services.append(
                RepositoryKeeper(
                    driver: driver, folder: RepositoryFolder(path: repository), keys: configuration.repositoryKeys,
                    logger: configuration.logger))
        }
        if !configuration.witnesses.isEmpty {
            services.append(
                WitnessKeeper(log: log, witnesses: configuration.witnesses, logger: configuration.logger))
        }
        return services
    }

    private func announce(_ channel: any Channel) {
        let port = channel.localAddress?.port ?? configuration.port
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let address = "\(host):\(port)"
        do {
            try folder.files.write(Array("\(address)\n".utf8), to: folder.address, mode: 0o644)
        } catch {
            configuration.logger.error("the address could not be written", metadata: ["error": "\(error)"])
        }
        listening.announce(address)
    }
}
