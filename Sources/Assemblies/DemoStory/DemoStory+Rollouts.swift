import ContentPack
import ContentPublisher
import ControlClient
import ControlWire
import ExposureChecker
import FleetModel
import Foundation
import ReleaseLab
import RepositoryPublisher
import SystemPackage

/// One rollout as the demo followed it.
struct FollowedRollout: Sendable {
    var summary: RolloutSummary
    var publishedAt: Moment
    /// Endpoints that were offered the release, in the order of their debits.
    var offered: [EndpointID]
}

extension DemoStory {
    /// Act 3: rules become a pack, the pack a release, and the release reaches everyone, gate by gate.
    func rollOutGoodRelease() async throws -> DemoSummary.Good {
        await screen.act(3, "A release of detection rules reaches everyone, as fast as the evidence allows")
        let followed = try await rollOut(version: DemoPlan.goodVersion, chaos: nil, until: ["complete", "halted"])
        let summary = followed.summary
        guard summary.phase == "complete" else {
            throw DemoError(
                step: "good release", message: "the gate halted a clean release: \(summary.verdict?.reasons ?? [])")
        }
        let report = try await audit(summary.id)
        let seconds = ((summary.finishedAt ?? summary.startedAt) - followed.publishedAt).seconds
        await screen.note(
            "complete after \(Self.text(seconds)) s: \(summary.counts.proven) of \(endpoints.count) proven")
        return DemoSummary.Good(
            release: summary.release.text, offered: summary.counts.offered, proven: summary.counts.proven,
            failed: summary.counts.failed, silent: summary.counts.silent, maxExposed: report.exposureMax,
            capAtMaxExposed: report.allowedAtExposureMax, capViolations: report.violations.count,
            secondsToComplete: seconds)
    }

    /// Act 5: the next release kills the worker that loads it, and the endpoint's own protections are switched off: the
    /// ramp alone must save the fleet. Then the protections may act again, and nobody does anything else.
    func stopBadRelease() async throws -> DemoSummary.Bad {
        await screen.act(5, "The next release is broken in the manner of 19 July 2024")
        await screen.note("shadow and revert are switched off on every endpoint: only the ramp protects the fleet")
        try LabSwitches.unprotected.write(to: plan.labSwitches)
        let followed = try await rollOut(
            version: DemoPlan.badVersion, chaos: .crashOnLoad, until: ["halted", "complete"])
        let halted = followed.summary
        guard halted.phase != "complete", let haltedAt = halted.finishedAt else {
            throw DemoError(step: "bad release", message: "a release that kills workers was completed")
        }
        let untouched = endpoints.count - halted.counts.offered
        await screen.note(
            screen.ink("halted and recalled", .red)
                + " \(Self.text((haltedAt - followed.publishedAt).seconds)) s after publication: \(halted.counts.offered) struck, "
                + "\(untouched) never offered it")
        await screen.note(
            "meanwhile they crash and start again, \(await restarts(of: followed.offered)) times so far, and cannot say a word"
        )
        await screen.note("now their protections may act again; nobody touches anything")
        try LabSwitches.protected.write(to: plan.labSwitches)
        let (recovered, lastAt) = try await waitForRecovery(of: followed)
        // Read again: what was still open at the halt has settled since.
        let counts = try await management().rollout(halted.id).counts
        let report = try await audit(halted.id)
        return DemoSummary.Bad(
            release: halted.release.text, offered: counts.offered, proven: counts.proven, failed: counts.failed,
            silent: counts.silent, maxExposed: report.exposureMax, capAtMaxExposed: report.allowedAtExposureMax,
            capViolations: report.violations.count,
            secondsToHalt: (haltedAt - followed.publishedAt).seconds,
            secondsToRecovered: (lastAt - haltedAt).seconds, endpointsRecovered: recovered,
            hands: try await hands(since: followed.publishedAt))
    }

    /// Builds, signs, publishes and starts a rollout, and shows it until it is in one of `phases`.
    private func rollOut(version: ReleaseVersion, chaos: PackChaos?, until phases: Set<String>) async throws
        -> FollowedRollout
    {
        let management = try management()
        let release = ReleaseID(pack: DemoPlan.pack, version: version)
        let bytes = try buildPack(version: version, chaos: chaos)
        let lab = try await runLab(bytes, of: release, obeysChaos: chaos != nil)
        try vouch(for: bytes, of: release)
        let published = try await publish(bytes, after: lab)
        await screen.note(
            "\(release) published: \(published.ruleCount) rules, \(published.byteCount / 1024) KiB, sha256 \(published.digest.text.prefix(12))"
        )
        let rollout = try await management.startRollout(
            RolloutRequest(
                release: release,
                policy: RolloutTerms(preset: "demo", labResult: lab.verdict == .failed ? "any" : nil)))
        var panel = RolloutPanel(
            title: screen.ink(release.text, .bold), marks: endpoints.map { _ in .waiting }, exposed: 0, cap: 0,
            verdict: "")
        let summary = try await wait(for: "\(release) settled") { [self] in
            let summary = try await management.rollout(rollout.id)
            try await refresh(&panel, from: summary)
            await screen.show(panel: panel.lines(on: screen), plain: panel.plain)
            // The gate has decided before it is durable; the time of its end says that it is.
            return phases.contains(summary.phase) && summary.finishedAt != nil ? summary : nil
        }
        await screen.keepPanel()
        let rows = try await ledger(of: rollout.id)
        return FollowedRollout(
            summary: summary, publishedAt: published.publishedAt,
            offered: rows.filter { $0.kind == "debit" }.compactMap(\.endpoint))
    }

    private func buildPack(version: ReleaseVersion, chaos: PackChaos?) throws -> [UInt8] {
        let rules = plan.content.appending("linux-core")
        let notes = chaos == nil ? "The project's own Linux rules." : "Tuned two rules."
        let built = try PackBuilder.build(
            rulesDirectory: rules.appending("rules").string, examplesDirectory: rules.appending("examples").string,
            name: DemoPlan.pack, version: version, notes: notes, chaos: chaos,
            key: try SigningKeyFile.read(plan.signingKey.string))
        let file = plan.packs.appending("\(DemoPlan.pack)-\(version).fbpack")
        try Data(built.bytes).write(to: URL(filePath: file.string), options: .atomic)
        return built.bytes
    }

    private func refresh(_ panel: inout RolloutPanel, from summary: RolloutSummary) async throws {
        let positions = Dictionary(uniqueKeysWithValues: endpoints.enumerated().map { ($1, $0) })
        for row in try await ledger(of: summary.id) {
            guard let endpoint = row.endpoint, let index = positions[endpoint] else { continue }
            switch row.kind {
            case "debit": panel.marks[index] = .exposed
            case "proven": panel.marks[index] = .proven
            case "failed": panel.marks[index] = .failed
            case "silent": panel.marks[index] = .silent
            default: break
            }
        }
        panel.exposed = summary.counts.exposed
        panel.cap = summary.cap
        panel.verdict = summary.verdict.map { "\($0.verdict): \($0.reasons.first ?? "")" } ?? ""
    }

    private func ledger(of rollout: RolloutID) async throws -> [LedgerRow] {
        let management = try management()
        var rows: [LedgerRow] = []
        var page = try await management.ledger(of: rollout)
        while !page.rows.isEmpty {
            rows += page.rows
            page = try await management.ledger(of: rollout, after: page.next)
        }
        return rows
    }

    /// Waits until every struck endpoint reports itself well on the release before, and says when the last one did.
    private func waitForRecovery(of followed: FollowedRollout) async throws -> (count: Int, lastAt: Moment) {
        let good = ReleaseID(pack: DemoPlan.pack, version: DemoPlan.goodVersion)
        let struck = Set(followed.offered)
        let well = try await wait(for: "struck endpoints well again") { [self] in
            let fleet = try await management().endpoints().filter { struck.contains($0.id) }
            let well = fleet.filter { endpoint in
                endpoint.isWell && endpoint.activeReleases == [good]
                    && (endpoint.lastSeenAt ?? followed.publishedAt)
                        > (followed.summary.finishedAt ?? followed.publishedAt)
            }
            let text = "\(well.count) of \(struck.count) struck endpoints are back on \(good)"
            await screen.show(panel: [text], plain: text)
            return well.count == struck.count ? well : nil
        }
        await screen.note(screen.ink("all \(well.count) are back on \(good) by themselves", .green))
        return (well.count, well.compactMap(\.lastSeenAt).max() ?? followed.publishedAt)
    }

    /// How often these endpoints were started again by the process house, as an init system would.
    private func restarts(of struck: [EndpointID]) async -> Int {
        var count = 0
        for endpoint in struck {
            guard let index = endpoints.firstIndex(of: endpoint) else { continue }
            count += await house.startCount(of: plan.name(of: index + 1)) - 1
        }
        return count
    }

    /// What people did to the fleet between publication and now, beyond publishing and starting the rollout.
    private func hands(since: Moment) async throws -> Int {
        try await management().operatorActions(limit: ControlWireLimit.pageCountMax).actions
            .filter { $0.at >= since && !["release.publish", "rollout.start"].contains($0.action) }.count
    }

    /// Seconds with `digits` decimals.
    static func text(_ seconds: Double, digits: Int = 1) -> String {
        seconds.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
}
