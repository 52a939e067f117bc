import CanonicalCoding
import ControlWire
import FleetModel
import RolloutEngine
import Testing

@testable import ControlPlane

@Suite("Policies over the wire")
struct RequestedPolicyTests {
    private static func policy(
        _ terms: RolloutTerms = RolloutTerms(), document: JSONValue? = nil, urgent: Bool? = nil,
        standard: RolloutPolicy = .demo
    ) throws -> RolloutPolicy {
        try RolloutPolicy(
            RolloutRequest(release: DriverHouse.release, policy: terms, document: document, urgent: urgent),
            standard: standard)
    }

    private static func refusal(_ body: () throws -> RolloutPolicy) -> String {
        do {
            _ = try body()
            return ""
        } catch { return "\(error)" }
    }

    @Test("a whole policy arrives as it was sent, and the terms beside it change it")
    func whole() throws {
        var sent = RolloutPolicy.serverFleet
        sent.name = "mine"
        sent.cohortBy = ["kernel", "tag.site"]
        sent.bakeConditions = [.reboot]
        let document = try CodableJSON.value(of: sent)
        #expect(try Self.policy(document: document) == sent)
        sent.lossBudget = 7
        #expect(try Self.policy(RolloutTerms(lossBudget: 7), document: document) == sent)
        #expect(try Self.policy(RolloutTerms(preset: "laptop-fleet")) == .laptopFleet)
    }

    @Test("everything that is wrong with a policy is named: numbers, members that nobody reads, a name beside it")
    func problems() throws {
        var sent = RolloutPolicy.serverFleet
        sent.alpha = 2
        sent.lossBudget = 0
        let numbers = try CodableJSON.value(of: sent)
        let text = Self.refusal { try Self.policy(document: numbers) }
        #expect(text.contains("alpha is 2") && text.contains("loss_budget is 0") && text.contains("policy.invalid"))
        var strange = try CodableJSON.value(of: RolloutPolicy.serverFleet)
        if case .object(var members) = strange {
            members["los_budget"] = 3
            members["alpha_shares"] = ["concurrent": 0.8, "ceiling": 0.08, "cohorts": 0.07, "watch": 0.05, "luck": 1]
            strange = .object(members)
        }
        let unread = Self.refusal { try Self.policy(document: strange) }
        #expect(unread.contains("los_budget is no member") && unread.contains("alpha_shares.luck is no member"))
        let both = Self.refusal { try Self.policy(RolloutTerms(preset: "demo"), document: numbers) }
        #expect(both.contains("policy.invalid"))
        #expect(Self.refusal { try Self.policy(document: ["name": "x"]) }.contains("loss_budget"))
    }

    @Test("the urgent lane has the policy's urgent numbers, and is refused where the policy has none")
    func urgent() throws {
        let policy = try Self.policy(urgent: true, standard: .serverFleet)
        #expect(policy.lane == .urgent && policy.lossBudget == 60 && policy.bake == .minutes(10))
        #expect(try Self.policy(urgent: false, standard: .serverFleet) == .serverFleet)
        #expect(Self.refusal { try Self.policy(urgent: true) }.contains("policy.no_urgent_lane"))
        let document = try CodableJSON.value(of: policy)
        #expect(Self.refusal { try Self.policy(document: document) }.contains("lane is urgent"))
    }
}
