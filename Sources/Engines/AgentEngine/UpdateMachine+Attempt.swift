import FleetModel

// From an offer to a pack that lies verified on disk.
extension UpdateMachine {
    mutating func take(_ offer: ReleaseOffer, at now: Moment) -> [UpdateAction] {
        let pinned = offer.pinned
        guard state == .idle, !shelf.contains(where: { $0.pinned.digest == pinned.digest }) else { return [] }
        if let before = settled.first(where: { $0.pinned.digest == pinned.digest }) {
            // One that ran and failed is never tried again. The other case waits, see `refusedAgainAfter`; a clock that
            // went back must not make the wait longer.
            let since = now - before.at
            let isTooEarly = since >= .zero && since < UpdateLimit.refusedAgainAfter
            guard before.ending == .refused, !isTooEarly else { return [] }
        }
        guard foothold.record.mode == .normal else {
            return refuse(
                pinned, code: "update.safe_mode",
                message: "this endpoint is in \(foothold.record.mode) mode and takes nothing new; see its health",
                at: now)
        }
        if let recall = recalled.first(where: { $0.covers(pinned) }) {
            return refuse(pinned, code: "update.recalled", message: "recalled: \(recall.reason)", at: now)
        }
        if let newest = shelf.first?.pinned.release {
            guard newest.pack == pinned.release.pack else {
                return refuse(
                    pinned, code: "update.other_pack",
                    message: "this endpoint follows \(newest.pack); enrol another for \(pinned.release.pack)", at: now)
            }
            guard newest < pinned.release else {
                return refuse(
                    pinned, code: "update.not_newer",
                    message: "\(newest) is proven here; give the release a higher version", at: now)
            }
        }
        let attempt = UpdateState.Attempt(offer: offer, interruptions: 0, enteredAt: now)
        state = .downloading(.init(attempt: attempt, step: .fetching, tries: 1))
        return [.report(StageReport(pinned: pinned, stage: .downloading, enteredAt: now)), .download(offer)]
    }

    mutating func fetched(_ digest: Digest) -> [UpdateAction] {
        guard case .downloading(var downloading) = state, downloading.attempt.pinned.digest == digest,
            downloading.step == .fetching
        else { return [] }
        downloading.step = .downloaded
        state = .downloading(downloading)
        return [.verify(downloading.attempt.offer)]
    }

    mutating func fetchFailed(_ digest: Digest, message: String, isLasting: Bool, at now: Moment) -> [UpdateAction] {
        guard case .downloading(var downloading) = state, downloading.attempt.pinned.digest == digest,
            downloading.step == .fetching
        else { return [] }
        let delay = jittered(UpdateLimit.downloadDelay(tries: downloading.tries))
        let isHopeless = isLasting && downloading.tries >= UpdateLimit.lastingTriesMax
        guard !isHopeless, downloading.watched + delay <= UpdateLimit.downloadPatience else {
            return refuse(downloading.attempt.pinned, code: "update.download_failed", message: message, at: now)
        }
        downloading.step = .waiting(delay)
        downloading.tries += 1
        state = .downloading(downloading)
        return []
    }

    mutating func verified(_ digest: Digest) -> [UpdateAction] {
        guard case .downloading(var downloading) = state, downloading.attempt.pinned.digest == digest,
            downloading.step == .downloaded
        else { return [] }
        downloading.step = .verified
        state = .downloading(downloading)
        return [.keep(downloading.attempt.pinned)]
    }

    /// Ends the attempt when its check or its write fails.
    mutating func stopDownloading(
        _ digest: Digest, during step: UpdateState.Downloading.Step, code: String, message: String, at now: Moment
    ) -> [UpdateAction] {
        guard case .downloading(let downloading) = state, downloading.attempt.pinned.digest == digest,
            downloading.step == step
        else { return [] }
        return refuse(downloading.attempt.pinned, code: code, message: message, at: now)
    }

    mutating func kept(_ digest: Digest, at now: Moment) -> [UpdateAction] {
        guard case .downloading(let downloading) = state, downloading.attempt.pinned.digest == digest,
            downloading.step == .verified
        else { return [] }
        var attempt = downloading.attempt
        attempt.enteredAt = now
        state = .staged(.init(attempt: attempt))
        return [.discardDownload, .report(StageReport(pinned: attempt.pinned, stage: .staged, enteredAt: now))]
    }

    /// Settles a release that never ran. What lies on disk of one that was staged is the caller's to drop.
    mutating func refuse(_ pinned: PinnedRelease, code: String, message: String, at now: Moment) -> [UpdateAction] {
        var actions: [UpdateAction] = []
        if case .downloading = state, state.attempt?.pinned == pinned {
            // There may be a file: of a write that failed half-way, or from an earlier run of the agent.
            actions += [.discardDownload, .drop(pinned.digest)]
        }
        if state.attempt?.pinned == pinned { state = .idle }
        actions.append(settle(pinned, .refused, Failing(kind: nil, code: code, message: message), at: now))
        return actions
    }

    /// Remembers how an attempt ended and reports it.
    mutating func settle(
        _ pinned: PinnedRelease, _ ending: SettledRelease.Ending, _ failing: Failing, events: UInt64 = 0, at now: Moment
    ) -> UpdateAction {
        let message = String(decoding: failing.message.utf8.prefix(UpdateLimit.messageBytesMax), as: UTF8.self)
        let release = SettledRelease(
            pinned: pinned, ending: ending, failure: failing.kind, code: failing.code, message: message, at: now)
        settled.removeAll { $0.pinned.digest == pinned.digest }
        settled.insert(release, at: 0)
        settled.removeLast(max(0, settled.count - UpdateLimit.settledKept))
        return .report(
            StageReport(
                pinned: pinned, stage: release.stage, failure: failing.kind, code: failing.code, message: message,
                enteredAt: now, eventsEvaluated: events))
    }
}
