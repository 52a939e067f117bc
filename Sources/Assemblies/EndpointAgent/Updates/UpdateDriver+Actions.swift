import AgentEngine
import CanonicalCoding
import ContentPack
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import UpdateTrust

// What each action does in the world. Outcomes come back as inputs.
extension UpdateDriver {
    func perform(_ action: UpdateAction) async {
        switch action {
        case .download(let offer): download(offer)
        case .verify(let offer): verify(offer)
        case .keep(let pinned): keep(pinned)
        case .discardDownload:
            fetch?.cancel()
            fetch = nil
            fetched = nil
            verified = nil
            unpublished = nil
        case .startShadow(let pinned): await start(pinned, in: .shadow)
        case .endShadow: await parts.workers.end(.shadow)
        case .swapIn(let pinned):
            if await !parts.workers.promoteShadow(pinned) { await start(pinned, in: .active) }
            obeyHostChaos(of: pinned)
        case .commit(let generation): mark(generation)
        case .protect(let pinned?), .restartActive(let pinned): await start(pinned, in: .active)
        case .protect(nil): await parts.workers.end(.active)
        case .drop(let digest): drop(digest)
        case .report(let report): tell(report)
        case .takeHostDown(let why):
            parts.log.trouble("agent.host_down", "revert is switched off in the lab, so the host goes down: \(why)")
            parts.takeHostDown(why)
        }
    }

    /// Obeys the fault marker of a release that is active on trial, where this agent was told to.
    func obeyHostChaos(of pinned: PinnedRelease) {
        guard let hostChaos = parts.hostChaos, let chaos = parts.generations.chaos(of: pinned) else { return }
        hostChaos.obey(chaos)
    }

    private func download(_ offer: ReleaseOffer) {
        fetch?.cancel()
        let digest = offer.pinned.digest
        guard let authorization = parts.authorization() else {
            return give(.downloadFailed(digest, message: "the endpoint has no credential"))
        }
        let deadline = downloadDeadline
        fetch = Task { [door = parts.door] in
            do {
                let bytes = try await door.bytes(of: offer.pinned, authorization, deadline)
                let standing = await door.standing(of: offer.pinned, bytes, authorization, deadline)
                if !Task.isCancelled { received(bytes, digest, standing) }
            } catch {
                let isLasting = (error as? TufError)?.isLasting == true
                if !Task.isCancelled { failed(digest, "\(error)", isLasting: isLasting) }
            }
        }
    }

    private func failed(_ digest: Digest, _ message: String, isLasting: Bool = false) {
        parts.log.trouble("update.fetch_failed", message)
        give(.downloadFailed(digest, message: message, isLasting: isLasting))
    }

    private func received(_ bytes: [UInt8], _ digest: Digest, _ standing: ReleaseDoor.Standing) {
        unpublished = nil
        switch standing {
        case .vouched: break
        case .recalled(let recall):
            // The machine refuses it by this, and remembers.
            give(.recalls([recall], revision: nil))
            return give(.downloadFailed(digest, message: "recalled: \(recall.reason)"))
        case .refused(let code, let message):
            parts.log.trouble(code, message)
            unpublished = (digest, code, message)
        case .unavailable(let message): return failed(digest, message)
        }
        fetched = (digest, bytes)
        give(.bytesArrived(digest))
    }

    private func verify(_ offer: ReleaseOffer) {
        let pinned = offer.pinned
        guard let fetched, fetched.digest == pinned.digest else {
            return give(.verificationRefused(pinned.digest, code: "update.bytes_lost", message: "fetch it again"))
        }
        self.fetched = nil
        if let unpublished, unpublished.digest == pinned.digest {
            return give(
                .verificationRefused(pinned.digest, code: unpublished.code, message: unpublished.message))
        }
        do throws(TrustError) {
            verified = try parts.verifier.verify(
                UnverifiedPack(fetched.bytes), expecting: pinned.release, digest: pinned.digest)
            give(.verified(pinned.digest))
        } catch {
            give(.verificationRefused(pinned.digest, code: error.code.rawValue, message: "\(error)"))
        }
    }

    private func keep(_ pinned: PinnedRelease) {
        guard let verified, verified.digest == pinned.digest else {
            return give(.keepFailed(pinned.digest, code: "update.bytes_lost", message: "fetch it again"))
        }
        self.verified = nil
        do throws(FileError) {
            try parts.generations.keep(verified)
            give(.kept(pinned.digest))
        } catch {
            give(.keepFailed(pinned.digest, code: error.code.rawValue, message: "\(error)"))
        }
    }

    private func start(_ pinned: PinnedRelease, in slot: WorkerSlot) async {
        do {
            let program = try parts.generations.program(of: pinned)
            await parts.workers.run(pinned, program: program, in: slot)
        } catch {
            await parts.workers.end(slot)
            let code =
                (error as? TrustError)?.code.rawValue ?? (error as? FileError)?.code.rawValue ?? "update.unreadable"
            parts.log.trouble(code, "\(pinned.release) cannot be read: \(error)")
            give(.workerFailed(slot, pinned.digest, .refused(code: code, message: "\(error)")))
        }
    }

    private func mark(_ generation: ProvenGeneration) {
        do throws(FileError) {
            try parts.generations.mark(generation)
        } catch {
            // The journal has it; the next start writes the mark again.
            parts.log.trouble(error.code.rawValue, "\(error)")
        }
    }

    private func drop(_ digest: Digest) {
        do throws(FileError) {
            try parts.generations.drop(digest)
        } catch {
            // The next start finds a stranger and drops it.
            parts.log.trouble(error.code.rawValue, "\(error)")
        }
    }

    private func tell(_ report: StageReport) {
        parts.log.tell(report)
        parts.onNews()
    }
}

extension AgentLog {
    /// A release has come to another stage.
    func tell(_ report: StageReport) {
        var members: [(String, JSONValue)] = [
            ("release", .string(report.pinned.release.text)), ("digest", .string(report.pinned.digest.text)),
            ("stage", .string(report.stage.rawValue)),
        ]
        if let failure = report.failure { members.append(("failure", .string(failure.rawValue))) }
        if !report.code.isEmpty {
            members += [("code", .string(report.code)), ("message", .string(report.message))]
        }
        write(.stage, members)
    }
}
