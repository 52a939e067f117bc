import FleetModel
import Foundation
import SystemPackage

/// One bad update, stopped: the whole system on one machine, with real processes. Nothing is simulated: what the demo
/// shows is what the control plane's ledger and the agents' own logs say.
package actor DemoStory {
    let plan: DemoPlan
    let screen = Screen()
    let house: ProcessHouse
    /// The control plane, once it is up.
    var control: DemoControl?
    /// Endpoint ids in the order of their numbers; filled when all have enrolled.
    var endpoints: [EndpointID] = []
    /// Whether one endpoint watches this machine's kernel: what that endpoint itself reports.
    var isLive = false
    /// The alerts up to this sequence have been looked at.
    var lastAlert: Int64 = 0

    package init(plan: DemoPlan) {
        self.plan = plan
        house = ProcessHouse(pidFile: plan.pidFile)
    }

    /// Tells the story and ends every process it started, also when a step fails.
    ///
    /// - Throws: ``DemoError`` that names the step, what was seen, and the logs to read.
    package func tell() async throws -> DemoSummary {
        do {
            let summary = try await acts()
            await house.stopAll()
            return summary
        } catch {
            await house.stopAll()
            throw error
        }
    }

    private func acts() async throws -> DemoSummary {
        try await prepare()
        try await openControlPlane()
        try await enrolFleet()
        let good = try await rollOutGoodRelease()
        let alert = try await tripOneRule()
        let bad = try await stopBadRelease()
        let summary = DemoSummary(
            endpoints: endpoints.count, liveSensor: isLive, good: good, alert: alert, bad: bad,
            log: try await auditLog())
        try summary.json().write(to: URL(filePath: plan.summary.string), options: .atomic)
        await close(with: summary)
        return summary
    }

    /// Empties the demo's folder and makes a signing key of its own.
    private func prepare() async throws {
        await screen.say(screen.ink("Firebreak: one bad update, stopped", .bold))
        let ended = ProcessHouse.endLeftovers(pidFile: plan.pidFile)
        if ended > 0 { await screen.note("ended \(ended) processes of an earlier demo") }
        let files = FileManager.default
        for command in ["firebreak-control", "firebreak-agent", "firebreak-worker"]
        where !files.isExecutableFile(atPath: plan.command(command).string) {
            throw DemoError(
                step: "prepare", message: "\(plan.command(command)) is missing: run `make build` first")
        }
        try emptyFolder()
        for folder in [plan.keys, plan.control, plan.packs, plan.logs, plan.directory.appending("agents")] {
            try files.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        }
        try LabSwitches.protected.write(to: plan.labSwitches)
    }

    /// Removes what an earlier demo left. A folder with files in it that no demo made is refused, not emptied.
    private func emptyFolder() throws {
        let files = FileManager.default
        let path = plan.directory.string
        let names = (try? files.contentsOfDirectory(atPath: path)) ?? []
        guard names.isEmpty || names.contains(DemoPlan.markerName) else {
            throw DemoError(
                step: "prepare",
                message: "\(path) holds files that are not the demo's: name an empty folder with --directory")
        }
        if files.fileExists(atPath: path) { try files.removeItem(atPath: path) }
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("This folder is emptied by each `firebreak demo`.\n".utf8)
            .write(to: URL(filePath: plan.directory.appending(DemoPlan.markerName).string))
    }

    /// Asks `condition` until it gives a value. Gives up, and says what was last seen, after
    /// `DemoPlan.stepSecondsMax`.
    func wait<Value: Sendable>(
        for step: String, every pause: Duration = .milliseconds(200), seeing: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(DemoPlan.stepSecondsMax)
        var lastFailure: (any Error)?
        while ContinuousClock.now < deadline {
            do {
                if let value = try await seeing() { return value }
                lastFailure = nil
            } catch let error as DemoError {
                throw error
            } catch {
                lastFailure = error
            }
            try await Task.sleep(for: pause)
        }
        let last = lastFailure.map { "; last: \($0)" } ?? ""
        throw DemoError(
            step: step, message: "not reached in \(DemoPlan.stepSecondsMax) s\(last). Logs: \(plan.logs)")
    }
}
