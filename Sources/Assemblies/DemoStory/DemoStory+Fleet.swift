import ControlClient
import ControlWire
import FleetModel
import Foundation
import LinuxSensor
import RepositoryPublisher
import SystemPackage
import UpdateTrust

extension DemoStory {
    /// Act 1: the control plane comes up on loopback with certificates, database and secrets that it makes itself.
    func openControlPlane() async throws {
        await screen.act(1, "The control plane comes up")
        try makeRepository()
        await house.start(
            ProcessHouse.Program(
                name: "control", executable: plan.command("firebreak-control"),
                arguments: [
                    "--listen", "127.0.0.1:\(try await Loopback.freePort())", "--data", plan.control.string,
                    "--trust", plan.trustedKeys.string, "--preset", "demo",
                    "--repository", plan.repository.string, "--repository-keys", plan.keys.string,
                ],
                logFile: plan.logs.appending("control.log"), restartDelay: .seconds(1)))
        let addressFile = plan.control.appending("address").string
        let client = try await wait(for: "control plane up") { [self] in
            if let failure = await house.failure(of: "control") {
                throw DemoError(step: "control plane up", message: failure)
            }
            let address = try String(contentsOfFile: addressFile, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let client = try DemoControl(address: address, data: plan.control)
            _ = try await client.management.status()
            return client
        }
        control = client
        await screen.note("TLS with a certificate authority of its own, SQLite, one process")
        await screen.note("status page: \(screen.ink(client.url, .blue))")
    }

    /// A vendor's key, and a TUF repository in which that vendor speaks for its pack and for nothing else.
    private func makeRepository() throws {
        _ = try SigningKeyFile.create(at: plan.signingKey.string, comment: "firebreak demo")
        let vendor = try SigningKeyFile.read(plan.signingKey.string)
        let keys = try plan.roleKeys.make(rootCount: 1)
        let now = Self.now()
        let folder = RepositoryFolder(path: plan.repository.string)
        _ = try folder.create(keys: keys, at: now)
        try folder.change(keys: keys, at: now) { repository throws(TufError) in
            try repository.delegate(
                to: DemoPlan.vendor, packs: [DemoPlan.pack], key: vendor.key, first: vendor, by: keys.targets, at: now)
        }
    }

    /// Lets the vendor vouch for a release.
    func vouch(for bytes: [UInt8], of release: ReleaseID) throws {
        try RepositoryFolder(path: plan.repository.string).add(
            bytes, of: release, to: DemoPlan.vendor, by: try SigningKeyFile.read(plan.signingKey.string),
            keys: try plan.roleKeys.read(), at: Self.now())
    }

    static func now() -> Moment { Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// Act 2: every endpoint is a real agent with a state folder and a sealed worker of its own.
    func enrolFleet() async throws {
        await screen.act(2, "\(plan.endpointCount) endpoints enrol")
        if let reason = plan.wantsLiveSensor ? LiveSensor.reasonForNone : "switched off by --no-live" {
            await screen.note(screen.ink("No live sensor: \(reason). Every endpoint replays a recording.", .yellow))
        }
        let wantsLive = plan.wantsLiveSensor && LiveSensor.reasonForNone == nil
        for number in 1...plan.endpointCount { await house.start(agent(number, isLive: wantsLive && number == 1)) }
        let fleet: [EndpointSummary] = try await wait(for: "\(plan.endpointCount) endpoints enrolled") { [self] in
            let fleet = try await management().endpoints()
            let well = fleet.filter(\.isWell)
            let text = "\(fleet.count) of \(plan.endpointCount) enrolled, \(well.count) well"
            await screen.show(panel: [text], plain: text)
            guard well.count == plan.endpointCount else { return nil }
            return fleet.sorted { ($0.cohort.tags["demo"] ?? "") < ($1.cohort.tags["demo"] ?? "") }
        }
        endpoints = fleet.map(\.id)
        isLive = fleet.first?.hasLiveSensor == true
        let watcher =
            isLive
            ? "\(plan.name(of: 1)) watches this machine's kernel, the others replay recordings"
            : "all replay recordings"
        await screen.note("\(endpoints.count) agents and \(endpoints.count) sealed workers run; \(watcher)")
    }

    private func agent(_ number: Int, isLive: Bool) -> ProcessHouse.Program {
        let sensor = isLive ? "live" : "replay:\(recording(of: number))"
        return ProcessHouse.Program(
            name: plan.name(of: number), executable: plan.command("firebreak-agent"),
            arguments: [
                "run", "--control", control?.url ?? "", "--ca", plan.control.appending("ca.pem").string,
                "--log-key", plan.control.appending("log.key.pub").string,
                "--root", plan.repository.appending("tuf/1.root.json").string,
                "--enrolment-secret-file", plan.control.appending("enrolment.secret").string,
                "--trust", plan.trustedKeys.string, "--state", plan.state(of: number).string,
                "--worker", plan.command("firebreak-worker").string, "--worker-chaos",
                "--lab", plan.labSwitches.string, "--sensor", sensor, "--tag", "demo=\(plan.name(of: number))",
                // Forty agents would share one TPM, and all of them the time to measure their programs.
                "--seal", number == 1 ? "file" : "off",
            ],
            logFile: plan.logs.appending("\(plan.name(of: number)).log"), restartDelay: .seconds(1))
    }

    /// Where there is no live sensor, the first endpoint's recording also holds the event that trips a rule.
    private func recording(of number: Int) -> FilePath {
        number == 1 ? plan.content.appending("recordings/test-detection.jsonl") : plan.recording(of: number)
    }

    func management() throws -> ManagementClient {
        guard let control else { throw DemoError(step: "control plane", message: "is not up") }
        return control.management
    }
}

/// The way to the demo's control plane.
struct DemoControl: Sendable {
    let url: String
    let management: ManagementClient

    init(address: String, data: FilePath) throws {
        url = "https://\(address)"
        management = try ManagementClient(
            control: url, certificateAuthorityFile: data.appending("ca.pem").string,
            operatorTokenFile: data.appending("operator.token").string)
    }
}

extension LiveSensor {
    /// Why this machine's kernel cannot be watched; nil when it can.
    static var reasonForNone: String? {
        switch availability() {
        case .available: nil
        case .unavailable(let error): error.message
        }
    }
}
