import FleetModel
import PolicyDocument
import RolloutEngine
import Testing

@Suite("Policies written and read")
struct RoundTripTests {
    static let presets: [RolloutPolicy] = [.laptopFleet, .serverFleet, .demo]

    @Test("a built-in policy that is written is read as itself", arguments: presets)
    func presetsReturn(policy: RolloutPolicy) throws {
        #expect(try PolicyFile.rolloutPolicy(PolicyWriter.text(of: policy), name: "p.yml") == policy)
    }

    @Test("a file that only extends a built-in policy is that policy under another name", arguments: presets)
    func extending(policy: RolloutPolicy) throws {
        var expected = policy
        expected.name = "mine"
        #expect(try PolicyFile.rolloutPolicy("name: mine\nextends: \(policy.name)\n", name: "p.yml") == expected)
    }

    @Test("any rollout policy that can be evaluated returns as itself, over 1,000 seeds")
    func rolloutPoliciesReturn() throws {
        for seed in UInt64(0)..<1_000 {
            var random = SplitMix(seed: seed)
            let policy = RandomPolicies.rollout(&random)
            try #require(policy.problems().isEmpty, "seed \(seed): \(policy.problems())")
            let text = PolicyWriter.text(of: policy)
            do {
                let read = try PolicyFile.rolloutPolicy(text, name: "seed-\(seed).yml")
                #expect(read == policy, "seed \(seed)")
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }

    @Test("any customer policy that can be evaluated returns as itself, over 300 seeds")
    func customerPoliciesReturn() throws {
        for seed in UInt64(0)..<300 {
            var random = SplitMix(seed: seed)
            let policy = RandomPolicies.customer(&random)
            try #require(policy.problems().isEmpty, "seed \(seed): \(policy.problems())")
            let text = PolicyWriter.text(of: policy)
            do {
                let read = try PolicyFile.customerPolicy(text, name: "seed-\(seed).yml")
                #expect(read == policy, "seed \(seed)")
                #expect(
                    try PolicyFile.document(Array(text.utf8), name: "") == .customer(policy), "seed \(seed)")
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }

    @Test("the largest customer policy fits into a file")
    func largestFits() throws {
        let week = CustomerPolicy.Weekday.allCases
        let windows = (0..<CustomerPolicy.windowCountMax).map {
            CustomerPolicy.Window(days: week, fromMinute: $0, toMinute: 1_440, utcOffsetMinutes: -840)
        }
        let long = String(repeating: "x", count: CohortAttributes.textBytesMax - 2)
        let rings = (0..<CustomerPolicy.ringCountMax).map {
            CustomerPolicy.Ring(
                name: long + String(10 + $0), hold: long, windows: windows, soak: .milliseconds(86_399_999))
        }
        let pins = (0..<CustomerPolicy.pinCountMax).map {
            CustomerPolicy.Pin(
                pack: PackName(accepted: String(repeating: "p", count: 61) + "\(100 + $0)"),
                version: ReleaseVersion(accepted: "999999.999999.999999"), ring: rings[15].name)
        }
        let policy = CustomerPolicy(customer: long, rings: rings, pins: pins)
        #expect(policy.problems().isEmpty)
        #expect(try PolicyFile.customerPolicy(PolicyWriter.text(of: policy), name: "c.yml") == policy)
    }

    @Test("every number of a written policy has a comment above it that says what it is and why it is bounded")
    func commentsAreThere() throws {
        let lines = PolicyWriter.text(of: RolloutPolicy.laptopFleet).split(separator: "\n")
        for (index, line) in lines.enumerated() where !line.contains("#") {
            #expect(lines[index - 1].contains("#"), "\(line) has no comment")
        }
        #expect(lines.allSatisfy { $0.count <= 100 })
        #expect(lines.contains { $0.contains("Why: shorter than a few poll intervals") })
    }
}
