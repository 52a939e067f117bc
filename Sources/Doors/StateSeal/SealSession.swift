package import DurableFiles
package import FleetModel
package import StateMeasurement

/// One start of an agent with its seal: opens it once, seals anew whenever the facts change, and quotes. Used by one
/// thread at a time.
package final class SealSession {
    private let settings: SealSettings
    private let files: DurableFiles
    private var opened: Opened?
    /// What was found at this start. Kept over a failure: to seal anew overwrites the evidence.
    private var finding: MeasuredState.Finding?

    private struct Opened {
        var sealer: any StateSealer
        /// The facts that were sealed last in this start, and the counter that they were sealed with.
        var sealed: (facts: MeasuredFacts, counter: UInt64)?
    }

    package init(settings: SealSettings, files: DurableFiles = DurableFiles()) {
        self.settings = settings
        self.files = files
    }

    /// Nil until the seal was opened.
    package var strength: SealStrength? { opened?.sealer.strength }

    /// The programs that run now have proved themselves: that the state was sealed by others before is no trouble any
    /// longer.
    package func acceptPrograms() { if finding == .otherPrograms { finding = .held } }

    /// A quote of `facts` for this endpoint and nonce. What was opened is let go when something fails, and opened anew
    /// with the next call: a TPM may have been reset below us.
    package func quote(
        _ facts: MeasuredFacts, endpoint: EndpointID, nonce: [UInt8]
    ) throws(SealError) -> StateQuote {
        do throws(SealError) {
            var now = if let opened { opened } else { try open(facts) }
            let counter = try seal(facts, in: &now)
            let state = MeasuredState(facts: facts, counter: counter, finding: finding ?? .broken)
            let quote = try now.sealer.quote(state, endpoint: endpoint, nonce: nonce)
            opened = now
            return quote
        } catch {
            opened = nil
            throw error
        }
    }

    private func open(_ facts: MeasuredFacts) throws(SealError) -> Opened {
        let sealer = try SealSelection.sealer(settings, files: files)
        let programs = StateDigest.programs(agent: facts.agentDigest, worker: facts.workerDigest)
        let found: MeasuredState.Finding =
            switch try sealer.open(programs: programs) {
            case .nothing: .first
            case .otherPrograms: .otherPrograms
            case .broken: .broken
            case .sealed(let state):
                state.finding(
                    counter: try sealer.counter(), commitCount: facts.commitCount,
                    recallRevision: facts.recallRevision)
            }
        finding = finding ?? found
        return Opened(sealer: sealer)
    }

    /// Seals the facts when they are not those that were sealed last.
    ///
    /// The seal is written first and says the counter that follows: an interruption in between leaves a seal one ahead,
    /// which is told apart from an older one. See ``SealedState/finding(counter:commitCount:recallRevision:)``.
    private func seal(_ facts: MeasuredFacts, in opened: inout Opened) throws(SealError) -> UInt64 {
        if let sealed = opened.sealed, sealed.facts == facts { return sealed.counter }
        let next = try opened.sealer.counter() + 1
        try opened.sealer.seal(
            SealedState(
                counter: next, commitCount: facts.commitCount, recallRevision: facts.recallRevision,
                policyHash: facts.policyHash))
        try opened.sealer.advance()
        let reached = try opened.sealer.counter()
        guard reached == next else {
            throw SealError(
                .refused, subject: "counter",
                message: "it is \(reached) and should be \(next): someone else advances it, or it did not advance")
        }
        opened.sealed = (facts, next)
        return next
    }
}
