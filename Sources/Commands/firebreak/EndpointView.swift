import ControlWire
import FleetModel

/// Endpoints on a terminal.
enum EndpointView {
    static func table(_ endpoints: [EndpointSummary], now: Moment) -> Table {
        var table = Table(
            ("ENDPOINT", .left), ("NAME", .left), ("OS", .left), ("RELEASES", .left), ("HEALTH", .left),
            ("STATE", .left), ("SEEN", .left))
        for endpoint in endpoints {
            table.add([
                Table.Cell(endpoint.id.text), Table.Cell(endpoint.name, .bold),
                Table.Cell(endpoint.cohort.osVersion.isEmpty ? endpoint.service : endpoint.cohort.osVersion),
                Table.Cell(endpoint.activeReleases.map(\.text).joined(separator: " ")),
                health(of: endpoint), state(of: endpoint), Table.Cell(TimeText.age(of: endpoint.lastSeenAt, at: now)),
            ])
        }
        return table
    }

    /// One word or the names of what is not well.
    static func health(of endpoint: EndpointSummary) -> Table.Cell {
        if endpoint.revokedAt != nil { return Table.Cell("revoked", .grey) }
        guard let health = endpoint.health else { return Table.Cell("unknown", .grey) }
        if health.isHealthy { return Table.Cell("well", .green) }
        let broken = EndpointComponent.allCases.filter { health.components[$0]?.isHealthy == false }
        return Table.Cell(broken.isEmpty ? "not well" : "no " + broken.map(\.rawValue).joined(separator: ", "), .red)
    }

    /// In a table without the reason: that is for the sheet.
    static func state(of endpoint: EndpointSummary, withReason: Bool = false) -> Table.Cell {
        switch endpoint.stateStanding {
        case .notMeasured: Table.Cell(endpoint.stateStanding.text, .grey)
        case .verified: Table.Cell(endpoint.stateStanding.text, .green)
        case .unverified: Table.Cell(withReason ? endpoint.stateStanding.text : "does not verify", .red)
        }
    }

    static func sheet(_ endpoint: EndpointSummary, now: Moment, on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("endpoint", Table.Cell(endpoint.id.text))
        sheet.add("name", Table.Cell(endpoint.name, .bold))
        sheet.add("service", Table.Cell(endpoint.service.isEmpty ? "not described yet" : endpoint.service))
        for (name, value) in endpoint.cohort.attributes.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            sheet.add(name.printable, Table.Cell(value))
        }
        sheet.add("enrolled", Table.Cell(TimeText.utc(endpoint.enrolledAt)))
        sheet.add("last seen", Table.Cell(TimeText.age(of: endpoint.lastSeenAt, at: now)))
        if let revokedAt = endpoint.revokedAt { sheet.add("revoked", Table.Cell(TimeText.utc(revokedAt), .red)) }
        sheet.add(
            "sensor", endpoint.hasLiveSensor ? "live, from this machine's kernel" : "replays a recording, or none")
        sheet.add("events evaluated", Table.Cell(endpoint.eventsEvaluated))
        sheet.add("events lost", Table.Cell("\(endpoint.eventsLost)", endpoint.eventsLost > 0 ? .yellow : nil))
        sheet.add("measured state", state(of: endpoint, withReason: true))
        sheet.add("health", health(of: endpoint))
        for component in EndpointComponent.allCases {
            guard let state = endpoint.health?.components[component] else { continue }
            let message = state.message.isEmpty ? "" : ": \(state.message)"
            sheet.add(
                "  \(component.rawValue)",
                Table.Cell(
                    (state.isHealthy ? "well" : "not well") + message + ", since \(TimeText.utc(state.since))",
                    state.isHealthy ? .green : .red))
        }
        var lines = sheet.lines(on: console)
        if !endpoint.releases.isEmpty { lines += [""] + releases(endpoint.releases).lines(on: console) }
        return lines
    }

    private static func releases(_ reports: [ReleaseReport]) -> Table {
        var table = Table(
            ("RELEASE", .left), ("STAGE", .left), ("ACTIVE", .left), ("EVENTS", .right), ("SINCE", .left),
            ("MESSAGE", .left))
        for report in reports {
            let ink: Console.Ink =
                switch report.stage {
                case .committed: .green
                case .reverted, .refused: .red
                case .downloading, .staged, .shadow, .trial: .yellow
                }
            let failure = report.failure.map { ": \($0.rawValue)" } ?? ""
            table.add([
                Table.Cell(report.release.text, .bold), Table.Cell(report.stage.rawValue + failure, ink),
                report.isActive ? "yes" : "", Table.Cell(report.eventsEvaluated),
                Table.Cell(TimeText.utc(report.stageEnteredAt)), Table.Cell(report.message),
            ])
        }
        return table
    }
}
