import FleetModel
import RolloutEngine

/// A rollout in bad weather: lost, late and doubled reports, partitions, servers that crash between debit and offer,
/// two servers at once, clocks that jump, endpoints that lie. The machine and its ledger are the server's own.
package struct HostileWeather: Sendable {
    /// How often each kind of weather struck: a run in which one is zero has not tested it.
    package struct Counters: Sendable, Hashable {
        package var lost = 0
        package var doubled = 0
        package var late = 0
        package var partitions = 0
        package var crashes = 0
        package var crashesBeforeOffer = 0
        package var staleWriters = 0
        package var clockJumps = 0
        package var lies = 0
        /// Rollouts in the urgent lane.
        package var urgent = 0
        /// Check-ins that a window, a ring's turn or a hold kept from an offer.
        package var deferred = 0
        package var held = 0
        /// Debits in a ring that had to wait for the one before it.
        package var laterRings = 0
        package var cohortHalts = 0
        package var offers = 0
        package var recalls = 0
        package var proofs = 0

        package init() {}

        /// All of them, by the names that a replay shows, in the order in which a person wants to read them.
        package static let all: [(name: String, path: any WritableKeyPath<Counters, Int> & Sendable)] = [
            ("offers", \.offers), ("proofs", \.proofs), ("recalls", \.recalls), ("cohort_halts", \.cohortHalts),
            ("urgent", \.urgent), ("deferred", \.deferred), ("held", \.held), ("later_rings", \.laterRings),
            ("lost", \.lost), ("doubled", \.doubled), ("late", \.late), ("partitions", \.partitions),
            ("crashes", \.crashes), ("crashes_before_offer", \.crashesBeforeOffer),
            ("stale_writers", \.staleWriters), ("clock_jumps", \.clockJumps), ("lies", \.lies),
        ]

        package mutating func add(_ other: Counters) {
            for (_, path) in Self.all { self[keyPath: path] += other[keyPath: path] }
        }
    }

    package private(set) var counters = Counters()
    /// A server that forgets the ledger's order of things: with it the checker must find something.
    package var isSabotaged = false

    private var random: SimulationRandom
    private let policy: RolloutPolicy
    private let isUrgent: Bool
    private let customer: CustomerPolicy?
    private var ledger: [LedgerEntry] = []
    private var servers: [Server]
    private var endpoints: [Device] = []
    private var mail: [Letter] = []
    private var checker: WeatherChecker
    private var clockOffset: Int64 = 0
    private var step: Int64 = 0
    private let seed: UInt64

    private struct Server {
        var machine: RolloutMachine
        /// Rows of the ledger that this server knows. With fewer than there are, its next append is refused.
        var known: Int
    }

    private struct Device {
        let id: EndpointID
        let attributes: CohortAttributes
        var stage: ReleaseStage?
        var since: Int64 = 0
        var isBad: Bool
        var isLiar: Bool
        var isDead = false
        var unreachableUntil: Int64 = 0
    }

    private struct Letter {
        let due: Int64
        let report: EndpointReport
    }

    /// Steps of 100 ms in a run: forty bakes.
    private static let stepCount: Int64 = 600
    private static let stepMilliseconds: Int64 = 100

    package init(seed: UInt64) {
        self.seed = seed
        random = SimulationRandom(seed: seed, stream: 11)
        var policy = RolloutPolicy.demo
        policy.lossBudget = 2 + Int(random.below(5))
        policy.bake = .milliseconds(1_500)
        policy.pollInterval = .milliseconds(500)
        policy.silenceDeadline = .milliseconds(1_500)
        policy.settleDeadline = .milliseconds(6_000)
        policy.noiseCeiling = 0.2
        if random.happens(0.6) {
            policy.cohortBy = ["kernel"]
            // A cohort of a dozen endpoints can be condemned alone only where failures are rare.
            policy.noiseCeiling = 0.002
        }
        policy.urgent = RolloutPolicy.UrgentLane(
            lossBudget: policy.lossBudget * 2, bake: .milliseconds(1_200), silenceDeadline: .milliseconds(1_200))
        let isUrgent = random.happens(0.3)
        self.isUrgent = isUrgent
        if isUrgent, let urgent = policy.urgentPolicy { policy = urgent }
        self.policy = policy
        counters.urgent = isUrgent ? 1 : 0
        customer = random.happens(0.5) ? Self.customer(isStrict: random.happens(0.5)) : nil
        checker = WeatherChecker(
            lossBudget: policy.lossBudget, confidence: policy.confidence,
            windowOpensAt: customer.map { $0.urgent == .anytime && isUrgent ? 0 : Self.windowOpensAt })
        let machine = Self.machine(policy, seed)
        servers = [Server(machine: machine, known: 0), Server(machine: machine, known: 0)]
        let badShare = [0, 0, 0.05, 0.5][Int(random.below(4))]
        let badKernel = random.happens(0.3) ? Int(random.below(3)) : nil
        for number in 0..<(10 + random.below(50)) {
            let kernel = Int(random.below(3))
            let id = EndpointID(accepted: Hexadecimal.encode((0..<16).map { $0 == 15 ? UInt8(number) : 0 }))
            var attributes = CohortAttributes(
                os: "linux", osVersion: "1", kernel: "k\(kernel)", agentVersion: "1", model: "m")
            if random.happens(0.8) {
                attributes.tags = [
                    "customer": "acme", "ring": ["canary", "early", "broad", "frozen"][Int(random.below(4))],
                ]
            }
            let isBad = badKernel.map { $0 == kernel && random.happens(0.9) } ?? random.happens(badShare)
            endpoints.append(
                Device(id: id, attributes: attributes, isBad: isBad, isLiar: random.happens(0.05)))
        }
        muster()
    }

    /// When the window of the customer's last ring opens, in milliseconds of the run's clock.
    private static let windowOpensAt: Int64 = 20 * 60_000

    /// Three rings in order and one that is held. The last of the three opens at twenty past midnight only: clocks jump,
    /// so that some runs get there.
    private static func customer(isStrict: Bool) -> CustomerPolicy {
        let days = CustomerPolicy.Weekday.allCases
        return CustomerPolicy(
            customer: "acme",
            rings: [
                CustomerPolicy.Ring(name: "canary", provenShare: 1),
                CustomerPolicy.Ring(name: "early", provenShare: 1, soak: .seconds(1)),
                CustomerPolicy.Ring(
                    name: "broad",
                    windows: [CustomerPolicy.Window(days: days, fromMinute: 20, toMinute: 1_440)]),
                CustomerPolicy.Ring(name: "frozen", hold: "change freeze"),
            ], urgent: isStrict ? .windows : .anytime)
    }

    /// Hands both servers the canaries to choose from, as the driver does when a rollout starts.
    private mutating func muster() {
        let alive = endpoints.filter { place(of: $0)?.ring ?? 0 == 0 }
        let roll = RolloutInput.muster(alive.map { MusteredEndpoint(endpoint: $0.id, attributes: $0.attributes) })
        for server in servers.indices { _ = servers[server].machine.handle(roll, at: now) }
    }

    private func policy(for device: Device) -> CustomerPolicy? {
        customer.flatMap { CustomerPolicy.policy(of: device.attributes, among: [$0.customer: $0]) }
    }

    private func place(of device: Device) -> RingPlace? { policy(for: device)?.place(of: device.attributes) }

    private static let release = ReleaseID(accepted: "pack@1.0.0")

    private static func machine(_ policy: RolloutPolicy, _ seed: UInt64) -> RolloutMachine {
        RolloutMachine(
            rollout: RolloutID(accepted: "r-000001"), release: release, policy: policy,
            seed: seed, startedAt: Moment(milliseconds: 0))
    }

    private var now: Moment { Moment(milliseconds: step * Self.stepMilliseconds + clockOffset) }

    /// Runs to the end.
    ///
    /// - Returns: What the checker found; empty when every invariant held.
    package mutating func run() -> [String] {
        while step < Self.stepCount {
            step += 1
            blow()
            for index in endpoints.indices { live(index) }
            deliver()
            let server = chosenServer()
            act(server, .tick)
        }
        return checker.violations
    }

    /// Lets the weather strike.
    private mutating func blow() {
        if random.happens(0.01) {
            counters.partitions += 1
            let until = step + 5 + Int64(random.below(30))
            for index in endpoints.indices where random.happens(0.3) { endpoints[index].unreachableUntil = until }
        }
        if random.happens(0.005) {
            counters.clockJumps += 1
            // Now and then by half an hour: a clock that was wrong and is set.
            clockOffset += Int64(random.below(random.happens(0.1) ? 1_800_000 : 20_000))
        }
        if random.happens(0.004) { restart(Int(random.below(2))) }
        if random.happens(0.001) { act(chosenServer(), .operatorHold("weather")) }
        if random.happens(0.02) { act(chosenServer(), .operatorResume) }
        if random.happens(0.0005) { act(chosenServer(), .operatorRecall("weather")) }
    }

    /// Mostly the first server; now and then the second, which believes itself in charge.
    private mutating func chosenServer() -> Int { random.happens(0.002) ? 1 : 0 }

    private mutating func live(_ index: Int) {
        guard !endpoints[index].isDead else { return }
        let age = step - endpoints[index].since
        switch endpoints[index].stage {
        case .staged? where age > 2: change(index, .trial)
        case .trial? where endpoints[index].isBad && age > 1:
            if random.next() & 1 == 0 { endpoints[index].isDead = true } else { change(index, .reverted) }
        case .trial? where age > 5: change(index, .committed)
        default: break
        }
        guard !endpoints[index].isDead, random.happens(0.4) else { return }
        var stage = endpoints[index].stage
        if endpoints[index].isLiar, random.happens(0.3) {
            counters.lies += 1
            stage = [.committed, .reverted, nil, .refused][Int(random.below(4))]
        }
        send(
            EndpointReport(endpoint: endpoints[index].id, attributes: endpoints[index].attributes, stage: stage),
            from: index)
    }

    private mutating func change(_ index: Int, _ stage: ReleaseStage) {
        endpoints[index].stage = stage
        endpoints[index].since = step
    }

    private mutating func send(_ report: EndpointReport, from index: Int) {
        if endpoints[index].unreachableUntil > step || random.happens(0.1) {
            counters.lost += 1
            return
        }
        let delay = random.happens(0.1) ? 1 + Int64(random.below(20)) : 0
        if delay > 0 { counters.late += 1 }
        mail.append(Letter(due: step + delay, report: report))
        if random.happens(0.05) {
            counters.doubled += 1
            mail.append(Letter(due: step + Int64(random.below(10)), report: report))
        }
    }

    private mutating func deliver() {
        let due = mail.filter { $0.due <= step }
        mail.removeAll { $0.due <= step }
        for letter in due {
            var report = letter.report
            // What the customer says is looked up when the report arrives, as the driver does.
            if let index = endpoints.firstIndex(where: { $0.id == report.endpoint }),
                let customer = policy(for: endpoints[index])
            {
                report.place = customer.place(of: report.attributes)
                report.admission = customer.admission(
                    of: Self.release, for: report.attributes, newerComplete: 0, isUrgent: isUrgent, at: now)
                if report.admission.answer == .deferred { counters.deferred += 1 }
                if report.admission.answer == .held { counters.held += 1 }
            }
            act(chosenServer(), .checkIn(report))
        }
    }

    /// One input at one server: decide, persist, act, as the driver does.
    private mutating func act(_ server: Int, _ input: RolloutInput) {
        let isStale = servers[server].known < ledger.count
        let actions = servers[server].machine.handle(input, at: now)
        guard !actions.isEmpty else { return reply(server, input) }
        if isStale, !isSabotaged {
            // The store refuses a writer that does not know its newest row; the server begins anew from the ledger.
            counters.staleWriters += 1
            restart(server)
            return
        }
        for action in actions {
            let entry = servers[server].machine.ledgerEntry(
                for: action, sequence: Int64(ledger.count), at: now)
            ledger.append(entry)
            checker.appended(entry)
            if case .debit(_, let ring?) = entry.kind, ring.ring > 0 { counters.laterRings += 1 }
            if case .verdict(let verdict) = entry.kind, verdict.cohort != nil { counters.cohortHalts += 1 }
            count(action)
        }
        servers[server].known = ledger.count
        if actions.contains(where: { if case .offer = $0 { true } else { false } }), random.happens(0.05) {
            counters.crashesBeforeOffer += 1
            restart(server)
            return
        }
        reply(server, input)
    }

    private mutating func count(_ action: RolloutAction) {
        switch action {
        case .offer: counters.offers += 1
        case .recall: counters.recalls += 1
        case .settle(_, .proven): counters.proofs += 1
        case .settle, .record, .complete: break
        }
    }

    /// The reply to a check-in carries the offer while the machine says so; it may be lost.
    private mutating func reply(_ server: Int, _ input: RolloutInput) {
        guard case .checkIn(let report) = input, servers[server].known == ledger.count || isSabotaged,
            let index = endpoints.firstIndex(where: { $0.id == report.endpoint }), !endpoints[index].isDead
        else { return }
        if servers[server].machine.isRecalled(for: report.endpoint) {
            if endpoints[index].stage != nil { change(index, .reverted) }
        } else if servers[server].machine.isOffered(to: report.endpoint) {
            checker.sent(to: report.endpoint)
            guard !random.happens(0.1), endpoints[index].stage == nil else { return }
            checker.delivered(to: report.endpoint)
            change(index, .staged)
        }
    }

    private mutating func restart(_ server: Int) {
        counters.crashes += 1
        var machine = Self.machine(policy, seed)
        for entry in ledger { machine.restore(entry) }
        let from = ledger.last?.at ?? Moment(milliseconds: 0)
        let outage = LedgerEntry(sequence: Int64(ledger.count), at: from, kind: .outage(until: now))
        ledger.append(outage)
        checker.appended(outage)
        _ = machine.handle(.outage(from: from, until: now), at: now)
        servers[server] = Server(machine: machine, known: ledger.count)
    }
}
