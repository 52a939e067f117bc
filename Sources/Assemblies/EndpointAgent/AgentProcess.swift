import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import Glibc
import LinuxSensor
import StateSeal
import TransparencyLog
import UpdateTrust
import WorkerSandbox

/// What the command line says.
package struct AgentOptions: Sendable {
    package var control: String
    package var certificateAuthorityFile: String
    package var enrolmentSecretFile: String?
    package var trustFile: String
    package var state: String
    package var worker: String
    package var sensor: String
    package var obeysChaos: Bool
    package var obeysHostChaos: Bool
    package var labFile: String?
    package var tags: [String]
    package var once: Bool
    package var broker: String?
    package var seal: String
    package var logKeyFile: String?
    package var rootFile: String?
    package var mirror: String?
    /// Files of witnesses' public keys.
    package var witnessFiles: [String]
    /// How many of them must have cosigned; nil: all.
    package var witnessCount: Int?

    package init(
        control: String, certificateAuthorityFile: String, enrolmentSecretFile: String?, trustFile: String,
        state: String, worker: String, sensor: String, obeysChaos: Bool, obeysHostChaos: Bool = false,
        labFile: String?, tags: [String], once: Bool, broker: String? = nil, seal: String = "off",
        logKeyFile: String? = nil, rootFile: String? = nil, mirror: String? = nil, witnessFiles: [String] = [],
        witnessCount: Int? = nil
    ) {
        self.witnessFiles = witnessFiles
        self.witnessCount = witnessCount
        self.mirror = mirror
        self.rootFile = rootFile
        self.logKeyFile = logKeyFile
        self.seal = seal
        self.broker = broker
        self.control = control
        self.certificateAuthorityFile = certificateAuthorityFile
        self.enrolmentSecretFile = enrolmentSecretFile
        self.trustFile = trustFile
        self.state = state
        self.worker = worker
        self.sensor = sensor
        self.obeysChaos = obeysChaos
        self.obeysHostChaos = obeysHostChaos
        self.labFile = labFile
        self.tags = tags
        self.once = once
    }
}

/// The agent as a process: flags to parts, signals to an orderly end.
package enum AgentProcess {
    /// Events a second of a replay, whatever pace it was recorded at: a busy workstation's.
    static let replayRate = 4.0

    /// The worker that was built with this agent.
    package static func workerBeside() -> String { (OwnProcess.folder ?? ".") + "/firebreak-worker" }

    /// Runs the agent until SIGTERM or SIGINT.
    package static func run(_ options: AgentOptions) async throws(AgentError) {
        let signals = EndSignals()
        // Before the first secret is read.
        let isUndumpable = OwnProcess.makeUndumpable()
        var configuration = try configuration(of: options)
        let link: OpAMPClient
        do throws(ClientError) {
            link = try OpAMPClient(
                address: try ControlAddress(options.control), caFile: options.certificateAuthorityFile)
        } catch {
            throw AgentError(.badInput, subject: error.subject, message: "\(error.message) \(error.nextStep)")
        }
        let sensor = try SensorChoice(options.sensor).start(offset: Int(getpid()))
        configuration.hasLiveSensor = sensor is LiveSensor
        let agent = try Agent(configuration: configuration, link: link, sensor: sensor)
        if !isUndumpable { agent.log.trouble("agent.dumpable", "the kernel lets others attach to this process") }
        let running = Task<AgentError?, Never> {
            do throws(AgentError) {
                try await agent.run(once: options.once)
                return nil
            } catch {
                return error
            }
        }
        signals.onEnd { running.cancel() }
        let failure = await running.value
        await link.close()
        if let failure { throw failure }
    }

    /// Records the machine's events into a file; gives their count.
    package static func record(to path: String, seconds: Int) async throws(AgentError) -> Int {
        let signals = EndSignals()
        do throws(SensorError) {
            let writer = try RecordingWriter(path: path)
            let sensor = try LiveSensor.start()
            signals.onEnd { sensor.stop() }
            let timer = Task {
                try? await Task.sleep(for: .seconds(seconds))
                sensor.stop()
            }
            defer { timer.cancel() }
            var count = 0
            for await event in sensor.events {
                try writer.write(event)
                count += 1
            }
            return count
        } catch {
            throw AgentError(.badInput, subject: error.subject, message: error.message)
        }
    }

    private static func seal(_ options: AgentOptions) throws(AgentError) -> SealSettings? {
        guard options.seal != "off" else { return nil }
        do throws(SealError) {
            return SealSettings(choice: try SealChoice(setting: options.seal), directory: "\(options.state)/seal")
        } catch {
            throw AgentError(.badInput, subject: "--seal", message: "\(error)")
        }
    }

    private static func configuration(of options: AgentOptions) throws(AgentError) -> AgentConfiguration {
        let files = DurableFiles()
        let keys: TrustedKeys
        do {
            keys = try TrustedKeys(reading: files.read(options.trustFile, bytesMax: TrustedKeys.fileBytesMax))
        } catch {
            throw AgentError(.badInput, subject: "--trust", message: "\(error)")
        }
        guard access(options.worker, X_OK) == 0 else {
            throw AgentError(
                .badInput, subject: "--worker",
                message: "\(options.worker) is no program that can be run; name the path of firebreak-worker")
        }
        var configuration = AgentConfiguration(
            state: options.state, worker: WorkerLaunch(executable: options.worker, obeysChaos: options.obeysChaos),
            trustedKeys: keys, enrolmentSecret: try secret(options.enrolmentSecretFile), labFile: options.labFile,
            tags: try tags(options.tags), hasLiveSensor: false, obeysHostChaos: options.obeysHostChaos,
            brokerSocket: options.broker,
            seal: try seal(options))
        configuration.logTrust = try logTrust(options)
        configuration.repositoryRoot = try repositoryRoot(options.rootFile)
        configuration.repositoryMirror = try mirror(options)
        return configuration
    }

    private static func repositoryRoot(_ path: String?) throws(AgentError) -> [UInt8]? {
        guard let path else { return nil }
        do {
            let bytes = try DurableFiles().read(path, bytesMax: TufLimits.rootBytesMax)
            _ = try TrustedMetadata(trustedRoot: bytes)
            return bytes
        } catch {
            throw AgentError(.badInput, subject: "--root", message: "\(error)")
        }
    }

    private static func mirror(_ options: AgentOptions) throws(AgentError) -> String? {
        guard let mirror = options.mirror else { return nil }
        func refusal(_ message: String) -> AgentError { AgentError(.badInput, subject: "--mirror", message: message) }
        guard options.rootFile != nil else {
            throw refusal("a mirror is believed nothing by itself; name the root of trust with --root as well")
        }
        guard RepositoryPlace.isWebAddress(mirror) || DurableFiles().exists("\(mirror)/tuf") else {
            throw refusal("\(mirror) is no web address, and no folder with tuf/ and targets/ in it")
        }
        return mirror
    }

    private static func logTrust(_ options: AgentOptions) throws(AgentError) -> LogTrust? {
        guard let path = options.logKeyFile else {
            guard options.witnessFiles.isEmpty, options.witnessCount == nil else {
                throw AgentError(
                    .badInput, subject: "--witness", message: "witnesses cosign a log; name its key with --log-key")
            }
            return nil
        }
        let key = try noteKey(path, "--log-key")
        let witnesses = try options.witnessFiles.map { path throws(AgentError) in try noteKey(path, "--witness") }
        do throws(LogError) {
            let policy = try WitnessPolicy(threshold: options.witnessCount ?? witnesses.count, of: witnesses)
            return try LogTrust(keys: [key], origin: nil, witnesses: policy)
        } catch {
            throw AgentError(.badInput, subject: "--log-key", message: "\(error)")
        }
    }

    private static func noteKey(_ path: String, _ option: String) throws(AgentError) -> NoteVerifier {
        do {
            let bytes = try DurableFiles().read(path, bytesMax: LogLimit.keyTextBytesMax)
            return try NoteVerifier(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
        } catch {
            throw AgentError(.badInput, subject: option, message: "\(error)")
        }
    }

    private static func secret(_ path: String?) throws(AgentError) -> String? {
        guard let path else { return nil }
        do throws(FileError) {
            let bytes = try DurableFiles().read(path, bytesMax: StateDirectory.smallFileBytesMax)
            let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
            guard AgentAuthorization(header: "Enrolment \(text)") != nil else {
                throw FileError(
                    .failed, subject: path, message: "it holds no enrolment secret: one line of visible ASCII")
            }
            return text
        } catch {
            throw AgentError(.badInput, subject: "--enrolment-secret-file", message: "\(error)")
        }
    }

    private static func tags(_ texts: [String]) throws(AgentError) -> [String: String] {
        var tags: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, tags.count < CohortAttributes.tagCountMax else {
                throw AgentError(
                    .badInput, subject: "--tag \(text.prefix(80))",
                    message: "write it as KEY=VALUE, at most \(CohortAttributes.tagCountMax) of them")
            }
            tags[String(parts[0])] = String(parts[1])
        }
        return tags
    }
}
