import ArgumentParser
import ControlClient
import ControlWire
import FleetModel

/// `firebreak status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the control plane and its fleet at a glance.",
        discussion: """
            Fails with exit code 4 when the control plane cannot be reached, so it also serves as a probe.

              firebreak status
              firebreak status --json | jq .endpoints_healthy
            """)

    @OptionGroup(title: "Control plane") var control: ControlOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await control.withClient { try await $0.status() }
        try output.show(status) { Self.lines(status, on: $0) }
    }

    static func lines(_ status: ControlStatus, on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("control plane", "\(status.version), up \(TimeText.span(status.now - status.startedAt))")
        sheet.add(
            "endpoints",
            Table.Cell(
                "\(status.endpointCount) enrolled, \(status.endpointsReporting) reporting, "
                    + "\(status.endpointsHealthy) well",
                status.endpointsHealthy == status.endpointCount ? .green : .yellow))
        sheet.add("releases", "\(status.releaseCount)")
        sheet.add("rollouts", "\(status.rolloutsActive) on their way")
        sheet.add("alerts", "\(status.alertCount)")
        sheet.add(
            "storage",
            status.storageFault.map { Table.Cell("cannot be written: \($0)", .red) } ?? Table.Cell("ok", .green))
        return sheet.lines(on: console)
    }
}
