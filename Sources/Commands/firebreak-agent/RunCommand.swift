import ArgumentParser
import EndpointAgent

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the agent until it is told to end (SIGTERM).",
        discussion: """
            Exit codes: 0 ended as told, 64 a flag cannot be used, 69 (with --once) the control plane was not reached, \
            73 the state directory cannot be used, 75 another agent uses it.
            """)

    @Option(help: "Address of the control plane, as https://HOST:PORT.") var control: String
    @Option(help: "PEM file of the one CA that the control plane's certificate may come from.") var ca: String
    @Option(help: "File that holds the enrolment secret; needed until the endpoint has its own credential.")
    var enrolmentSecretFile: String?
    @Option(help: "File of the public keys whose packs may run.") var trust: String
    @Option(help: "File of the public log's key (log.key.pub): a release that is not in that log does not run.")
    var logKey: String?
    @Option(help: "File of a witness's key: the log must then be cosigned by it. May be repeated.") var witness:
        [String] = []
    @Option(help: "How many of the witnesses must have cosigned. Default: all.") var witnessCount: Int?
    @Option(help: "Root of a TUF repository (1.root.json) that must vouch for every release.") var root: String?
    @Option(
        help: "Where that repository is read instead of the control plane, packs too: a web address or a folder.")
    var mirror: String?
    @Option(help: "Directory of everything that the endpoint remembers; one agent at a time.") var state: String
    @Option(help: "Path of firebreak-worker. Default: beside this program, so that each slot runs its own.")
    var worker: String?
    @Option(help: "Where events come from: live, replay:FILE, or auto (live where it can be had, else nothing).")
    var sensor = "auto"
    @Flag(help: "Let workers obey fault markers in packs: for tests, demos and the lab.") var workerChaos = false
    @Flag(help: "Obey fault markers in packs that take this host down or hold it up: for tests of whole machines.")
    var hostChaos = false
    @Option(help: "JSON file that switches protections off, as {\"shadow\":false,\"revert\":false}: for the lab.")
    var lab: String?
    @Option(name: .customLong("tag"), help: "A tag of this endpoint, as KEY=VALUE; may be repeated.") var tags:
        [String] =
            []
    @Option(help: "Socket of firebreak-broker: rules that deny then hold executions. Without it they only alert.")
    var broker: String?
    @Option(
        help:
            "How the endpoint's state is measured for check-ins: auto (a TPM where one answers, else a file), tpm, file, off, or an address of tpm2-tss."
    )
    var seal = "auto"
    @Flag(help: "Check in once and end.") var once = false

    func run() async throws {
        let options = AgentOptions(
            control: control, certificateAuthorityFile: ca, enrolmentSecretFile: enrolmentSecretFile, trustFile: trust,
            state: state, worker: worker ?? AgentProcess.workerBeside(), sensor: sensor, obeysChaos: workerChaos,
            obeysHostChaos: hostChaos,
            labFile: lab, tags: tags, once: once, broker: broker, seal: seal, logKeyFile: logKey, rootFile: root,
            mirror: mirror, witnessFiles: witness, witnessCount: witnessCount)
        do {
            try await AgentProcess.run(options)
        } catch {
            throw ended(by: error)
        }
    }
}

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record this machine's events, to be replayed with --sensor replay:FILE.")

    @Option(help: "File to write, one event a line; it must not exist yet.") var out: String
    @Option(help: "How long to record, in seconds.") var seconds: Int

    func validate() throws {
        guard (1...86_400).contains(seconds) else {
            throw ValidationError("--seconds is from 1 to 86400")
        }
    }

    func run() async throws {
        do {
            let count = try await AgentProcess.record(to: out, seconds: seconds)
            say("\(count) events recorded in \(out)")
        } catch {
            throw ended(by: error)
        }
    }
}
