@testable import BrokerEngine

/// Watches what a broker answers, with its own arithmetic: it shares no code with the machine.
struct BrokerChecker {
    let deadlineMicroseconds: Int64
    /// The time between two ticks of the driver that is watched, at most.
    let tickMicroseconds: Int64
    let denialsPerMinute: Int

    private struct Held {
        var at: Int64
        var isProtected: Bool
        var kind: PermissionKind
    }

    private var held: [UInt64: Held] = [:]
    private var answered: Set<UInt64> = []
    private var denials: [Int64] = []
    private(set) var violations: Set<String> = []

    init(deadlineMicroseconds: Int64, tickMicroseconds: Int64, denialsPerMinute: Int) {
        self.deadlineMicroseconds = deadlineMicroseconds
        self.tickMicroseconds = tickMicroseconds
        self.denialsPerMinute = denialsPerMinute
    }

    var heldCount: Int { held.count }

    mutating func took(_ event: PermissionEvent, isProtected: Bool, at now: Int64) {
        held[event.id] = Held(at: now, isProtected: isProtected, kind: event.kind)
    }

    mutating func saw(_ actions: [BrokerAction], at now: Int64) {
        for action in actions {
            guard case .answer(let id, let verdict) = action else { continue }
            guard let event = held.removeValue(forKey: id) else {
                violations.insert(answered.contains(id) ? "answered twice" : "answered what was never held")
                continue
            }
            answered.insert(id)
            if now - event.at > deadlineMicroseconds + tickMicroseconds { violations.insert("answered late") }
            guard verdict == .deny else { continue }
            if event.isProtected { violations.insert("denied a protected program") }
            guard event.kind == .execute else { continue }
            denials.append(now)
            let sameMinute = denials.filter { now - $0 < 60_000_000 }
            if sameMinute.count > denialsPerMinute { violations.insert("denied more than the budget") }
        }
        for (_, event) in held {
            if event.kind == .open { violations.insert("let a guarded opening wait") }
            if now - event.at > deadlineMicroseconds + tickMicroseconds { violations.insert("left one held") }
        }
    }
}

/// How a walk is spoilt between the machine and the checker, to show that the checker sees it.
enum Spoiling: CaseIterable {
    case dropsAnswers
    case repeatsAnswers
    case deniesAll
    case forgetsTheDeadline
    case guardsSlowly

    var expected: String {
        switch self {
        case .dropsAnswers: "left one held"
        case .repeatsAnswers: "answered twice"
        case .deniesAll: "denied a protected program"
        case .forgetsTheDeadline: "left one held"
        case .guardsSlowly: "let a guarded opening wait"
        }
    }
}
