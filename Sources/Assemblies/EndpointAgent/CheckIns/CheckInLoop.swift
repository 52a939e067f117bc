import AgentEngine
import CanonicalCoding
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import LinuxSensor

/// Talks to the control plane: tells what is, and hands on what is wanted. Nothing here decides about releases, and
/// without a control plane everything else goes on.
actor CheckInLoop {
    /// Between two check-ins, whatever rings.
    static let pauseMin = Moment.Span.milliseconds(100)
    /// After a failed check-in: first this long, then twice as long each time, up to its poll interval or
    /// `retryMax`, whichever is shorter, give or take half.
    static let retryMin = Moment.Span.milliseconds(500)
    static let retryMax = Moment.Span.seconds(30)
    /// After the credential was refused: nothing gets better by asking often.
    static let refusedRetry = Moment.Span.seconds(60)
    /// How long the first check-in waits for the first word of the worker: protection goes before talk, and a release
    /// that kills its worker at once shall not be reported as well in between.
    static let firstWordPatience = Moment.Span.seconds(10)
    /// How often the first word is looked for.
    static let firstWordInterval = Moment.Span.milliseconds(50)
    /// The last check-in, when the agent is told to end.
    static let farewellDeadline = Moment.Span.seconds(1)
    /// With the poll interval varied by so many percent, a fleet that started together drifts apart.
    static let jitterPercent: Int64 = 10

    struct Parts: Sendable {
        let endpoint: EndpointID
        let host: EndpointDescription
        let link: any ControlLink
        let credentials: CredentialHolder
        let driver: UpdateDriver
        let builds: BuildDriver
        let workers: WorkerSupervisor
        let alerts: AlertService
        let health: HealthReporter
        let policies: PolicyStore
        let clock: AgentClock
        let log: AgentLog
        let bell: Bell
        let activations: ActivationLog
        /// Counts of the events so far.
        let counts: @Sendable () -> (evaluated: UInt64, lost: UInt64)
        let hasLiveSensor: Bool
        /// A policy that was taken, for those who follow it beside the update driver.
        /// Nil where the state is not measured.
        let measurer: StateMeasurer?
        let onPolicy: @Sendable (EndpointPolicy) -> Void
    }

    let parts: Parts
    private var sequence: UInt64 = 0
    private var owesFullState = true
    private var failures = 0
    private var lastTrouble: String?
    private var lastHealth: EndpointHealth?
    private var lastPackages: [PackageReport]?
    var pollInterval: Moment.Span
    var policyReport: PolicyReport
    /// Of the policy in force; empty before the first. Not that of one that was refused.
    var policyHash: [UInt8]
    private var toldPolicyReport: PolicyReport?
    var lastOffers: [PackOffer] = []

    init(parts: Parts, policy: EndpointPolicy, policyHash: [UInt8]) {
        self.policyHash = policyHash
        self.parts = parts
        pollInterval = policy.pollInterval
        policyReport = PolicyReport(hash: policyHash, standing: policyHash.isEmpty ? .none : .applied)
    }

    /// Checks in until the task is cancelled.
    func run() async {
        await waitForFirstWord()
        while !Task.isCancelled {
            let wait = await checkIn()
            let earliest = parts.clock.now() + Self.pauseMin
            // A control plane that is gone is not called more often because more happens here.
            if failures > 0 {
                try? await Task.sleep(for: .milliseconds(wait.milliseconds))
            } else if await parts.bell.wait(upTo: wait) {
                let pause = earliest - parts.clock.now()
                if pause > .zero { try? await Task.sleep(for: .milliseconds(pause.milliseconds)) }
            }
        }
    }

    /// One check-in; gives the time until the next.
    func checkIn() async -> Moment.Span {
        do throws(ClientError) {
            try await exchange(deadline: OpAMPClient.checkInDeadline, isLast: false)
            failures = 0
            lastTrouble = nil
            if await parts.alerts.waitingCount > 0 { return .zero + Self.pauseMin }
            let spread = pollInterval.milliseconds * Self.jitterPercent / 100
            return .milliseconds(pollInterval.milliseconds + Int64.random(in: -spread...spread))
        } catch {
            return failed(error)
        }
    }

    /// Says that the agent ends in good order, if anyone listens.
    func sayFarewell() async {
        try? await exchange(deadline: Self.farewellDeadline, isLast: true)
    }

    /// Whether the latest check-in was taken.
    var isHeard: Bool { failures == 0 && sequence > 0 }
    /// What was wrong with the latest check-in; nil when nothing was.
    var trouble: String? { lastTrouble }

    private func waitForFirstWord() async {
        let end = parts.clock.now() + Self.firstWordPatience
        while !Task.isCancelled, parts.clock.now() < end {
            guard parts.driver.view.state == "dormant" || parts.driver.view.active != nil else { return }
            if let active = await parts.workers.standing(of: .active), active.hasAnswered { return }
            _ = await parts.bell.wait(upTo: Self.firstWordInterval)
        }
    }

    private func exchange(deadline: Moment.Span, isLast: Bool) async throws(ClientError) {
        guard let authorization = parts.credentials.authorization else {
            throw ClientError(
                .unauthorized, subject: "enrolment",
                message: "this endpoint has neither credential nor enrolment secret",
                nextStep: "Start it with --enrolment-secret-file.")
        }
        sequence += 1
        let message = await compose(isLast: isLast)
        let reply: ServerReply
        do throws(ClientError) {
            reply = try await parts.link.checkIn(message, authorization: authorization, deadline: deadline)
        } catch {
            // The control plane may or may not have taken it: say everything again.
            owesFullState = true
            throw error
        }
        if let failure = reply.failure {
            owesFullState = true
            throw ClientError(
                .failed, subject: "check-in", message: failure.message, nextStep: "", retryAfter: failure.retryAfter)
        }
        owesFullState = reply.wantsFullState
        lastHealth = message.health ?? lastHealth
        lastPackages = message.packages ?? lastPackages
        toldPolicyReport = message.policyReport ?? toldPolicyReport
        await obey(reply)
    }

    private func compose(isLast: Bool) async -> AgentCheckIn {
        let view = parts.driver.view
        let builds = parts.builds.view
        parts.activations.look(active: view.active?.digest, at: parts.clock.now())
        let health = await parts.health.report(view: view)
        let packages = view.packageReports
        let counts = parts.counts()
        let alerts = await parts.alerts.batch()
        // An alert that was lost is an event that nobody hears of, as if it had not been evaluated.
        let report = CheckInReport(
            releases: view.releaseReports(and: builds, with: parts.activations), alerts: alerts,
            eventsLost: counts.lost + (await parts.alerts.lostCount),
            eventsEvaluated: counts.evaluated, hasLiveSensor: parts.hasLiveSensor, recallRevision: view.recallRevision,
            state: await parts.measurer?.report(view: view, policyHash: policyHash))
        return AgentCheckIn(
            endpoint: parts.endpoint, sequence: sequence, description: owesFullState ? parts.host : nil,
            health: owesFullState || health != lastHealth ? health : nil,
            policyReport: owesFullState || policyReport != toldPolicyReport ? policyReport : nil,
            packages: owesFullState || packages != lastPackages ? packages : nil, report: report,
            isDisconnecting: isLast)
    }

    private func failed(_ error: ClientError) -> Moment.Span {
        failures += 1
        if lastTrouble != error.message {
            parts.log.trouble(error.serverCode ?? error.code.rawValue, "\(error)")
            lastTrouble = error.message
        }
        if error.code == .unauthorized { return max(Self.refusedRetry, error.retryAfter ?? .zero) }
        let doubled = Self.retryMin.milliseconds << Int64(min(failures - 1, 10))
        // Never more seldom than it polls: a gate that could not hear it for a while gives it one silence deadline to
        // speak again, and that is at least two polls.
        let most = min(Self.retryMax.milliseconds, max(Self.retryMin.milliseconds, pollInterval.milliseconds))
        let wait = min(max(min(doubled, most), error.retryAfter?.milliseconds ?? 0), Self.retryMax.milliseconds)
        return .milliseconds(wait / 2 + Int64.random(in: 0...wait))
    }
}
