import FleetModel
import Testing

@testable import RolloutEngine

@Suite("What a policy asks of the lab")
struct LabRequirementTests {
    @Test("a failed release goes with `any` alone, and one that was not run goes unless its word is asked for")
    func admits() {
        let all: [LabVerdict?] = [nil] + LabVerdict.allCases
        #expect(all.filter(LabRequirement.passed.admits) == [.passed, .warned])
        #expect(all.filter(LabRequirement.notFailed.admits) == [nil, .passed, .warned])
        #expect(all.filter(LabRequirement.any.admits) == all)
    }

    @Test("a policy that was stored before the lab's word was asked for lets through what was not run")
    func standard() {
        #expect(RolloutPolicy.serverFleet.labResult == .notFailed)
    }
}
