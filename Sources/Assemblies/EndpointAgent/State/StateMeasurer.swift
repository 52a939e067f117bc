import AgentEngine
import ControlWire
import struct Crypto.SHA256
import DurableFiles
import FleetModel
import Glibc
import StateMeasurement
import StateSeal

/// Measures the endpoint for each check-in: which programs and releases run under which policy, under a signature that
/// answers the server's latest nonce. A seal that is slow or broken keeps no check-in waiting; the check-in then says why
/// it has none.
actor StateMeasurer {
    private let keeper: StateKeeper
    private let endpoint: EndpointID
    private let bootID: String
    private let worker: String
    private var programs: (agent: Digest, worker: Digest)?
    private var nonce: [UInt8]?

    init(settings: SealSettings, endpoint: EndpointID, worker: String, bootID: String) {
        keeper = StateKeeper(settings: settings)
        self.endpoint = endpoint
        self.worker = worker
        self.bootID = bootID
    }

    /// What the server's latest reply asks to be answered; each nonce is answered once.
    func take(nonce: [UInt8]?) { self.nonce = nonce }

    /// This build of the agent is proven: what another build sealed is now its own.
    nonisolated func acceptPrograms() { keeper.acceptPrograms() }

    func report(view: UpdateDriver.View, policyHash: [UInt8]) async -> StateReport {
        guard let programs = measured() else {
            return StateReport(trouble: "the programs cannot be read, so they cannot be measured")
        }
        let facts = MeasuredFacts(
            agentVersion: AgentVersion.current, agentDigest: programs.agent, workerDigest: programs.worker,
            policyHash: Digest(bytes: policyHash), active: view.active.map { [$0.digest] } ?? [], proven: view.proven,
            commitCount: view.commitCount, recallRevision: view.recallRevision, bootID: bootID, mode: view.mode.measured
        )
        let answered = nonce
        nonce = nil
        switch await keeper.evidence(of: facts, endpoint: endpoint, nonce: answered) {
        case .quote(let bytes): return StateReport(quote: bytes)
        case .trouble(let error): return StateReport(trouble: "\(error)")
        }
    }

    /// Once: a program that is replaced on disk while it runs is still the one that runs.
    private func measured() -> (agent: Digest, worker: Digest)? {
        if let programs { return programs }
        guard let agent = ProgramDigest.own(), let worker = ProgramDigest.digest(of: worker) else { return nil }
        programs = (agent, worker)
        return programs
    }
}

extension ProtectionMode {
    fileprivate var measured: MeasuredFacts.Mode {
        switch self {
        case .normal: .normal
        case .safe: .safe
        case .observe: .observe
        }
    }
}
