import ArgumentParser
import CanonicalCoding
import FleetModel
import FleetSimulator

/// What is wrong with the simulated release: a past incident, or numbers.
struct FaultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Release what a past incident released; --list-incidents names them. Its numbers take the place of the "
                + "fault's options below.", valueName: "id"))
    var incident: String?

    @Option(
        help: ArgumentHelp("Read the incidents from a JSON file instead of the catalogue.", valueName: "file"),
        completion: .file())
    var incidents: String?

    @Option(help: ArgumentHelp("The probability that an endpoint is struck. 0 is a clean release.", valueName: "p"))
    var faultRate = 0.0

    @Option(
        help: ArgumentHelp(
            "When an endpoint is struck after it has activated the release: after:SPAN (exponential, with that mean), "
                + "delay:SPAN, clock:SPAN (everywhere at once, from the first offer), window:SPAN-SPAN (each day), "
                + "flapping:SPAN, reboot, scan, scan-then-reboot.", valueName: "onset"))
    var onset = OnsetArgument(onset: .after(meanSeconds: 60))

    @Option(
        help: ArgumentHelp("The share of the fleet that can be struck, by cohorts: one corner of it.", valueName: "p"))
    var affectedShare = 1.0

    @Option(
        help: ArgumentHelp("The share of the struck that fall silent; the others report it.", valueName: "p"))
    var silentShare = 1.0

    func validate() throws {
        try Self.check(faultRate, "--fault-rate")
        try Self.check(affectedShare, "--affected-share")
        try Self.check(silentShare, "--silent-share")
    }

    static func check(_ share: Double, _ name: String) throws {
        guard (0...1).contains(share) else { throw ValidationError("\(name) takes 0 to 1.") }
    }

    /// What is released, and its name for a person.
    func resolved() throws(CommandFailure) -> (fault: FaultSignature, name: String) {
        if let incident {
            let found = try IncidentShelf(file: incidents).find(incident)
            return (found.fault, "\(found.id): \(found.title)\(found.date.isEmpty ? "" : ", \(found.date)")")
        }
        guard faultRate > 0 else { return (.none, "clean") }
        let fault = FaultSignature(
            rate: faultRate, affectedShare: affectedShare, onset: onset.onset, silentShare: silentShare)
        let whom = affectedShare < 1 ? "\(NumberText.percent(affectedShare)) of the fleet" : "the fleet"
        return (fault, "broken: strikes \(NumberText.percent(faultRate)) of \(whom), \(onset.text)")
    }
}

/// `after:20m`, `window:6h-7h`, `reboot`.
struct OnsetArgument: ExpressibleByArgument, Equatable {
    let onset: FaultOnset

    init(onset: FaultOnset) { self.onset = onset }

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let spans =
            parts.count < 2
            ? []
            : parts[1].split(separator: "-", omittingEmptySubsequences: false)
                .map { TimeText.span(reading: String($0)).map { Double($0.milliseconds) / 1000 } }
        switch (parts[0], spans.count, spans.first ?? nil, spans.last ?? nil) {
        case ("reboot", 0, _, _): onset = .reboot
        case ("scan", 0, _, _): onset = .scan
        case ("scan-then-reboot", 0, _, _): onset = .scanThenReboot
        case ("after", 1, let mean?, _): onset = .after(meanSeconds: mean)
        case ("delay", 1, let delay?, _): onset = .delay(seconds: delay)
        case ("clock", 1, let clock?, _): onset = .clock(seconds: clock)
        case ("flapping", 1, let period?, _) where period >= 1: onset = .flapping(periodSeconds: period)
        case ("window", 2, let open?, let close?) where open < close && close <= 86_400:
            onset = .window(openSeconds: open, closeSeconds: close)
        default: return nil
        }
    }

    var defaultValueDescription: String { "after:1m" }

    /// For a person.
    var text: String {
        func span(_ seconds: Double) -> String { TimeText.span(.milliseconds(Int64(seconds * 1000))) }
        return switch onset {
        case .after(let mean): "\(span(mean)) after activation on average"
        case .delay(let delay): "\(span(delay)) after activation"
        case .clock(let clock): "everywhere at once, \(span(clock)) after the first offer"
        case .window(let open, let close):
            "each day between hours \(NumberText.tenths(open / 3600)) and \(NumberText.tenths(close / 3600))"
        case .flapping(let period): "at the next bad one, good and bad in turn every \(span(period))"
        case .reboot: "at the next restart"
        case .scan: "at the next full scan"
        case .scanThenReboot: "at the restart after the next full scan"
        }
    }
}

/// The incidents that can be named: the catalogue's, or a file's.
struct IncidentShelf {
    let incidents: [Incident]

    init(file: String?) throws(CommandFailure) {
        guard let file else {
            incidents = IncidentCatalogue.all
            return
        }
        let bytes = try PackFileReader.read(
            file, bytesMax: IncidentFile.bytesMax, nextStep: "Name a JSON file of incidents, or leave --incidents out.")
        do {
            incidents = try IncidentFile.read(bytes)
        } catch {
            let place = error.subject.isEmpty ? file : "\(file), \(error.subject)"
            throw CommandFailure(.badIncidents, subject: place, message: error.message)
        }
    }

    func find(_ id: String) throws(CommandFailure) -> Incident {
        guard let incident = incidents.first(where: { $0.id == id }) else {
            throw CommandFailure(
                .noIncident, subject: id, message: "no incident is named so",
                nextStep: "There are: \(incidents.map(\.id).joined(separator: ", ")).")
        }
        return incident
    }

    /// A table of them.
    func lines(on console: Console) -> [String] {
        var table = Table(
            ("INCIDENT", .left), ("DATE", .left), ("STRIKES", .right), ("OF", .right), ("SILENT", .right),
            ("WITHDRAWN", .right), ("WHAT", .left))
        for incident in incidents {
            table.add([
                Table.Cell(incident.id), Table.Cell(incident.date),
                Table.Cell(NumberText.percent(incident.probability)),
                Table.Cell(incident.affectedShare.map(NumberText.percent) ?? "unknown"),
                Table.Cell(NumberText.percent(incident.silentShare)),
                Table.Cell(incident.withdrawnAfterMinutes.map(NumberText.minutes) ?? "unknown"),
                Table.Cell(incident.title),
            ])
        }
        return table.lines(on: console)
    }
}
