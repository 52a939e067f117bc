import ArgumentParser
import ControlPlane
import Glibc

@main
struct FirebreakControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firebreak-control",
        abstract: "Decides which endpoint may be offered which release, and when, and keeps the record of it.",
        discussion: """
            On its first start it makes, in the data folder: a certificate authority (ca.pem) and a server certificate \
            under it, an operator token, an enrolment secret, and the database fleet.sqlite. Later starts use them. One \
            process for one data folder. It may be killed at any moment.

            Exit codes: 0 ended as told, 64 a flag cannot be used, 66 a file that a flag names cannot be used, 69 it cannot \
            listen, 73 the data folder cannot be used, 75 another process uses the data folder.
            """,
        version: ControlPlane.version)

    @Option(help: ArgumentHelp("Where to listen; port 0 takes any free one.", valueName: "host:port"))
    var listen = "127.0.0.1:8443"

    @Option(help: ArgumentHelp("Everything that is kept; made where it is missing.", valueName: "folder"))
    var data = "var/control"

    @Option(help: ArgumentHelp("The public keys whose packs are taken in, a line each.", valueName: "file"))
    var trust: String

    @Option(
        help: ArgumentHelp("What endpoints and rollouts follow: server-fleet, laptop-fleet, demo.", valueName: "name"))
    var preset = "server-fleet"

    @Option(
        help: ArgumentHelp(
            "JSON with \"endpoints\" and \"rollouts\", in place of the preset's (docs/design/control-plane.md).",
            valueName: "file"))
    var policyFile: String?

    @Option(help: ArgumentHelp("The TUF repository to serve (`firebreak repository init`).", valueName: "folder"))
    var repository: String?

    @Option(
        help: ArgumentHelp(
            "Its snapshot, timestamp and recalls keys: recalls then go into it, and nothing in it expires.",
            valueName: "folder"))
    var repositoryKeys: String?

    @Option(
        help: ArgumentHelp(
            "A witness that cosigns the public log, with the file of its public key; again for each.",
            valueName: "address=file"))
    var witness: [String] = []

    @Flag(help: "Log as JSON, one object a line, to standard error.")
    var jsonLog = false

    func run() async throws {
        let options = ControlOptions(
            listen: listen, data: data, trust: trust, preset: preset, policyFile: policyFile, isJSONLog: jsonLog,
            repository: repository, repositoryKeys: repositoryKeys, witnesses: witness)
        do {
            try await ControlProcess.run(options) { line in Self.write("\(line)\n", to: STDOUT_FILENO) }
        } catch {
            Self.write("firebreak-control: \(error)\n", to: STDERR_FILENO)
            throw ExitCode(error.exitCode)
        }
    }

    /// At once and unbuffered: whoever reads it from a pipe waits for it.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
