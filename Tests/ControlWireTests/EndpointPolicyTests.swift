import FleetModel
import Testing

@testable import ControlWire

@Suite("Endpoint policy")
struct EndpointPolicyTests {
    @Test("a policy arrives as it was sent, and equal policies have equal bytes")
    func roundTrip() throws {
        var policy = EndpointPolicy.standard
        policy.pollInterval = .milliseconds(2_000)
        policy.trialEventsMin = 7
        policy.responsesAllowed = [.kill, .deny]
        #expect(try EndpointPolicy(decoding: policy.encoded()) == policy)
        #expect(try policy.encoded() == EndpointPolicy(decoding: policy.encoded()).encoded())
    }

    @Test("every number is held to its bounds, on both sides, where it is written and where it is read")
    func bounds() throws {
        let fields: [(String, WritableKeyPath<EndpointPolicy, Int64>, ClosedRange<Int64>)] = [
            ("poll_interval_ms", \.pollInterval.milliseconds, EndpointPolicy.Bounds.pollInterval),
            ("shadow_ms", \.shadow.milliseconds, EndpointPolicy.Bounds.shadow),
            ("shadow_events_min", \.shadowEventsMin, EndpointPolicy.Bounds.eventsMin),
            ("trial_ms", \.trial.milliseconds, EndpointPolicy.Bounds.trial),
            ("trial_events_min", \.trialEventsMin, EndpointPolicy.Bounds.eventsMin),
            ("load_deadline_ms", \.loadDeadline.milliseconds, EndpointPolicy.Bounds.loadDeadline),
            ("worker_deadline_ms", \.workerDeadline.milliseconds, EndpointPolicy.Bounds.workerDeadline),
            ("download_deadline_ms", \.downloadDeadline.milliseconds, EndpointPolicy.Bounds.downloadDeadline),
            (
                "destructive_actions_per_minute", \.destructiveActionsPerMinute,
                EndpointPolicy.Bounds.destructiveActions
            ),
            ("destructive_actions_per_hour", \.destructiveActionsPerHour, EndpointPolicy.Bounds.destructiveActions),
            ("undone_actions_per_hour", \.undoneActionsPerHour, EndpointPolicy.Bounds.undoneActions),
        ]
        for (name, field, bounds) in fields {
            for good in [bounds.lowerBound, bounds.upperBound] {
                var policy = EndpointPolicy.standard
                policy[keyPath: field] = good
                #expect(try EndpointPolicy(decoding: policy.encoded()) == policy, "\(name) \(good)")
            }
            for bad in [bounds.lowerBound - 1, bounds.upperBound + 1] {
                var policy = EndpointPolicy.standard
                policy[keyPath: field] = bad
                #expect(refusalCode { try policy.encoded() } == .invalidValue, "\(name) \(bad)")
                let standard = EndpointPolicy.standard[keyPath: field]
                let text = String(decoding: try EndpointPolicy.standard.encoded(), as: UTF8.self)
                let changed = text.replacing("\"\(name)\":\(standard)", with: "\"\(name)\":\(bad)")
                #expect(changed != text)
                #expect(
                    refusalCode { try EndpointPolicy(decoding: Array(changed.utf8)) } == .invalidValue, "\(name) \(bad)"
                )
            }
        }
    }

    @Test("a member that is missing, unknown, twice or no number refuses the whole policy")
    func strictness() throws {
        let text = String(decoding: try EndpointPolicy.standard.encoded(), as: UTF8.self)
        func code(_ text: String) -> ControlWireError.Code? {
            refusalCode { try EndpointPolicy(decoding: Array(text.utf8)) }
        }
        #expect(code(text) == nil)
        #expect(code(text.replacing("\"shadow_ms\":60000,", with: "")) == .missing)
        #expect(code(text.replacing("{", with: "{\"extra\":1,")) == .invalidValue)
        #expect(code(text.replacing("{", with: "{\"shadow_ms\":1,")) == .malformed)
        #expect(code(text.replacing("60000", with: "\"60000\"")) == .malformed)
        #expect(code(text.replacing("\"responses_allowed\":[]", with: "\"responses_allowed\":[\"erase\"]")) != nil)
        #expect(code(text.replacing("\"responses_allowed\":[]", with: "\"responses_allowed\":[\"alert\"]")) != nil)
        #expect(code("") == .malformed)
        #expect(code("[]") == .malformed)
        #expect(code(String(repeating: " ", count: ControlWireLimit.policyBytesMax + 1)) == .oversized)
    }
}

@Suite("Finding outline")
struct FindingOutlineTests {
    @Test("what lists show is read from an OCSF Detection Finding")
    func outline() throws {
        let outline = try FindingOutline(decoding: Samples.finding)
        #expect(outline.rule == "0b6a0a38" && outline.title == "Reverse shell" && outline.severity == "High")
        #expect(outline.occurredAt == Moment(milliseconds: 1_795_000_000_000))
    }

    @Test("another class, a missing member, garbage and an oversized text are refused")
    func refusals() {
        let text = String(decoding: Samples.finding, as: UTF8.self)
        func code(_ text: String) -> ControlWireError.Code? {
            refusalCode { try FindingOutline(decoding: Array(text.utf8)) }
        }
        #expect(code(text.replacing("2004", with: "2001")) == .invalidValue)
        #expect(code(text.replacing("\"title\"", with: "\"name\"")) == .missing)
        #expect(code(text.replacing("1795000000000", with: "-1")) == .invalidValue)
        #expect(code("{") == .malformed)
        #expect(code(String(repeating: " ", count: ControlWireLimit.findingBytesMax + 1)) == .oversized)
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(code(deep) == .malformed)
    }
}

@Suite("Authorization header")
struct AgentAuthorizationTests {
    @Test("either scheme reads back as it was written, whatever the case of its name")
    func roundTrip() {
        for value in [AgentAuthorization.enrolment("s3cret"), .credential("c0ffee")] {
            #expect(AgentAuthorization(header: value.header) == value)
        }
        #expect(AgentAuthorization(header: "bearer x") == .credential("x"))
        #expect(AgentAuthorization(header: "ENROLMENT x") == .enrolment("x"))
    }

    @Test(
        "anything else is nobody's authorization",
        arguments: ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Bearer ü", " Bearer x"])
    func refusals(header: String) {
        #expect(AgentAuthorization(header: header) == nil)
    }

    @Test("a secret is at most 256 bytes")
    func bound() {
        let longest = String(repeating: "x", count: ControlWireLimit.secretBytesMax)
        #expect(AgentAuthorization(header: "Bearer \(longest)") == .credential(longest))
        #expect(AgentAuthorization(header: "Bearer \(longest)x") == nil)
    }
}
