import CanonicalCoding
import ControlWire
import DurableFiles
import FleetModel
import FleetStore
import Glibc
import Logging
import RepositoryPublisher
import RolloutEngine
import ServiceLifecycle
import TransparencyLog
import UnixSignals
import UpdateTrust

/// What `firebreak-control` was started with, as it was typed.
package struct ControlOptions: Sendable {
    /// `HOST:PORT`; port 0 takes any free one.
    package var listen: String
    package var data: String
    package var trust: String
    /// The name of a ``ControlPreset``.
    package var preset: String
    package var policyFile: String?
    package var isJSONLog: Bool
    /// The folder of a TUF repository to be served.
    package var repository: String?
    /// The folder with its online keys.
    package var repositoryKeys: String?
    /// Witnesses of the log, each as `ADDRESS=FILE`, the file with its public key.
    package var witnesses: [String]

    package init(
        listen: String, data: String, trust: String, preset: String, policyFile: String?, isJSONLog: Bool,
        repository: String? = nil, repositoryKeys: String? = nil, witnesses: [String] = []
    ) {
        self.listen = listen
        self.data = data
        self.trust = trust
        self.preset = preset
        self.policyFile = policyFile
        self.isJSONLog = isJSONLog
        self.repository = repository
        self.repositoryKeys = repositoryKeys
        self.witnesses = witnesses
    }
}

/// Why a control plane could not be started, with the exit code that says so (sysexits.h).
package struct ControlStartError: Error, Sendable, CustomStringConvertible {
    package let exitCode: Int32
    package let description: String

    static func usage(_ text: String) -> ControlStartError { ControlStartError(exitCode: EX_USAGE, description: text) }
    static func input(_ text: String) -> ControlStartError {
        ControlStartError(exitCode: EX_NOINPUT, description: text)
    }

    /// Any error of a start as one that an operator can act on.
    init(_ error: any Error) {
        switch error {
        case let error as ControlStartError: self = error
        case let error as FileError where error.code == .locked:
            self.init(exitCode: EX_TEMPFAIL, description: "\(error)")
        case is FileError, is StoreError: self.init(exitCode: EX_CANTCREAT, description: "\(error)")
        default:
            self.init(
                exitCode: EX_UNAVAILABLE,
                description: "\(error). If the address is in use, end the other program or choose another --listen.")
        }
    }

    private init(exitCode: Int32, description: String) {
        self.exitCode = exitCode
        self.description = description
    }
}

/// The process: options in, a running control plane until SIGTERM or SIGINT.
package enum ControlProcess {
    /// - Parameter say: Prints one line for the person who started it.
    package static func run(_ options: ControlOptions, say: @escaping @Sendable (String) -> Void)
        async throws(ControlStartError)
    {
        // A client that goes away ends a write with an error, not this process without a word.
        signal(SIGPIPE, SIG_IGN)
        do {
            let plane = try await ControlPlane(try configuration(from: options))
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: plane, successTerminationBehavior: .gracefullyShutdownGroup)
                    ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for line in try await plane.places().lines { say(line) }
                try await tasks.waitForAll()
            }
        } catch {
            throw ControlStartError(error)
        }
    }

    /// The service group has nothing to say that the control plane does not say better.
    private static let quiet = Logger(label: "services", factory: { _ in SwiftLogNoOpLogHandler() })

    static func configuration(from options: ControlOptions) throws -> ControlPlane.Configuration {
        let keys = try trustedKeys(in: options.trust)
        var configuration = ControlPlane.Configuration(dataFolder: options.data, trustedKeys: keys)
        (configuration.host, configuration.port) = try address(options.listen)
        guard let preset = ControlPreset.named[options.preset] else {
            throw ControlStartError.usage(
                "--preset \(options.preset) is none of \(ControlPreset.named.keys.sorted().joined(separator: ", "))")
        }
        configuration.preset = preset
        if let file = options.policyFile {
            let bytes = try input(file, bytesMax: ControlWireLimit.managementRequestBytesMax)
            configuration.preset = try Self.preset(reading: bytes, standard: preset, file: file)
        }
        configuration.repository = options.repository
        configuration.repositoryKeys = try repositoryKeys(options)
        configuration.witnesses = try options.witnesses.map { text throws(ControlStartError) in try witness(text) }
        let isJSON = options.isJSONLog
        configuration.logger = Logger(label: "firebreak-control") { _ in LineLogHandler(isJSON: isJSON) }
        return configuration
    }

    private static func repositoryKeys(_ options: ControlOptions) throws(ControlStartError)
        -> TufKeyring<PackSigningKey>?
    {
        guard let folder = options.repositoryKeys else { return nil }
        guard options.repository != nil else {
            throw .usage("--repository-keys are the keys of --repository; name that folder too")
        }
        let keys: TufKeyring<PackSigningKey>
        do throws(KeyFileError) {
            keys = try RoleKeys(folder: folder).read()
        } catch {
            throw .input("\(error)")
        }
        guard keys.recalls != nil else { throw .input("\(folder) has no recalls.key") }
        return keys
    }

    private static func witness(_ text: String) throws(ControlStartError) -> WitnessPlace {
        guard let equals = text.lastIndex(of: "="), text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw .usage("--witness is ADDRESS=FILE, as https://witness.example=w1.key.pub, not \(text)")
        }
        let file = String(text[text.index(after: equals)...])
        let bytes = try input(file, bytesMax: LogLimit.keyTextBytesMax)
        let key: NoteVerifier
        do throws(LogError) {
            key = try NoteVerifier(String(decoding: bytes, as: UTF8.self).trimmingWhitespace())
        } catch {
            throw .input("\(file): \(error)")
        }
        guard key.kind == .cosignature else { throw .input("\(file) is no witness's key") }
        return WitnessPlace(address: String(text[..<equals]), key: key)
    }

    private static func trustedKeys(in file: String) throws(ControlStartError) -> TrustedKeys {
        do {
            return try TrustedKeys(reading: try input(file, bytesMax: TrustedKeys.fileBytesMax))
        } catch let error as TrustError {
            throw .input("\(file): \(error)")
        } catch {
            throw ControlStartError(error)
        }
    }

    /// A file that an option names.
    private static func input(_ file: String, bytesMax: Int) throws(ControlStartError) -> [UInt8] {
        do throws(FileError) {
            return try DurableFiles().read(file, bytesMax: bytesMax)
        } catch {
            throw .input("\(error)")
        }
    }

    /// The policy file: `{"endpoints": {...}, "rollouts": {...}}`; what it leaves out is the preset's.
    static func preset(reading bytes: [UInt8], standard: ControlPreset, file: String) throws -> ControlPreset {
        var preset = standard
        do {
            let limits = JSONParser.Limits(bytesMax: ControlWireLimit.managementRequestBytesMax)
            let document = JSONReader(try JSONParser.parse(bytes, limits: limits))
            try document.requireNoMembers(beside: ["endpoints", "rollouts"])
            if let endpoints = try document.optional("endpoints") {
                preset.endpoints = try EndpointPolicy(decoding: try CanonicalJSON.encode(endpoints.value))
            }
            if let rollouts = try document.optional("rollouts") {
                preset.rollouts = try CodableJSON.decode(RolloutPolicy.self, from: rollouts.value)
            }
        } catch {
            throw ControlStartError.usage("\(file): \(error)")
        }
        let problems = preset.rollouts.problems()
        guard problems.isEmpty else {
            throw ControlStartError.usage("\(file): \(problems.map(\.description).joined(separator: "; "))")
        }
        return preset
    }

    /// Splits `HOST:PORT`, `[IPV6]:PORT` too.
    static func address(_ text: String) throws(ControlStartError) -> (host: String, port: Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var host = parts.dropLast().joined(separator: ":")
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let port = parts.last.flatMap({ Int($0) }), (0...65535).contains(port), !host.isEmpty else {
            throw .usage("--listen \(text) is not HOST:PORT, as 127.0.0.1:8443")
        }
        return (host, port)
    }
}

extension ControlPlane.Places {
    /// What the person who started it wants to know.
    var lines: [String] {
        [
            "Firebreak control plane \(ControlPlane.version)",
            "  status page        \(page)",
            "  CA certificate     \(caCertificate)   give it to agents and people (--ca)",
            "  enrolment secret   \(enrolmentSecret)   give it to agents that shall enrol",
            "  operator token     \(operatorToken)   keep it; `firebreak` reads it",
            "  database           \(database)",
            "  public log         \(log)   signed by \(logKey): `firebreak log audit`",
            "Ctrl-C ends it; what was answered is on disk.",
        ]
    }
}
