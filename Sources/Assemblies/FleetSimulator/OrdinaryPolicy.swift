/// How fleets are updated elsewhere: the documented rule of each, with people who notice and stop it.
///
/// - `push-to-all`: everyone at once; withdrawn when the real incident was, where that is known.
/// - `fixed-rings`: 1, 10, 50 and 100% of the endpoints, a day each, as update rings are commonly set up.
/// - `hawkbit`: Eclipse hawkBit, "Rollout Management", and the conditions in its repository module
///   (`ThresholdRolloutGroupSuccessCondition`, `ThresholdRolloutGroupErrorCondition`): the targets are split into
///   groups; the next group starts when at least the success threshold of the one before has succeeded; the rollout
///   stops when more than the error threshold of a started group has reported an error. Only reports count.
/// - `iot-jobs`: AWS IoT Jobs, "Specify job configurations by using the AWS IoT Jobs API", with the numbers of its
///   example.
/// - `phased`: Ubuntu's phased updates: 10% more every 6 hours. Its automatic halt asks a crash reporter that a dead
///   machine does not reach; people stop it here.
struct OrdinaryPolicy: Sendable {
    let kind: PolicyKind
    let fleet: Int
    let successAt: SuccessMoment
    /// When people withdrew it in the real incident; nil where it is not known.
    let withdrawnAfter: UInt32?
    private(set) var offered = 0
    private(set) var stoppedAt: UInt32?
    private var noticedAt: UInt32?
    private var groups: GroupCascade
    private var job = JobRate()

    /// Struck machines after which people have noticed: support lines ring.
    static let noticedBroken = 100
    /// From noticing to withdrawal. Public incidents took from 8 minutes to 13 hours, most of them 1 to 3 hours.
    static let reactionSeconds: UInt32 = 7_200

    init(kind: PolicyKind, fleet: Int, successAt: SuccessMoment = .bake, withdrawnAfter: UInt32? = nil) {
        self.kind = kind
        self.fleet = fleet
        self.successAt = successAt
        self.withdrawnAfter = withdrawnAfter
        groups = GroupCascade(fleet: fleet)
    }

    /// Whether this endpoint may be offered the release at `second`. To which group, ring or step it belongs, its
    /// number says.
    mutating func mayOffer(_ endpoint: Int, at second: UInt32) -> Bool {
        if stoppedAt != nil { return false }
        switch kind {
        case .iotJobs: return job.mayNotify(at: second)
        case .hawkbit: return groups.isStarted(of: endpoint)
        case .fixedRings: return endpoint % 100 < Self.ringPercents[min(3, Int(second / 86_400))]
        case .phased: return endpoint % 100 < 10 * (1 + Int(second / 21_600))
        case .pushToAll, .firebreak: return true
        }
    }

    private static let ringPercents = [1, 10, 50, 100]

    mutating func offer() {
        offered += 1
        if kind == .iotJobs { job.notify() }
    }

    /// The endpoint has installed the release, and is well so far.
    mutating func install(_ endpoint: Int) {
        if successAt == .installation { succeed(endpoint) }
    }

    /// The endpoint has been well for a whole bake.
    mutating func prove(_ endpoint: Int) {
        if successAt == .bake { succeed(endpoint) }
    }

    private mutating func succeed(_ endpoint: Int) {
        if kind == .hawkbit { groups.succeed(endpoint) }
        if kind == .iotJobs { job.succeeded += 1 }
    }

    /// The endpoint reported a failure. What was counted as a success is closed, and no longer asked.
    mutating func fail(_ endpoint: Int, at second: UInt32) {
        guard successAt == .bake else { return }
        if kind == .hawkbit { groups.fail(endpoint) }
        if kind == .iotJobs { job.failed += 1 }
        judge(at: second)
    }

    /// The endpoint was not heard of again.
    mutating func timeOut(at second: UInt32) {
        guard successAt == .bake else { return }
        if kind == .iotJobs { job.timedOut += 1 }
        judge(at: second)
    }

    private mutating func judge(at second: UInt32) {
        guard stoppedAt == nil else { return }
        switch kind {
        case .hawkbit where groups.isOverErrorThreshold: stoppedAt = second
        case .iotJobs where job.isAborted: stoppedAt = second
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

/// When another system's rule counts an update as done.
package enum SuccessMoment: String, Sendable, CaseIterable, Codable {
    /// After a whole bake without harm, as our own gate counts: like is compared with like, and it is kind to them.
    case bake
    /// As soon as it is installed, which is when their agents report success. A failure after that is not heard: the
    /// action, or the job's execution, is closed.
    case installation
}
