import CanonicalCoding
import FleetModel
import Testing

@testable import StateMeasurement

@Suite("State coding")
struct StateCodingTests {
    private func refusal(_ bytes: [UInt8]) -> StateFault.Code? {
        ForgedQuote.fault { () throws(StateFault) in _ = try StateQuote(decoding: bytes) }
    }

    @Test("a quote reads back as itself, with and without a policy")
    func roundTrip() throws {
        var state = ForgedQuote.state()
        for policy in [state.facts.policyHash, nil] {
            state.facts.policyHash = policy
            let quote = try ForgedQuote.quote(state)
            #expect(try StateQuote(decoding: quote.encoded()) == quote)
        }
    }

    @Test("the longest quote stays below its bound")
    func longest() throws {
        var state = ForgedQuote.state(counter: StateLimit.countMax)
        state.facts.agentVersion = String(repeating: "v", count: StateLimit.versionBytesMax)
        state.facts.bootID = String(repeating: "b", count: StateLimit.bootIDBytesMax)
        state.facts.active = (0..<16).map { ForgedQuote.digest(Array("0123456789abcdef")[$0]) }
        state.facts.proven = state.facts.active
        var quote = try ForgedQuote.quote(state)
        quote.attest = [UInt8](repeating: 1, count: StateLimit.attestBytesMax)
        #expect(try quote.encoded().count < StateLimit.quoteBytesMax)
    }

    @Test("a value above its bound is refused by reader and writer alike")
    func bounds() throws {
        var state = ForgedQuote.state(counter: StateLimit.countMax + 1)
        #expect(ForgedQuote.fault { () throws(StateFault) in _ = try state.encoded() } == .malformed)
        state = ForgedQuote.state()
        state.facts.agentVersion = String(repeating: "v", count: StateLimit.versionBytesMax + 1)
        #expect(ForgedQuote.fault { () throws(StateFault) in _ = try state.encoded() } == .malformed)
        state = ForgedQuote.state()
        state.facts.active = [ForgedQuote.digest("2"), ForgedQuote.digest("1")]
        #expect(ForgedQuote.fault { () throws(StateFault) in _ = try state.encoded() } == .malformed)
        var quote = try ForgedQuote.quote()
        quote.nonce = [1]
        #expect(ForgedQuote.fault { () throws(StateFault) in _ = try quote.encoded() } == .malformed)
        quote = try ForgedQuote.quote()
        quote.attest = [UInt8](repeating: 0, count: StateLimit.attestBytesMax + 1)
        #expect(ForgedQuote.fault { () throws(StateFault) in _ = try quote.encoded() } == .malformed)
    }

    @Test("hostile bytes are refused and never trap: every cut, every changed byte, white space, and more members")
    func hostileBytes() throws {
        let sound = try ForgedQuote.quote().encoded()
        for count in 0..<sound.count { #expect(refusal(Array(sound.prefix(count))) == .malformed) }
        for index in sound.indices {
            // The lowest bit makes another digit, the sixth the other case, the highest no ASCII.
            for bit in [0, 5, 7] {
                var bytes = sound
                bytes[index] ^= 1 << bit
                // Another digit may still be a quote; it is then another one, and no signature holds for it.
                guard let quote = try? StateQuote(decoding: bytes) else { continue }
                let code = ForgedQuote.fault { () throws(StateFault) in
                    _ = try QuoteVerifier.authenticate(quote, of: ForgedQuote.endpoint)
                }
                #expect(code != nil, "byte \(index), bit \(bit)")
            }
        }
        #expect(refusal([0x20] + sound) == .malformed)
        #expect(refusal(Array("{\"a\":1,".utf8) + sound.dropFirst()) == .malformed)
        #expect(refusal([UInt8](repeating: 0x5B, count: StateLimit.quoteBytesMax)) == .malformed)
        #expect(refusal([UInt8](repeating: 0x20, count: StateLimit.quoteBytesMax + 1)) == .malformed)
    }

    @Test("a sealed state reads back as itself, fits into a TPM, and is told apart from anything else")
    func sealedState() {
        let state = SealedState(counter: 1 << 40, commitCount: 3, recallRevision: 0, policyHash: nil)
        #expect(SealedState(decoding: state.encoded) == state)
        #expect(state.encoded.count <= StateLimit.sealedBytesMax)
        #expect(SealedState(decoding: Array(state.encoded.dropLast())) == nil)
        #expect(SealedState(decoding: [0] + state.encoded.dropFirst()) == nil)
        #expect(SealedState(decoding: []) == nil)
    }

    @Test("a seal that is one ahead was interrupted; one behind, or commits that are gone, is an older copy")
    func sealFindings() {
        let state = SealedState(counter: 8, commitCount: 3, recallRevision: 2, policyHash: nil)
        #expect(state.finding(counter: 8, commitCount: 3, recallRevision: 2) == .held)
        #expect(state.finding(counter: 7, commitCount: 4, recallRevision: 2) == .held)
        #expect(state.finding(counter: 9, commitCount: 3, recallRevision: 2) == .rolledBack)
        #expect(state.finding(counter: 6, commitCount: 3, recallRevision: 2) == .rolledBack)
        #expect(state.finding(counter: 8, commitCount: 2, recallRevision: 2) == .rolledBack)
        #expect(state.finding(counter: 8, commitCount: 3, recallRevision: 1) == .rolledBack)
    }

    @Test("a standing is one text, and reads back")
    func standings() throws {
        for standing in [
            StateStanding.notMeasured, .verified(by: .tpm), .verified(by: .file), .unverified("no nonce yet"),
        ] {
            let bytes = try CodableJSON.encode(standing)
            #expect(
                try CodableJSON.decode(StateStanding.self, from: bytes, limits: JSONParser.Limits(bytesMax: 512))
                    == standing)
        }
        #expect(StateStanding("verified by magic") == nil)
        #expect(StateStanding.verified(by: .tpm).text == "verified by tpm")
    }
}
