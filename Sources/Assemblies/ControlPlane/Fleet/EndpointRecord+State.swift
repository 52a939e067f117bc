import ControlWire
import FleetModel
import FleetStore
import Logging
import StateMeasurement

extension EndpointRecord {
    /// Takes in what a check-in brought of the endpoint's measured state. A check-in without our report brings nothing, so
    /// that an endpoint which was measured cannot fall silent about its state and go on being shown as verified.
    mutating func measure(_ checkIn: AgentCheckIn, _ evidence: StateLedger.Evidence) {
        guard takesPacks else { return }
        state.take(
            evidence,
            reported: ReportedState(
                active: Set(releases.filter(\.isActive).map(\.digest)),
                committed: Set(releases.filter { $0.stage == .committed }.map(\.digest)),
                recallRevision: recallRevision))
    }

    /// Takes up the key that was pinned before the control plane started.
    mutating func restore(_ pin: StoredStatePin) {
        storedPin = pin
        state = StateLedger(
            standing: state.standing,
            pinned: PinnedState(
                strength: pin.strength, publicKey: pin.publicKey, counter: pin.counter, commitCount: pin.commitCount,
                recallRevision: pin.recallRevision, factsDigest: pin.factsDigest))
    }

    /// What is to be written of the measured state; nil when the database has it.
    func unsavedPin(at now: Moment) -> StoredStatePin? {
        guard let pinned = state.pinned else { return nil }
        let pin = StoredStatePin(
            endpoint: id, strength: pinned.strength, publicKey: pinned.publicKey, counter: pinned.counter,
            commitCount: pinned.commitCount, recallRevision: pinned.recallRevision, factsDigest: pinned.factsDigest,
            pinnedAt: storedPin?.pinnedAt ?? now)
        return pin == storedPin ? nil : pin
    }

    /// Whether its replies are to carry a nonce, and its heartbeats are to be looked at.
    func isMeasured(by checkIn: AgentCheckIn) -> Bool { state.pinned != nil || checkIn.report?.state != nil }
}

extension StateLedger.Evidence {
    /// What a check-in brought. Verifies a signature: made before the check-in enters the driver.
    init(_ checkIn: AgentCheckIn) {
        guard let state = checkIn.report?.state else {
            self = .nothing
            return
        }
        // The endpoint knows itself by the id that it sends, also when its credential was minted for another one.
        self.init(quote: state.quote, trouble: state.trouble, of: checkIn.endpoint)
    }
}

extension FleetDriver {
    /// Lets a pinned key and its counters become durable with the transaction that the reply waits for.
    func keepStatePin(of endpoint: EndpointID, in plan: inout FleetPlan) {
        guard let pin = endpoints[endpoint]?.unsavedPin(at: plan.now) else { return }
        plan.batch.statePins.append(pin)
        plan.onCommit.append { self.endpoints[endpoint]?.storedPin = pin }
    }

    /// Writes down, once, that an endpoint's state no longer verifies, or does again.
    func noteStanding(of endpoint: EndpointID, before: StateStanding?) {
        guard let after = endpoints[endpoint]?.state.standing, let before, after != before else { return }
        let metadata: Logger.Metadata = ["endpoint": "\(endpoint)", "standing": "\(after.text)"]
        if after.isTrouble, !before.isTrouble {
            logger.warning("an endpoint's measured state does not verify", metadata: metadata)
        } else if before.isTrouble, !after.isTrouble {
            logger.notice("an endpoint's measured state verifies again", metadata: metadata)
        }
    }

    /// A nonce for the endpoint's next quote: 128 bits from the kernel's generator (getrandom).
    func nextNonce(for endpoint: EndpointID) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<ControlWireLimit.stateNonceBytes).map { _ in
            UInt8.random(in: .min ... .max, using: &generator)
        }
        endpoints[endpoint]?.state.issue(nonce: nonce)
        return nonce
    }
}
