import ExposureChecker
import FleetModel
import FleetStore
import Foundation
import RolloutEngine
import Testing

/// The gate's own machine and store write a ledger, and the checker, which shares no code with them, reads it.
@Suite("Gate and checker agree")
struct AgreementTests {
    static let rollout = RolloutID(accepted: "r-000001")
    static let release = ReleaseID(accepted: "linux-core@1.0.0")
    static let start = Moment(milliseconds: 1_700_000_000_000)

    /// One endpoint of the simulated fleet, as far as the gate can see it.
    private struct Endpoint {
        let id: EndpointID
        var isOffered = false
        var isMute = false
        var failure: FailureKind?
    }

    /// Rolls the release out to `count` endpoints that each fail or fall silent with the probability `harm`, and gives
    /// the ledger's rows and the gate's own account.
    private static func rollOut(count: Int, harm: Double, seed: UInt64) throws -> ([LedgerRecord], RolloutStatus) {
        var random = Generator(state: seed)
        var machine = RolloutMachine(
            rollout: rollout, release: release, policy: .demo, seed: seed, startedAt: start)
        var endpoints = try (0..<count).map { number in
            Endpoint(id: try EndpointID(checking: ForgedLedger.endpoint(number)))
        }
        var rows: [LedgerRecord] = []
        var now = start
        for _ in 0..<240 where !machine.status.phase.isFinal {
            now = now + .seconds(1)
            var actions = machine.handle(.tick, at: now)
            for index in endpoints.indices where !endpoints[index].isMute {
                let endpoint = endpoints[index]
                var report = EndpointReport(
                    endpoint: endpoint.id,
                    attributes: CohortAttributes(
                        os: "linux", osVersion: "debian-12", kernel: "6.1", agentVersion: "1.0.0", model: "vm"))
                if endpoint.isOffered {
                    report.stage = endpoint.failure == nil ? .committed : .reverted
                    report.failure = endpoint.failure
                }
                let answers = machine.handle(.checkIn(report), at: now)
                if answers.contains(.offer(endpoint.id)) {
                    endpoints[index].isOffered = true
                    if random.unit() < harm {
                        if random.unit() < 0.5 {
                            endpoints[index].isMute = true
                        } else {
                            endpoints[index].failure = .crash
                        }
                    }
                }
                actions += answers
            }
            for action in actions {
                let entry = machine.ledgerEntry(for: action, sequence: Int64(rows.count + 1), at: now)
                rows.append(try LedgerRecord(entry, of: rollout))
            }
        }
        return (rows, machine.status)
    }

    /// Writes the rows with the control plane's own store, and has them checked.
    static func check(_ rows: [LedgerRecord], policy: RolloutPolicy = .demo, in folder: URL) async throws
        -> ExposureReport
    {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "fleet.sqlite").path
        let store = try SQLiteFleetStore(path: path)
        var batch = StoreBatch()
        batch.releases = [
            StoredRelease(
                release: release, digest: Digest(accepted: String(repeating: "a", count: 64)), byteCount: 1,
                ruleCount: 1,
                schemaVersion: 1, notes: "", chaos: nil, signature: [], publishedAt: start)
        ]
        batch.rollouts = [
            StoredRollout(id: rollout, release: release, policy: policy, seed: 1, startedAt: start)
        ]
        batch.ledger = rows
        _ = try await store.commit(batch)
        // The database is still open and in use, as in the field.
        let report = try ExposureAudit.check(database: path, rollout: rollout, agentLogs: [])
        await store.close()
        return report
    }

    @Test(
        "whatever the release does, the checker finds nothing wrong with the gate's ledger, and counts what it counts",
        arguments: [0.0, 0.02, 0.1, 0.3, 1.0], [1, 2, 3] as [UInt64])
    func agree(harm: Double, seed: UInt64) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agreement-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (rows, status) = try Self.rollOut(count: 60, harm: harm, seed: seed)
        let report = try await Self.check(rows, in: folder)
        #expect(report.violations == [])
        #expect(report.debitCount == status.counts.offered)
        #expect(report.provenCount == status.counts.proven)
        #expect(report.failedCount == status.counts.failed)
        #expect(report.silentCount == status.counts.silent)
        #expect(report.exposureMax == status.maxExposed)
        if harm == 0 { #expect(status.phase == .complete && report.provenCount == 60) }
        if harm == 1 { #expect(status.phase == .halted && report.debitCount == 4) }
    }

    @Test("one debit more than the gate gave is found in a ledger of the gate's own")
    func bites() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agreement-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var (rows, _) = try Self.rollOut(count: 60, harm: 0, seed: 1)
        let fourth = try #require(rows.indices.filter { rows[$0].kind == "debit" }.dropFirst(3).first)
        var extra = rows[fourth]
        extra.endpoint = try EndpointID(checking: ForgedLedger.endpoint(999))
        rows.insert(extra, at: fourth + 1)
        for index in rows.indices { rows[index].sequence = Int64(index + 1) }
        let report = try await Self.check(rows, in: folder)
        #expect(report.violations.first?.kind == .capExceeded)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct Generator {
    var state: UInt64

    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }
}
