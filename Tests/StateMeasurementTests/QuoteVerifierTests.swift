import enum Crypto.Curve25519
import enum Crypto.P256
import FleetModel
import Testing

@testable import StateMeasurement

@Suite("Quote verifier")
struct QuoteVerifierTests {
    private func code(_ quote: StateQuote) -> StateFault.Code? {
        ForgedQuote.fault { () throws(StateFault) in
            _ = try QuoteVerifier.authenticate(quote, of: ForgedQuote.endpoint)
        }
    }

    @Test("a quote of the state that came with it, by a TPM or by a file, holds")
    func soundQuotesHold() throws {
        #expect(code(try ForgedQuote.quote()) == nil)
        #expect(code(try ForgedQuote.fileQuote(key: Curve25519.Signing.PrivateKey())) == nil)
        let other = try ForgedQuote.quote { $0.selection = AttestedQuote.selection(of: 16) }
        #expect(code(other) == nil)
    }

    @Test("a changed byte of attest, signature, key, nonce or state is found")
    func changesAreFound() throws {
        let sound = try ForgedQuote.quote()
        for index in sound.attest.indices {
            var quote = sound
            quote.attest[index] ^= 1
            #expect(code(quote) == .signatureInvalid)
        }
        for index in sound.signature.indices {
            var quote = sound
            quote.signature[index] ^= 1
            #expect(code(quote) == .signatureInvalid)
        }
        var quote = sound
        quote.publicKey = Array(P256.Signing.PrivateKey().publicKey.x963Representation)
        #expect(code(quote) == .signatureInvalid)
        quote = sound
        quote.nonce[0] ^= 1
        #expect(code(quote) == .otherState)
        quote = sound
        quote.state.facts.commitCount += 1
        #expect(code(quote) == .otherState)
        quote = try ForgedQuote.fileQuote(key: Curve25519.Signing.PrivateKey())
        quote.state.counter += 1
        #expect(code(quote) == .otherState)
    }

    @Test("a quote of one endpoint is none of another")
    func endpointsAreApart() throws {
        let quote = try ForgedQuote.quote()
        let other = EndpointID(accepted: String(repeating: "b2", count: 16))
        let code = ForgedQuote.fault { () throws(StateFault) in
            _ = try QuoteVerifier.authenticate(quote, of: other)
        }
        #expect(code == .otherState)
    }

    @Test("what is signed must be a quote: magic, type and every length are checked")
    func onlyQuotesCount() throws {
        #expect(code(try ForgedQuote.quote { $0.magic[0] = 0 }) == .notAQuote)
        // TPM_ST_ATTEST_CERTIFY and TPM_ST_ATTEST_CREATION.
        #expect(code(try ForgedQuote.quote { $0.type = [0x80, 0x17] }) == .notAQuote)
        #expect(code(try ForgedQuote.quote { $0.type = [0x80, 0x1A] }) == .notAQuote)
        #expect(code(try ForgedQuote.quote { $0.safe = 2 }) == .notAQuote)
        #expect(code(try ForgedQuote.quote { $0.signer = [UInt8](repeating: 0, count: 67) }) == .notAQuote)
        let whole = try ForgedQuote.Attest(ForgedQuote.state()).bytes
        for count in 0..<whole.count {
            #expect(code(try ForgedQuote.signed(Array(whole.prefix(count)))) == .notAQuote)
        }
        #expect(code(try ForgedQuote.signed(whole + [0])) == .notAQuote)
    }

    @Test("only one register of SHA-256, 16 or 23, may be quoted, and it must hold what the state gives it")
    func registersAreChecked() throws {
        for number in UInt8(0)..<24 where number != 16 && number != 23 {
            let quote = try ForgedQuote.quote { $0.selection = AttestedQuote.selection(of: number) }
            #expect(code(quote) == .otherRegister)
        }
        // SHA-1's bank, and two registers at once.
        #expect(code(try ForgedQuote.quote { $0.selection[5] = 0x04 }) == .otherRegister)
        #expect(code(try ForgedQuote.quote { $0.selection[9] |= 1 }) == .otherRegister)
        #expect(code(try ForgedQuote.quote { $0.registerDigest[0] ^= 1 }) == .otherRegister)
        #expect(code(try ForgedQuote.quote { $0.registerDigest = [] }) == .otherRegister)
    }

    @Test("a key in the wrong form signs nothing: no point, another curve's, too short a signature")
    func badKeys() throws {
        var quote = try ForgedQuote.quote()
        quote.publicKey = [4] + [UInt8](repeating: 0, count: 64)
        #expect(code(quote) == .signatureInvalid)
        quote.publicKey = []
        #expect(code(quote) == .signatureInvalid)
        quote = try ForgedQuote.quote()
        quote.signature = []
        #expect(code(quote) == .signatureInvalid)
        quote = try ForgedQuote.quote()
        quote.strength = .file
        #expect(code(quote) == .signatureInvalid)
    }
}
