import FleetModel

// Which proven generation the endpoint stands on, and how it climbs back after it fell.
extension UpdateMachine {
    /// The generation to stand on in the present mode; nil: none, only observe.
    var footing: PinnedRelease? {
        let left = shelf.filter { !foothold.hasFallen($0.pinned.digest) }
        return switch foothold.record.mode {
        case .normal: left.first?.pinned
        case .safe: left.last?.pinned
        case .observe: nil
        }
    }

    /// Puts the foothold on `generation`, with its deaths forgotten and all else of its record kept.
    mutating func stand(on generation: PinnedRelease?) -> UpdateAction {
        let record = foothold.record
        let cooldown = foothold.cooldown
        foothold = Foothold(
            record: .init(generation: generation, fallen: record.fallen, mode: record.mode, climbs: record.climbs))
        if generation == nil, record.mode == .observe, !isStuck {
            foothold.cooldown =
                cooldown ?? jittered(UpdateLimit.lengthened(UpdateLimit.cooldown, climbs: record.climbs))
        }
        return .protect(generation)
    }

    /// Goes up one mode when that is due: from observing to the oldest generation, from there to the newest.
    ///
    /// - Returns: Nil when nothing is due.
    mutating func climb() -> UpdateAction? {
        switch foothold.record.mode {
        case .normal: return nil
        case .observe:
            guard let cooldown = foothold.cooldown, cooldown <= .zero else { return nil }
            return climb(to: .safe)
        case .safe:
            let span = UpdateLimit.lengthened(UpdateLimit.safeSpan, climbs: foothold.record.climbs)
            guard foothold.isLoaded, foothold.calm >= span, !isStuck else { return nil }
            return climb(to: .normal)
        }
    }

    /// The climbs are used up: the machine stays where it is, for the fault may not be the content.
    package var isStuck: Bool { foothold.record.climbs >= UpdateLimit.climbsMax && foothold.record.mode != .normal }

    private mutating func climb(to mode: ProtectionMode) -> UpdateAction? {
        let standing = foothold.record.generation
        foothold.record.mode = mode
        foothold.record.climbs += 1
        foothold.record.fallen = []
        foothold.cooldown = nil
        // The worker that runs what is stood on already is left alone.
        if let standing, footing == standing {
            foothold.calm = .zero
            return nil
        }
        return stand(on: footing)
    }

    /// Back to normal because someone who may has said so.
    mutating func resume() -> [UpdateAction] {
        guard foothold.record.mode != .normal || !foothold.record.fallen.isEmpty else { return [] }
        foothold.record = .init(generation: foothold.record.generation)
        foothold.cooldown = nil
        let action = stand(on: footing)
        return isOnTrial ? [] : [action]
    }

    /// Ends an attempt that has not reached its trial when the endpoint has left normal mode: nothing new while what is
    /// proven shakes. A trial is ended by its own evidence.
    mutating func giveUpWhenShaken(at now: Moment) -> [UpdateAction] {
        guard foothold.record.mode != .normal, let pinned = state.attempt?.pinned else { return [] }
        let code = "update.safe_mode"
        let message = "what is proven here does not run well, so nothing new is tried; see the endpoint's health"
        switch state {
        case .dormant, .idle, .trial: return []
        case .downloading: return refuse(pinned, code: code, message: message, at: now)
        case .staged: return [.drop(pinned.digest)] + refuse(pinned, code: code, message: message, at: now)
        case .shadow: return endShadow(Failing(kind: nil, code: code, message: message), isRefusal: true, at: now)
        }
    }

    /// `span` and up to `UpdateLimit.jitterPercentMax` percent more, the same for the same endpoint and count.
    func jittered(_ span: Moment.Span) -> Moment.Span {
        // One round of SplitMix64 (Steele, Lea, Flood 2014) over the endpoint's seed and how often it has stumbled.
        let count = UInt64(truncatingIfNeeded: foothold.record.deaths + 8 * foothold.record.climbs)
        var mixed = jitterSeed &+ (count &+ 1) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        let share = Int64((mixed ^ (mixed >> 31)) % 1001)
        return span + .milliseconds(span.milliseconds * UpdateLimit.jitterPercentMax / 100 * share / 1000)
    }
}
