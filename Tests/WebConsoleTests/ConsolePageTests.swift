import ControlWire
import FleetModel
import Testing

@testable import WebConsole

@Suite("Status page")
struct ConsolePageTests {
    static let at = Moment(milliseconds: 1_700_000_000_000)

    static func page(
        rollouts: [RolloutSummary] = [], endpoints: [EndpointSummary] = [], alerts: [AlertRow] = [],
        fault: String? = nil
    ) -> ConsolePage {
        let status = ControlStatus(
            version: "1.0.0", startedAt: at, now: at + .seconds(90), endpointCount: endpoints.count,
            endpointsReporting: endpoints.count, endpointsHealthy: endpoints.filter(\.isWell).count, releaseCount: 1,
            rolloutsActive: rollouts.count, alertCount: alerts.count, lastAlertSequence: Int64(alerts.count),
            recallRevision: 0, storageFault: fault)
        return ConsolePage(
            status: status, rollouts: rollouts, histories: [:], endpoints: endpoints, alerts: alerts)
    }

    static func rollout(phase: String, exposed: Int, cap: Int) throws -> RolloutSummary {
        RolloutSummary(
            id: try RolloutID(checking: "r-1"), release: try ReleaseID(checking: "linux-core@1.0.0"), phase: phase,
            policy: RolloutTerms(), endpointCount: 40,
            counts: RolloutCounts(offered: exposed, proven: 0, failed: 0, silent: 0, withdrawn: 0, exposed: exposed),
            cap: cap, maxExposed: exposed, capAtMaxExposed: cap, startedAt: at,
            verdict: VerdictSummary(verdict: "hold", reasons: ["the cap is reached"], at: at))
    }

    static func endpoint(name: String, health: EndpointHealth?) throws -> EndpointSummary {
        EndpointSummary(
            id: try EndpointID(checking: String(repeating: "a", count: 32)), name: name, service: "firebreak-agent",
            cohort: CohortAttributes(
                os: "linux", osVersion: "debian-12", kernel: "6.1", agentVersion: "1", model: "vm"),
            health: health, enrolledAt: at)
    }

    @Test("an empty fleet tells what to type next")
    func emptyFleet() throws {
        let html = try Self.page().html()
        #expect(html.contains("firebreak rollout start"))
        #expect(html.contains("firebreak-agent run"))
        #expect(!html.contains("class=\"fault\""))
        #expect(!html.contains("{{"))
    }

    @Test("exposure stands beside the cap, and the gate's reason below")
    func exposureBesideCap() throws {
        let html = try Self.page(rollouts: [try Self.rollout(phase: "ramping", exposed: 5, cap: 10)]).html()
        #expect(html.contains("<b>5</b> exposed of <b>10</b> allowed"))
        #expect(html.contains("hold: the cap is reached"))
        #expect(html.contains("left:25.0%"))
    }

    @Test("text from an endpoint is never markup")
    func textIsEscaped() throws {
        let hostile = "<script>alert(1)</script>"
        let alert = AlertRow(
            sequence: 1, endpoint: try EndpointID(checking: String(repeating: "b", count: 32)), endpointName: hostile,
            rule: hostile, title: hostile, severity: hostile, occurredAt: Self.at, receivedAt: Self.at, finding: "{}")
        let health = EndpointHealth(isHealthy: false, message: hostile, components: [:])
        let html = try Self.page(
            endpoints: [try Self.endpoint(name: hostile, health: health)], alerts: [alert], fault: hostile
        ).html()
        #expect(!html.contains(hostile))
        #expect(html.contains("&lt;script&gt;"))
    }

    @Test("a fault of the store is shown on top")
    func faultIsShown() throws {
        #expect(try Self.page(fault: "disk full").html().contains("<p class=\"fault\">disk full</p>"))
    }

    @Test("more endpoints than rows are counted, not hidden")
    func hiddenEndpointsAreCounted() throws {
        let many = try (0..<210).map { try Self.endpoint(name: "host-\($0)", health: nil) }
        let html = try Self.page(endpoints: many).html()
        #expect(html.contains("10 more: <code>firebreak endpoint list</code>"))
        #expect(html.components(count: "no word yet") == 200)
    }

    @Test("an endpoint that was not heard is silent, whatever it said last, and stands before those that are well")
    func silence() throws {
        let health = EndpointHealth(isHealthy: true, message: "", components: [:])
        var quiet = try Self.endpoint(name: "a-quiet-one", health: health)
        var heard = try Self.endpoint(name: "a-heard-one", health: health)
        (quiet.lastSeenAt, heard.lastSeenAt) = (Self.at, Self.at + .seconds(85))
        var page = Self.page(endpoints: [heard, quiet])
        page.silentAfter = .seconds(30)
        let html = try page.html()
        let (first, second) = (html.firstRange(of: "a-quiet-one"), html.firstRange(of: "a-heard-one"))
        #expect(try #require(first).lowerBound < #require(second).lowerBound)
        #expect(html.components(count: ">silent<") == 1)
        #expect(html.components(count: ">well<") == 2, "one tile and one endpoint")
    }

    @Test("an endpoint whose measured state does not verify is shown with the reason, before those that are well")
    func measuredState() throws {
        let health = EndpointHealth(isHealthy: true, message: "", components: [:])
        var sound = try Self.endpoint(name: "a-sound-one", health: health)
        var other = try Self.endpoint(name: "an-altered-one", health: health)
        (sound.lastSeenAt, other.lastSeenAt) = (Self.at + .seconds(85), Self.at + .seconds(85))
        sound.stateStanding = .verified(by: .tpm)
        other.stateStanding = .unverified("the counter is 3 and was 9 (state.counter_went_back)")
        let html = try Self.page(endpoints: [sound, other]).html()
        #expect(html.contains("<td class=\"good\">verified by tpm</td>"))
        #expect(html.contains("does not verify: the counter is 3 and was 9 (state.counter_went_back)"))
        let (first, second) = (html.firstRange(of: "an-altered-one"), html.firstRange(of: "a-sound-one"))
        #expect(try #require(first).lowerBound < #require(second).lowerBound)
    }

    @Test("the drawing is made of numbers only, one path for the cap and one for the exposure")
    func drawing() throws {
        var page = Self.page(rollouts: [try Self.rollout(phase: "complete", exposed: 0, cap: 40)])
        page.histories[try RolloutID(checking: "r-1")] = (0..<1000).map {
            ExposurePoint(at: Self.at + .seconds(Int64($0)), exposed: $0 % 7, cap: 10)
        }
        let html = try page.html()
        #expect(html.contains("<path class=\"cap\" d=\"M0 "))
        #expect(html.contains("<path class=\"exposed\" d=\"M0 "))
    }
}

extension String {
    fileprivate func components(count needle: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: needle) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
