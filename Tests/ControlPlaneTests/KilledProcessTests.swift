import ControlClient
import ControlWire
import ExposureChecker
import FleetModel
import Foundation
import TestSupport
import Testing
import UpdateTrust

@testable import ControlPlane

/// The real command, ended by SIGKILL: no test double stands between the ledger and the disk.
@Suite("Killed process")
struct KilledProcessTests {
    private struct Fleet {
        let folder: TemporaryFolder
        let program: RunningProgram
        var agents: [TestAgent] = []

        init() throws {
            folder = try TemporaryFolder("killed")
            let key = try #require(PlaneHouse.signingKey)
            let line = try #require(TrustedKey(publicKey: key.publicKey, comment: "test")).line
            try "\(line)\n".write(toFile: folder.file("trust"), atomically: true, encoding: .utf8)
            program = try RunningProgram(
                "firebreak-control",
                [
                    "--listen", "127.0.0.1:0", "--data", folder.file("control"), "--trust", folder.file("trust"),
                    "--preset", "demo", "--json-log",
                ], log: folder.file("log"))
        }

        /// Clients for the process that runs now.
        func clients() async throws -> (ManagementClient, OpAMPClient) {
            try await eventually("the control plane answers") {
                let text = try String(contentsOfFile: folder.file("control/address"), encoding: .utf8)
                let address = try ControlAddress("https://\(text.trimmingCharacters(in: .whitespacesAndNewlines))")
                let management = try ManagementClient(
                    control: address.description, certificateAuthorityFile: folder.file("control/ca.pem"),
                    operatorTokenFile: folder.file("control/operator.token"))
                do { _ = try await management.status() } catch {
                    await management.close()
                    throw error
                }
                return (management, try OpAMPClient(address: address, caFile: folder.file("control/ca.pem")))
            }
        }
    }

    @Test(
        "killed in the middle of a ramp: after the restart the ledger is whole, the cap holds, nobody is debited twice")
    func killed() async throws {
        var fleet = try Fleet()
        var (management, client) = try await fleet.clients()
        let secret = try String(contentsOfFile: fleet.folder.file("control/enrolment.secret"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        for number in 1...12 {
            var agent = TestAgent(number: number)
            agent.credential = try #require(
                try await client.checkIn(agent.hello, authorization: .enrolment(secret)).credential)
            fleet.agents.append(agent)
        }
        let release = try await management.publish(try PlaneHouse.pack()).release
        let policy = RolloutTerms(
            preset: "demo", bake: .milliseconds(300), silenceDeadline: .seconds(20), pollInterval: .seconds(1))
        let rollout = try await management.startRollout(RolloutRequest(release: release, policy: policy)).id
        for kill in 0..<4 {
            var death: Task<Void, Never>?
            for round in 0..<8 {
                // The last check-ins of each life are in flight when the process dies.
                if round == 6 {
                    let program = fleet.program
                    death = Task.detached { program.killNow() }
                }
                for index in fleet.agents.indices {
                    let message = fleet.agents[index].next()
                    let authorization = AgentAuthorization.credential(fleet.agents[index].credential)
                    guard let reply = try? await client.checkIn(message, authorization: authorization) else { continue }
                    fleet.agents[index].take(reply)
                }
            }
            await death?.value
            await management.close()
            await client.close()
            try FileManager.default.removeItem(atPath: fleet.folder.file("control/address"))
            try fleet.program.start()
            (management, client) = try await fleet.clients()
            let audit = try ExposureAudit.check(
                database: fleet.folder.file("control/fleet.sqlite"), rollout: rollout, agentLogs: [])
            #expect(audit.violations.isEmpty, "after kill \(kill)")
            #expect(try await management.rollout(rollout).counts.offered == audit.debitCount)
        }
        for agent in fleet.agents { #expect(agent.offersSeen.count <= 1) }
        await management.close()
        await client.close()
        fleet.program.killNow()
    }
}
