import enum Crypto.Curve25519
import enum Crypto.P256
import FleetModel

@testable import StateMeasurement

/// Quotes made without a TPM: what a TPM would sign, signed by a key of the test's own.
enum ForgedQuote {
    static let endpoint = EndpointID(accepted: String(repeating: "a1", count: 16))
    static let nonce = (1...16).map(UInt8.init)
    static let key = P256.Signing.PrivateKey()

    static func digest(_ digit: Character) -> Digest { Digest(accepted: String(repeating: digit, count: 64)) }

    static let facts = MeasuredFacts(
        agentVersion: "1.2.3", agentDigest: digest("1"), workerDigest: digest("2"), policyHash: digest("3"),
        active: [digest("4")], proven: [digest("5"), digest("4")], commitCount: 7, recallRevision: 2,
        bootID: "0d4f1c5e-0000-4000-8000-000000000001", mode: .normal)
    static let reported = ReportedState(active: [digest("4")], committed: [digest("4")], recallRevision: 2)

    static func state(counter: UInt64 = 10, finding: MeasuredState.Finding = .held) -> MeasuredState {
        MeasuredState(facts: facts, counter: counter, finding: finding)
    }

    /// TPMS_ATTEST of a quote, with each field as the caller wants it.
    struct Attest {
        var magic: [UInt8] = [0xFF, 0x54, 0x43, 0x47]
        var type: [UInt8] = [0x80, 0x18]
        var signer: [UInt8] = [0x00, 0x0B] + [UInt8](repeating: 7, count: 32)
        var binding: [UInt8]
        var safe: UInt8 = 1
        var selection = AttestedQuote.selection(of: 23)
        var registerDigest: [UInt8]

        init(_ state: MeasuredState, nonce: [UInt8] = ForgedQuote.nonce) throws {
            binding = StateDigest.binding(endpoint: endpoint, nonce: nonce, state: try state.digest()).bytes
            registerDigest = StateDigest.sha256(try StateDigest.register(of: state)).bytes
        }

        var bytes: [UInt8] {
            magic + type + sized(signer) + sized(binding) + [UInt8](repeating: 0, count: 16) + [safe]
                + [UInt8](repeating: 3, count: 8) + selection + sized(registerDigest)
        }

        private func sized(_ bytes: [UInt8]) -> [UInt8] {
            [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
        }
    }

    static func quote(
        _ state: MeasuredState = state(), nonce: [UInt8] = nonce, key: P256.Signing.PrivateKey = key,
        attest change: (inout Attest) -> Void = { _ in }
    ) throws -> StateQuote {
        var attest = try Attest(state, nonce: nonce)
        change(&attest)
        return try signed(attest.bytes, state, nonce: nonce, key: key)
    }

    static func signed(
        _ attest: [UInt8], _ state: MeasuredState = state(), nonce: [UInt8] = nonce, key: P256.Signing.PrivateKey = key
    ) throws -> StateQuote {
        StateQuote(
            strength: .tpm, publicKey: Array(key.publicKey.x963Representation), attest: attest,
            signature: Array(try key.signature(for: attest).rawRepresentation), nonce: nonce, state: state)
    }

    static func fileQuote(_ state: MeasuredState = state(), key: Curve25519.Signing.PrivateKey) throws -> StateQuote {
        let attest = StateQuote.fileStatement(
            StateDigest.binding(endpoint: endpoint, nonce: nonce, state: try state.digest()))
        return StateQuote(
            strength: .file, publicKey: Array(key.publicKey.rawRepresentation), attest: attest,
            signature: Array(try key.signature(for: attest)), nonce: nonce, state: state)
    }

    /// The code of the fault that `body` throws; nil when it throws none.
    static func fault(_ body: () throws(StateFault) -> Void) -> StateFault.Code? {
        do throws(StateFault) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }
}
