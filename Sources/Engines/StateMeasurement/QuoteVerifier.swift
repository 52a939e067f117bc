package import FleetModel

import enum Crypto.Curve25519
import enum Crypto.P256

/// A quote whose signature holds, and binds the state that came with it. Only ``QuoteVerifier`` makes one.
package struct AuthenticQuote: Hashable, Sendable {
    package let quote: StateQuote

    fileprivate init(_ quote: StateQuote) { self.quote = quote }
}

/// Checks quotes, in two steps: what a quote proves by itself, and whether that agrees with what is known of the endpoint.
///
/// Clauses are those of the TPM 2.0 Library.
package enum QuoteVerifier {
    /// The registers that may be quoted: 16 (debug) and 23 (application support). Any process that may use the TPM may
    /// reset them (PC Client Platform TPM Profile, "PCR Attributes"): the value proves what was measured last, not that
    /// nobody measured anything in between.
    package static let registers: Set<UInt8> = [16, 23]

    /// Checks everything that the quote itself must prove: that the key signed, that what it signed is a quote, and that
    /// the quote is of this endpoint, this nonce and this state.
    package static func authenticate(_ quote: StateQuote, of endpoint: EndpointID) throws(StateFault)
        -> AuthenticQuote
    {
        guard hasValidSignature(quote) else {
            throw StateFault(.signatureInvalid, message: "the signature does not hold")
        }
        let binding = StateDigest.binding(
            endpoint: endpoint, nonce: quote.nonce, state: try quote.state.digest())
        switch quote.strength {
        case .tpm:
            let attested = try AttestedQuote(decoding: quote.attest)
            // Part 3, TPM2_Quote: extraData is the caller's qualifyingData.
            guard attested.binding == binding.bytes else { throw otherState }
            guard registers.contains(where: { AttestedQuote.selection(of: $0) == attested.selection })
            else {
                throw StateFault(
                    .otherRegister, message: "another register was quoted than 16 or 23, in SHA-256")
            }
            // Part 3, TPM2_Quote: pcrDigest is the hash, by the algorithm of the signature, of the selected values.
            let value = try StateDigest.register(of: quote.state)
            guard attested.registerDigest == StateDigest.sha256(value).bytes else {
                throw StateFault(
                    .otherRegister, message: "the register does not hold what the state gives it")
            }
        case .file:
            guard quote.attest == StateQuote.fileStatement(binding) else { throw otherState }
        }
        return AuthenticQuote(quote)
    }

    private static let otherState = StateFault(
        .otherState, message: "the signature is for another state, nonce or endpoint")

    /// ECDSA over P-256 with SHA-256 (FIPS 186-4; Part 2 clause 11.2, TPMS_SIGNATURE_ECDSA) or Ed25519 (RFC 8032).
    private static func hasValidSignature(_ quote: StateQuote) -> Bool {
        guard quote.signature.count == StateLimit.signatureBytes else { return false }
        switch quote.strength {
        case .tpm:
            guard quote.publicKey.count == StateLimit.pointBytes,
                let key = try? P256.Signing.PublicKey(x963Representation: quote.publicKey),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: quote.signature)
            else { return false }
            return key.isValidSignature(signature, for: quote.attest)
        case .file:
            guard quote.publicKey.count == StateLimit.edwardsKeyBytes,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: quote.publicKey)
            else { return false }
            return key.isValidSignature(quote.signature, for: quote.attest)
        }
    }

    /// Holds an authentic quote against what is known of the endpoint.
    ///
    /// - Parameter pinned: Nil when none of its quotes has verified before; its key is then the one to trust.
    /// - Returns: What is known from now on.
    package static func judge(
        _ authentic: AuthenticQuote, reported: ReportedState, pinned: PinnedState?
    ) throws(StateFault) -> PinnedState {
        let quote = authentic.quote
        let facts = quote.state.facts
        let factsDigest = StateDigest.sha256(
            try MeasuredState(facts: facts, counter: quote.state.counter, finding: .held).encoded())
        if let pinned {
            try requireNoStepBack(quote, from: pinned, factsDigest: factsDigest)
        }
        guard Set(facts.active) == reported.active, reported.committed.isSubset(of: facts.proven),
            facts.recallRevision == reported.recallRevision
        else {
            throw StateFault(
                .releasesDisagree, message: "the check-in reports other releases than were measured")
        }
        switch quote.state.finding {
        case .first, .held: break
        case .rolledBack:
            throw StateFault(
                .rolledBack, message: "the agent found its state directory older than its counter")
        case .otherPrograms:
            throw StateFault(.sealBroken, message: "the state was sealed by other programs")
        case .broken:
            throw StateFault(.sealBroken, message: "the sealed state is gone or damaged")
        }
        return PinnedState(
            strength: quote.strength, publicKey: quote.publicKey, counter: quote.state.counter,
            commitCount: facts.commitCount, recallRevision: facts.recallRevision, factsDigest: factsDigest
        )
    }

    private static func requireNoStepBack(
        _ quote: StateQuote, from pinned: PinnedState, factsDigest: Digest
    ) throws(StateFault) {
        let facts = quote.state.facts
        guard quote.publicKey == pinned.publicKey, quote.strength == pinned.strength else {
            throw StateFault(
                .otherKey,
                message: "another key signed than the \(pinned.strength.rawValue)'s that is known")
        }
        guard quote.state.counter >= pinned.counter else {
            throw StateFault(
                .counterWentBack, message: "the counter is \(quote.state.counter) and was \(pinned.counter)"
            )
        }
        guard quote.state.counter > pinned.counter || factsDigest == pinned.factsDigest else {
            throw StateFault(
                .counterStoodStill, message: "the state changed and the counter stayed \(pinned.counter)")
        }
        guard facts.commitCount >= pinned.commitCount, facts.recallRevision >= pinned.recallRevision
        else {
            throw StateFault(
                .rolledBack,
                message: "\(facts.commitCount) commits and recall \(facts.recallRevision), after "
                    + "\(pinned.commitCount) and \(pinned.recallRevision)")
        }
    }
}
