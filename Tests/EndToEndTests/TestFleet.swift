import ContentPack
import ContentPublisher
import ControlClient
import ControlWire
import ExposureChecker
import FleetModel
import Foundation
import RepositoryPublisher
import TestSupport

/// A control plane and endpoints of a test's own: the real commands in a folder of their own.
final class TestFleet: Sendable {
    let folder: TemporaryFolder
    let control: RunningProgram
    let agents: [RunningProgram]
    let management: ManagementClient
    let address: ControlAddress

    static let pack = PackName(accepted: "linux-core")

    /// Seconds instead of hours; the same rules.
    static let terms = RolloutTerms(
        preset: "demo", lossBudget: 2, bake: .seconds(2), silenceDeadline: .seconds(5), settleDeadline: .seconds(60),
        pollInterval: .seconds(1))

    /// - Parameter brittle: Endpoints, by number, on which new workers die from ``breakNewWorkers()`` on. Their tag `zone`
    ///   is `bad` and their ring `last`, the others' `good-N` and `first`.
    init(_ name: String, endpoints: Int, brittle: Range<Int> = 0..<0) async throws {
        folder = try TemporaryFolder(name)
        try #"{"shadow":true,"revert":true}"#.write(toFile: folder.file("lab.json"), atomically: true, encoding: .utf8)
        _ = try SigningKeyFile.create(at: folder.file("key"), comment: "test")
        control = try RunningProgram(
            "firebreak-control",
            [
                "--listen", "127.0.0.1:\(try freePort())", "--data", folder.file("control"), "--trust",
                folder.file("key.pub"),
                "--preset", "demo",
            ], log: folder.file("control.log"))
        let (address, management) = try await Self.connect(folder)
        self.address = address
        self.management = management
        agents = try (0..<endpoints).map { [folder] in
            try Self.agent($0, isBrittle: brittle.contains($0), folder: folder, address: address)
        }
    }

    /// Waits until the control plane answers at the address that it wrote.
    private static func connect(_ folder: TemporaryFolder) async throws -> (ControlAddress, ManagementClient) {
        try await eventually("the control plane answers") {
            let text = try String(contentsOfFile: folder.file("control/address"), encoding: .utf8)
            let address = try ControlAddress("https://\(text.trimmingCharacters(in: .whitespacesAndNewlines))")
            let client = try ManagementClient(
                control: address.description, certificateAuthorityFile: folder.file("control/ca.pem"),
                operatorTokenFile: folder.file("control/operator.token"))
            _ = try await client.status()
            return (address, client)
        }
    }

    private static func agent(_ number: Int, isBrittle: Bool, folder: TemporaryFolder, address: ControlAddress) throws
        -> RunningProgram
    {
        try RunningProgram(
            "firebreak-agent",
            [
                "run", "--control", address.description, "--ca", folder.file("control/ca.pem"),
                "--enrolment-secret-file", folder.file("control/enrolment.secret"), "--trust", folder.file("key.pub"),
                "--state", folder.file("agent-\(number)"), "--worker", try worker(isBrittle: isBrittle, folder: folder),
                "--worker-chaos", "--lab", folder.file("lab.json"), "--tag",
                "zone=\(isBrittle ? "bad" : "good-\(number % 5)")", "--tag", "ring=\(isBrittle ? "last" : "first")",
                "--sensor", "replay:\(Checkout.path("content/recordings/server.jsonl"))", "--tag", "n=\(number)",
            ], log: folder.file("agent-\(number).log"))
    }

    /// A worker that dies at its start when the fleet's file `broken` is there: a defect that only some machines have.
    private static func worker(isBrittle: Bool, folder: TemporaryFolder) throws -> String {
        let worker = try BuiltCommand.path("firebreak-worker")
        guard isBrittle else { return worker }
        let path = folder.file("brittle-worker")
        try """
        #!/bin/sh
        [ -e '\(folder.file("broken"))' ] && kill -SEGV $$
        exec '\(worker)' "$@"

        """.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    func breakNewWorkers() throws { try Data().write(to: URL(filePath: folder.file("broken"))) }

    func waitForWell(_ count: Int) async throws -> [EndpointSummary] {
        try await eventually("\(count) endpoints well") {
            let well = try await management.endpoints().filter(\.isWell)
            return well.count == count ? well : nil
        }
    }

    func publish(_ version: String, chaos: PackChaos? = nil) async throws -> ReleaseID {
        let built = try PackBuilder.build(
            rulesDirectory: Checkout.path("content/linux-core/rules"),
            examplesDirectory: Checkout.path("content/linux-core/examples"), name: Self.pack,
            version: try ReleaseVersion(checking: version), notes: "test", chaos: chaos,
            key: try SigningKeyFile.read(folder.file("key")))
        return try await management.publish(built.bytes).release
    }

    func start(_ release: ReleaseID) async throws -> RolloutID {
        try await management.startRollout(RolloutRequest(release: release, policy: Self.terms)).id
    }

    func wait(for phases: Set<String>, of rollout: RolloutID, within seconds: Double = 90) async throws
        -> RolloutSummary
    {
        try await eventually("rollout \(phases)", within: seconds) {
            let summary = try await management.rollout(rollout)
            return phases.contains(summary.phase) ? summary : nil
        }
    }

    func debits(of rollout: RolloutID) async throws -> [EndpointID] {
        try await management.ledger(of: rollout, limit: ControlWireLimit.pageCountMax).rows
            .filter { $0.kind == "debit" }.compactMap(\.endpoint)
    }

    func audit(_ rollout: RolloutID) throws -> ExposureReport {
        try ExposureAudit.check(
            database: folder.file("control/fleet.sqlite"), rollout: rollout,
            agentLogs: agents.indices.map { folder.file("agent-\($0)/agent.log") })
    }

    /// Ends everything in order; what a test leaves behind otherwise is killed when the fleet goes.
    func end() async {
        for agent in agents { agent.terminate() }
        control.terminate()
        await management.close()
    }
}
