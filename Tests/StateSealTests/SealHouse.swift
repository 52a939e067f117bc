import DurableFiles
import FleetModel
import Foundation
import StateMeasurement
import TestSupport

@testable import StateSeal

/// A state directory, and the server's side of it.
struct SealHouse {
    let folder: TemporaryFolder
    let endpoint = EndpointID(accepted: String(repeating: "a1", count: 16))
    var settings: SealSettings
    var ledger = StateLedger()
    private var nonceCount: UInt8 = 0

    init(_ choice: SealChoice) throws {
        folder = try TemporaryFolder()
        settings = SealSettings(choice: choice, directory: folder.file("seal"))
    }

    static func digest(_ digit: Character) -> Digest { Digest(accepted: String(repeating: digit, count: 64)) }

    var facts = MeasuredFacts(
        agentVersion: "1.0.0", agentDigest: digest("1"), workerDigest: digest("2"), policyHash: digest("3"),
        active: [digest("4")], proven: [digest("4")], commitCount: 5, recallRevision: 1, bootID: "boot", mode: .normal)

    var reported: ReportedState {
        ReportedState(
            active: Set(facts.active), committed: Set(facts.proven), recallRevision: facts.recallRevision)
    }

    /// The nonce that the server's next reply has.
    mutating func nextNonce() -> [UInt8] {
        nonceCount += 1
        let nonce = [UInt8](repeating: nonceCount, count: StateLimit.nonceBytes)
        ledger.issue(nonce: nonce)
        return nonce
    }

    /// What a check-in of `session` does to the server's standing.
    @discardableResult
    mutating func checkIn(_ session: SealSession) throws -> StateQuote {
        let quote = try session.quote(facts, endpoint: endpoint, nonce: nextNonce())
        take(quote)
        return quote
    }

    mutating func take(_ quote: StateQuote) {
        take((try? quote.encoded()) ?? [])
    }

    mutating func take(_ bytes: [UInt8]) {
        ledger.take(StateLedger.Evidence(quote: bytes, trouble: "", of: endpoint), reported: reported)
    }

    func session() -> SealSession { SealSession(settings: settings) }

    /// Puts a copy of the whole seal aside, and back: what root does with an older state directory.
    func save() throws {
        try? FileManager.default.removeItem(atPath: folder.file("saved"))
        try FileManager.default.copyItem(atPath: settings.directory, toPath: folder.file("saved"))
    }

    func restore() throws {
        try FileManager.default.removeItem(atPath: settings.directory)
        try FileManager.default.copyItem(atPath: folder.file("saved"), toPath: settings.directory)
    }

    func isFaulty(_ code: StateFault.Code) -> Bool { ledger.standing.text.hasSuffix("(\(code.rawValue))") }
}
