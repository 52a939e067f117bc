import FleetModel

@testable import ControlWire

/// Values of every message, with every member set.
enum Samples {
    static let endpoint = EndpointID(accepted: "000102030405060708090a0b0c0d0e0f")
    static let digest = Digest(accepted: String(repeating: "ab", count: 32))
    static let otherDigest = Digest(accepted: String(repeating: "cd", count: 32))
    static let release = ReleaseID(accepted: "linux-core@1.4.0")
    static let now = Moment(milliseconds: 1_795_000_000_123)

    static let cohort = CohortAttributes(
        os: "linux", osVersion: "debian-12", kernel: "6.1.0-28-amd64", agentVersion: "0.1.0", model: "kvm",
        tags: ["ring": "canary", "site": "Zürich"])

    static let description = EndpointDescription(hostName: "build-7", cohort: cohort)

    static let health = EndpointHealth(components: [
        .sensor: .init(isHealthy: true, message: "", since: now),
        .worker: .init(isHealthy: false, message: "ended by signal 4; restarted in 400 ms", since: now),
        .protection: .init(isHealthy: true, message: "", since: now),
    ])

    static let reports = [
        ReleaseReport(
            release: release, digest: digest, stage: .committed, isActive: true, stageEnteredAt: now,
            eventsEvaluated: 12_345),
        ReleaseReport(
            release: ReleaseID(accepted: "linux-core@1.5.0"), digest: otherDigest, stage: .reverted,
            stageEnteredAt: now, eventsEvaluated: 3, failure: .crash, message: "the worker died with it"),
    ]

    static let checkInReport = CheckInReport(
        releases: reports,
        alerts: [AlertReport(sequence: 4, finding: finding), AlertReport(sequence: 9, finding: finding)],
        eventsLost: 2, eventsEvaluated: 12_348, hasLiveSensor: true, recallRevision: 3,
        state: StateReport(quote: [UInt8]("{\"attest\":\"\"}".utf8)))

    static let packages = [
        PackageReport(
            pack: release.pack, heldVersion: release.version, heldDigest: digest,
            offeredVersion: ReleaseVersion(accepted: "1.5.0"), offeredDigest: otherDigest, stage: .reverted,
            message: "the worker died with it")
    ]

    static let checkIn = AgentCheckIn(
        endpoint: endpoint, sequence: 42, description: description, health: health,
        policyReport: PolicyReport(hash: digest.bytes, standing: .failed, message: "shadow_ms is outside 0...86400000"),
        packages: packages, offersHash: otherDigest.bytes, report: checkInReport, isDisconnecting: true)

    static let offer = PackOffer(release: release, digest: digest, signature: [UInt8](repeating: 7, count: 64))

    static let directive = Directive(
        serverNow: now, alertsAcknowledged: 9, recallRevision: 4,
        recalls: [RecallNotice(release: release, digest: digest, reason: "kills the worker that loads it")],
        stateNonce: [UInt8](1...16))

    static func reply() throws -> ServerReply {
        ServerReply(
            endpoint: endpoint,
            failure: ReplyFailure(kind: .unavailable, message: "the disk is full", retryAfter: .seconds(30)),
            policy: PolicyOffer(body: try EndpointPolicy.standard.encoded(), hash: digest),
            credential: "c0ffee", offers: [offer], wantsFullState: true, directive: directive)
    }

    static let finding = [UInt8](
        """
        {"class_uid":2004,"finding_info":{"analytic":{"uid":"0b6a0a38"},"title":"Reverse shell"},\
        "severity":"High","time":1795000000000}
        """.utf8)
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same bytes everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
