/// How fleets are updated elsewhere: the documented rule of each, with people who notice and stop it.
struct OrdinaryPolicy: Sendable {
    let kind: PolicyKind
    let fleet: Int
    /// When people withdrew it in the real incident; nil where it is not known.
    let withdrawnAfter: UInt32?
    private(set) var offered = 0
    private var succeeded = 0
    private var failed = 0
    private var timedOut = 0
    private var noticedAt: UInt32?
    private(set) var stoppedAt: UInt32?
    private var groupStart: UInt32 = 0
    private var perMinute = 50.0
    private var minute: UInt32 = 0
    private var leftThisMinute = 0.0

    /// Struck machines after which people have noticed: support lines ring.
    static let noticedBroken = 100
    /// From noticing to withdrawal. Public incidents took from 8 minutes to 13 hours, most of them 1 to 3 hours.
    static let reactionSeconds: UInt32 = 7_200
    /// hawkBit's groups, and its conditions for the next group and for the halt (hawkBit, "Rollout Management": success
    /// threshold 50%, error threshold 30% are the form's first values). Only reported errors count.
    static let groupCount = 10
    /// AWS IoT Jobs, "Job rollout, scheduling and abort configuration": base 50 a minute, doubled with each 1,000
    /// notified, at most 1,000 a minute; abort at 20% of at least 100 that ended, timeouts included.
    static let perMinuteMax = 1_000.0

    init(kind: PolicyKind, fleet: Int, withdrawnAfter: UInt32?) {
        self.kind = kind
        self.fleet = fleet
        self.withdrawnAfter = withdrawnAfter
    }

    /// Whether one more endpoint may be offered the release at `second`.
    mutating func mayOffer(at second: UInt32) -> Bool {
        if stoppedAt != nil { return false }
        switch kind {
        case .iotJobs: return mayNotify(at: second)
        default: return offered < allowance(at: second)
        }
    }

    private func allowance(at second: UInt32) -> Int {
        switch kind {
        case .fixedRings:
            let shares = [0.01, 0.1, 0.5, 1]
            return Int(Double(fleet) * shares[min(3, Int(second / 86_400))])
        case .phased: return fleet / 10 * min(10, 1 + Int(second / 21_600))
        case .hawkbit: return min(fleet, groupSize * (succeeded / max(1, groupSize / 2) + 1))
        case .pushToAll, .firebreak, .iotJobs: return fleet
        }
    }

    private var groupSize: Int { max(1, fleet / Self.groupCount) }

    private mutating func mayNotify(at second: UInt32) -> Bool {
        if second / 60 != minute || offered == 0 {
            minute = second / 60
            var doublings = offered / 1_000
            perMinute = 50
            while doublings > 0, perMinute < Self.perMinuteMax {
                perMinute *= 2
                doublings -= 1
            }
            leftThisMinute = min(perMinute, Self.perMinuteMax)
        }
        return leftThisMinute >= 1
    }

    mutating func offer() {
        offered += 1
        leftThisMinute -= 1
    }

    mutating func succeed() { succeeded += 1 }

    mutating func fail(at second: UInt32) {
        failed += 1
        judge(at: second)
    }

    mutating func timeOut(at second: UInt32) {
        timedOut += 1
        judge(at: second)
    }

    private mutating func judge(at second: UInt32) {
        guard stoppedAt == nil else { return }
        switch kind {
        case .hawkbit where failed * 10 >= groupSize * 3: stoppedAt = second
        case .iotJobs:
            let ended = succeeded + failed + timedOut
            if ended >= 100, (failed + timedOut) * 5 >= ended { stoppedAt = second }
        default: break
        }
    }

    /// People look.
    mutating func look(at second: UInt32, broken: Int) {
        guard stoppedAt == nil else { return }
        if noticedAt == nil, broken >= Self.noticedBroken { noticedAt = second }
        if let withdrawnAfter, kind == .pushToAll {
            if second >= withdrawnAfter, broken > 0 { stoppedAt = second }
        } else if let noticedAt, second >= noticedAt + Self.reactionSeconds {
            stoppedAt = second
        }
    }
}
