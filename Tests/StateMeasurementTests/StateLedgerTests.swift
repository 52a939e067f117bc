import enum Crypto.Curve25519
import enum Crypto.P256
import FleetModel
import Testing

@testable import StateMeasurement

@Suite("State ledger")
struct StateLedgerTests {
    /// A ledger that has verified one quote, and waits for the answer to `nonce`.
    private func verified(nonce: [UInt8] = ForgedQuote.nonce) throws -> StateLedger {
        var ledger = StateLedger()
        let first = [UInt8](repeating: 9, count: 16)
        ledger.issue(nonce: first)
        try take(try ForgedQuote.quote(nonce: first), into: &ledger)
        #expect(ledger.standing == .verified(by: .tpm))
        ledger.issue(nonce: nonce)
        return ledger
    }

    private func take(
        _ quote: StateQuote, into ledger: inout StateLedger, reported: ReportedState = ForgedQuote.reported
    ) throws {
        ledger.take(
            StateLedger.Evidence(quote: try quote.encoded(), trouble: "", of: ForgedQuote.endpoint), reported: reported)
    }

    private func expect(
        _ code: StateFault.Code, of ledger: StateLedger, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(ledger.standing.text.hasSuffix("(\(code.rawValue))"), "\(ledger.standing)", sourceLocation: location)
    }

    @Test("the key of the first quote that verifies is pinned, and a fresh nonce verifies again and again")
    func firstUse() throws {
        var ledger = try verified()
        #expect(ledger.pinned?.publicKey == Array(ForgedQuote.key.publicKey.x963Representation))
        try take(try ForgedQuote.quote(), into: &ledger)
        #expect(ledger.standing == .verified(by: .tpm))
    }

    @Test("a file's key verifies as a file's")
    func fileStrength() throws {
        var ledger = StateLedger()
        ledger.issue(nonce: ForgedQuote.nonce)
        try take(try ForgedQuote.fileQuote(key: Curve25519.Signing.PrivateKey()), into: &ledger)
        #expect(ledger.standing == .verified(by: .file))
    }

    @Test("without a nonce nothing is verified and no key is pinned")
    func noNonce() throws {
        var ledger = StateLedger()
        try take(try ForgedQuote.quote(nonce: StateQuote.noNonce), into: &ledger)
        expect(.noNonce, of: ledger)
        #expect(ledger.pinned == nil)
    }

    @Test("a lost reply costs no alarm; never answering a nonce does")
    func lostReplies() throws {
        var ledger = try verified()
        for _ in 0..<NonceBook.graceMax {
            try take(try ForgedQuote.quote(nonce: StateQuote.noNonce), into: &ledger)
            #expect(ledger.standing == .verified(by: .tpm))
        }
        try take(try ForgedQuote.quote(nonce: StateQuote.noNonce), into: &ledger)
        expect(.noNonce, of: ledger)
        try take(try ForgedQuote.quote(), into: &ledger)
        #expect(ledger.standing == .verified(by: .tpm))
    }

    @Test("another nonce, and a quote that was sent before, are refused by their own reasons")
    func nonces() throws {
        var ledger = try verified()
        let quote = try ForgedQuote.quote()
        try take(try ForgedQuote.quote(nonce: [UInt8](repeating: 8, count: 16)), into: &ledger)
        expect(.otherNonce, of: ledger)
        try take(quote, into: &ledger)
        #expect(ledger.standing == .verified(by: .tpm))
        try take(quote, into: &ledger)
        expect(.replayed, of: ledger)
        ledger.issue(nonce: [UInt8](repeating: 5, count: 16))
        try take(quote, into: &ledger)
        expect(.replayed, of: ledger)
    }

    @Test("after a restart the server keeps what it knew for one check-in, then asks with a nonce of its own")
    func serverRestart() throws {
        let before = try verified()
        var after = StateLedger(standing: before.standing, pinned: before.pinned)
        try take(try ForgedQuote.quote(), into: &after)
        #expect(after.standing == .verified(by: .tpm))
        after.issue(nonce: [UInt8](repeating: 5, count: 16))
        try take(try ForgedQuote.quote(), into: &after)
        expect(.otherNonce, of: after)
        // The undecided check-in is judged all the same: what went back shows at once.
        var rolledBack = StateLedger(standing: before.standing, pinned: before.pinned)
        try take(try ForgedQuote.quote(ForgedQuote.state(counter: 3)), into: &rolledBack)
        expect(.counterWentBack, of: rolledBack)
    }

    @Test("another key than the pinned one is refused, a weaker one too")
    func otherKey() throws {
        var ledger = try verified()
        try take(try ForgedQuote.quote(key: P256.Signing.PrivateKey()), into: &ledger)
        expect(.otherKey, of: ledger)
        ledger = try verified()
        try take(try ForgedQuote.fileQuote(key: Curve25519.Signing.PrivateKey()), into: &ledger)
        expect(.otherKey, of: ledger)
    }

    @Test("what goes back is named: counter, commits, recalls; and a change without a step of the counter")
    func stepsBack() throws {
        var ledger = try verified()
        try take(try ForgedQuote.quote(ForgedQuote.state(counter: 9)), into: &ledger)
        expect(.counterWentBack, of: ledger)

        ledger = try verified()
        var state = ForgedQuote.state()
        state.facts.mode = .safe
        try take(try ForgedQuote.quote(state), into: &ledger)
        expect(.counterStoodStill, of: ledger)

        ledger = try verified()
        state = ForgedQuote.state(counter: 11)
        state.facts.commitCount -= 1
        try take(try ForgedQuote.quote(state), into: &ledger)
        expect(.rolledBack, of: ledger)
        #expect(ledger.pinned?.counter == 10)
    }

    @Test("the agent's own finding shows, and does not ask for a step of the counter when it is settled")
    func findings() throws {
        for (finding, code) in [
            (MeasuredState.Finding.rolledBack, StateFault.Code.rolledBack), (.otherPrograms, .sealBroken),
            (.broken, .sealBroken),
        ] {
            var ledger = try verified()
            try take(try ForgedQuote.quote(ForgedQuote.state(counter: 11, finding: finding)), into: &ledger)
            expect(code, of: ledger)
        }
        var ledger = try verified()
        try take(try ForgedQuote.quote(ForgedQuote.state(finding: .first)), into: &ledger)
        #expect(ledger.standing == .verified(by: .tpm))
    }

    @Test("the measured releases must be the reported ones")
    func releasesAgree() throws {
        var other = ForgedQuote.reported
        other.active = []
        var ledger = try verified()
        try take(try ForgedQuote.quote(), into: &ledger, reported: other)
        expect(.releasesDisagree, of: ledger)
        other = ForgedQuote.reported
        other.committed.insert(ForgedQuote.digest("9"))
        ledger = try verified()
        try take(try ForgedQuote.quote(), into: &ledger, reported: other)
        expect(.releasesDisagree, of: ledger)
        other = ForgedQuote.reported
        other.recallRevision = 1
        ledger = try verified()
        try take(try ForgedQuote.quote(), into: &ledger, reported: other)
        expect(.releasesDisagree, of: ledger)
    }

    @Test("who never measured is not measured; who stops measuring does not verify, whatever it says")
    func stopping() throws {
        var ledger = StateLedger()
        ledger.take(.nothing, reported: ForgedQuote.reported)
        #expect(ledger.standing == .notMeasured)
        ledger = try verified()
        ledger.take(.nothing, reported: ForgedQuote.reported)
        expect(.missing, of: ledger)
        ledger.take(
            StateLedger.Evidence(
                quote: [], trouble: String(repeating: "é", count: 300), of: ForgedQuote.endpoint),
            reported: ForgedQuote.reported)
        #expect(ledger.standing.isTrouble)
        #expect(StateStanding(ledger.standing.text) == ledger.standing)
    }
}
