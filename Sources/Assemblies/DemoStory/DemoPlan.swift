import FleetModel
import Foundation
import RepositoryPublisher
package import SystemPackage

/// What the demo runs, where, and how long it waits at most.
package struct DemoPlan: Sendable {
    /// Endpoints, each a real agent process with a real worker.
    package var endpointCount = 40
    /// Everything that the demo writes; made anew at each start.
    package var directory: FilePath
    /// Where the commands are: the folder of the running `firebreak`.
    package var commands: FilePath
    /// The project's own rules, examples and recordings.
    package var content: FilePath
    /// False: replay recordings only, even where the kernel's connector can be had.
    package var wantsLiveSensor = true

    package init(directory: FilePath, commands: FilePath, content: FilePath) {
        self.directory = directory
        self.commands = commands
        self.content = content
    }

    static let pack = PackName(accepted: "linux-core")
    /// Who speaks for the pack.
    static let vendor = "firebreak-demo"
    static let goodVersion = ReleaseVersion(accepted: "1.0.0")
    static let badVersion = ReleaseVersion(accepted: "1.1.0")

    /// The file that marks a folder as the demo's own: only such a folder is emptied.
    static let markerName = ".firebreak-demo"

    /// The longest any one step may take before the demo gives up and says what it saw. Ten times what a step takes on
    /// two slow cores.
    static let stepSecondsMax = 180

    var keys: FilePath { directory.appending("keys") }
    var signingKey: FilePath { keys.appending("release.key") }
    var trustedKeys: FilePath { keys.appending("release.key.pub") }
    /// The keys of the repository's roles.
    var roleKeys: RoleKeys { RoleKeys(folder: keys.string) }
    var repository: FilePath { directory.appending("repository") }
    var control: FilePath { directory.appending("control") }
    var packs: FilePath { directory.appending("packs") }
    var logs: FilePath { directory.appending("logs") }
    var labSwitches: FilePath { directory.appending("lab.json") }
    var pidFile: FilePath { directory.appending("pids") }
    var summary: FilePath { directory.appending("summary.json") }

    func state(of endpoint: Int) -> FilePath { directory.appending("agents").appending(name(of: endpoint)) }
    func name(of endpoint: Int) -> String { "endpoint-\(endpoint < 10 ? "0" : "")\(endpoint)" }
    func command(_ name: String) -> FilePath { commands.appending(name) }

    /// The recording that an endpoint replays: the fleet has developers, servers and administrators.
    func recording(of endpoint: Int) -> FilePath {
        let names = ["developer.jsonl", "server.jsonl", "admin.jsonl"]
        return content.appending("recordings").appending(names[endpoint % names.count])
    }
}

/// Why the demo stopped before its end.
package struct DemoError: Error, Sendable, CustomStringConvertible {
    package let step: String
    package let message: String
    package var description: String { "\(step): \(message)" }
}
