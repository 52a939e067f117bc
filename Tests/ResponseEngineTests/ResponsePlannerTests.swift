import FleetModel
import Testing

@testable import ResponseEngine

@Suite("Response planner")
struct ResponsePlannerTests {
    @Test("every combination of response, event, policy, subject and hold has the plan of the table")
    func everyCombination() {
        var counted = 0
        for response in RuleResponse.allCases {
            for kind in EventKind.allCases {
                for isAllowed in [false, true] {
                    for isProtected in [false, true] {
                        for isHeld in [false, true] {
                            let policy = ResponsePolicy(
                                allowed: isAllowed ? [response] : [], perMinuteMax: 1, perHourMax: 1,
                                undonePerHourMax: 1)
                            var planner = Samples.planner(policy)
                            let plan = planner.plan(
                                Samples.request(
                                    response, kind: kind, image: isProtected ? "/usr/bin/dpkg" : "/tmp/evil",
                                    file: isProtected ? "/etc/passwd" : "/tmp/evil", isHeld: isHeld),
                                at: Samples.moment(0))
                            counted += 1
                            #expect(
                                Self.word(plan) == Self.expected(response, kind, isAllowed, isProtected, isHeld),
                                "\(response) \(kind) allowed \(isAllowed) protected \(isProtected) held \(isHeld)")
                        }
                    }
                }
            }
        }
        #expect(counted == 4 * 5 * 8)
    }

    /// The table, written from what the customer is promised.
    private static func expected(
        _ response: RuleResponse, _ kind: EventKind, _ isAllowed: Bool, _ isProtected: Bool, _ isHeld: Bool
    ) -> String {
        if response == .alert { return "alert" }
        if !isAllowed { return "not allowed" }
        switch (response, kind) {
        case (.deny, .networkConnection), (.deny, .processTermination), (.deny, .fileEvent), (.deny, .fileDelete),
            (.kill, .processTermination), (.quarantine, .fileDelete):
            return "not for this event"
        default: break
        }
        if isProtected { return "protected" }
        if response == .deny, !isHeld { return "not held" }
        return "act \(response.name)"
    }

    private static func word(_ plan: ResponsePlan) -> String {
        switch plan {
        case .alert: "alert"
        case .act(let record): "act \(record.action.response.name)"
        case .storm: "storm"
        case .withheld(.notAllowed): "not allowed"
        case .withheld(.notForThisEvent): "not for this event"
        case .withheld(.protected): "protected"
        case .withheld(.notHeld): "not held"
        case .withheld(let reason): "\(reason)"
        }
    }

    @Test("the policy that nobody has set allows alerts alone")
    func standardPolicy() {
        var planner = Samples.planner(.standard)
        for response in RuleResponse.allCases where response.isDestructive {
            #expect(planner.plan(Samples.request(response), at: Samples.moment(0)) == .withheld(.notAllowed))
        }
    }

    @Test(
        "what an event does not name plainly is not acted on",
        arguments: [
            "", "evil", "/tmp/../etc/x", "/tmp//x", "/tmp/./x", "/tmp/x/", "/tmp/x (deleted)", "/tmp/\u{FFFD}", "/",
            "/" + String(repeating: "x", count: 4_095), "/tmp/\0x",
        ])
    func unclearSubjects(_ path: String) {
        var planner = Samples.planner()
        for response in RuleResponse.allCases where response.isDestructive {
            let plan = planner.plan(Samples.request(response, image: path), at: Samples.moment(0))
            #expect(plan == .withheld(.subjectUnknown), "\(response)")
        }
        let plan = planner.plan(Samples.request(.quarantine, kind: .fileEvent, file: path), at: Samples.moment(0))
        #expect(plan == .withheld(.subjectUnknown))
    }

    @Test("past the budget the release is told of once, and nothing is done until the minute is over")
    func storm() {
        var planner = Samples.planner()
        func plan(_ at: Int64) -> ResponsePlan {
            planner.plan(Samples.request(.kill, pid: 5_000, at: at), at: Samples.moment(at))
        }
        #expect([0, 1, 2].allSatisfy { plan($0).record != nil })
        #expect(plan(3) == .storm(Samples.release(1)))
        #expect(plan(4) == .withheld(.budgetSpent))
        #expect(plan(59_999) == .withheld(.budgetSpent))
        #expect(plan(60_000).record != nil)
    }

    @Test("the release that comes after a storm is not taken for it")
    func blame() {
        var planner = Samples.planner()
        for at in 0..<3 { _ = planner.plan(Samples.request(.kill, at: Int64(at)), at: Samples.moment(Int64(at))) }
        let next = planner.plan(Samples.request(.kill, at: 9, release: 2), at: Samples.moment(9))
        #expect(next == .withheld(.budgetSpent))
        #expect(planner.plan(Samples.request(.kill, at: 10), at: Samples.moment(10)).isStorm)
    }

    @Test("a restart gives nobody a new budget, and no id twice")
    func restart() {
        var planner = Samples.planner()
        let records = (0..<3).compactMap {
            planner.plan(Samples.request(.kill, at: $0), at: Samples.moment($0)).record
        }
        #expect(records.map(\.id.text) == ["a-000001", "a-000002", "a-000003"])
        var again = ResponsePlanner(
            policy: Samples.everything, protected: Samples.protected, journal: records, at: Samples.moment(10))
        #expect(again.plan(Samples.request(.kill, at: 11), at: Samples.moment(11)).isStorm)
        let later = again.plan(Samples.request(.kill, at: 70_000), at: Samples.moment(70_000))
        #expect(later.record?.id.text == "a-000004")
    }

    @Test("a clock that is set back frees no budget")
    func clockSetBack() {
        var planner = Samples.planner()
        for at in 0..<3 { _ = planner.plan(Samples.request(.kill, at: Int64(at)), at: Samples.moment(Int64(at))) }
        let back: Int64 = -86_400_000
        #expect(planner.plan(Samples.request(.kill, at: back), at: Samples.moment(back)).isStorm)
        let after = planner.plan(Samples.request(.kill, at: back + 60_000), at: Samples.moment(back + 60_000))
        #expect(after.record != nil, "and it comes back a minute later, not a day")
    }

    @Test("two matches of one event are one action, and a file that comes again is another")
    func sameEvent() {
        var planner = Samples.planner()
        #expect(planner.plan(Samples.request(.kill), at: Samples.moment(0)).record != nil)
        #expect(planner.plan(Samples.request(.kill), at: Samples.moment(1)) == .withheld(.alreadyAnswered))
        #expect(planner.plan(Samples.request(.quarantine), at: Samples.moment(2)).record != nil)
        #expect(planner.plan(Samples.request(.quarantine, at: 3), at: Samples.moment(3)).record != nil)
    }

    @Test("what people take back counts against the release, each action once")
    func tookBack() throws {
        var planner = Samples.planner()
        var records: [ResponseRecord] = []
        for at: Int64 in 0..<2 {
            let plan = planner.plan(Samples.request(.quarantine, at: at), at: Samples.moment(at))
            records.append(try #require(plan.record))
        }
        #expect(planner.tookBack(records[0], at: Samples.moment(10)) == nil)
        #expect(planner.tookBack(records[0], at: Samples.moment(11)) == nil, "the same one again")
        #expect(planner.tookBack(records[1], at: Samples.moment(12)) == Samples.release(1))
        #expect(planner.tookBack(records[1], at: Samples.moment(13)) == nil)
        var late = Samples.planner()
        #expect(late.tookBack(records[0], at: Samples.moment(3_600_000)) == nil, "an hour later it is no news")
    }

    @Test("a request takes the process from the event, and who executes from a held one")
    func fromEvent() {
        var event = TelemetryEvent(
            kind: .processCreation, at: Samples.moment(5),
            lineage: [
                ProcessNode(
                    processId: 9, parentProcessId: 8, image: "/usr/bin/dpkg", commandLine: "dpkg -i", user: "root",
                    startedAt: Samples.moment(1)),
                ProcessNode(
                    processId: 8, parentProcessId: 1, image: "/usr/bin/apt", commandLine: "apt", user: "root",
                    startedAt: nil),
            ])
        event[.processId] = .integer(9)
        event[.image] = .text("/tmp/postinst")
        let request = ResponseRequest(
            response: .deny, rule: "r", release: Samples.release(1), event: event, isHeld: true)
        #expect(request.process?.processId == 9 && request.process?.startedAt == Samples.moment(1))
        #expect(request.ancestorImages == ["/usr/bin/dpkg", "/usr/bin/apt"])
        var planner = Samples.planner()
        #expect(planner.plan(request, at: Samples.moment(6)).isProtected)
        event[.processId] = .integer(1 << 40)
        #expect(
            ResponseRequest(response: .kill, rule: "r", release: Samples.release(1), event: event).process == nil)
    }

    @Test("a process is known again by when it began, and one that began after it was seen is another")
    func identity() {
        func subject(_ started: Int64?) -> ProcessSubject {
            ProcessSubject(
                processId: 5, startedAt: started.map(Samples.moment), seenAt: Samples.moment(10_000), image: "/x",
                commandLine: "", user: "")
        }
        #expect(subject(nil).isSame(startedAt: Samples.moment(10_000)))
        #expect(!subject(nil).isSame(startedAt: Samples.moment(10_001)))
        #expect(subject(5_000).isSame(startedAt: Samples.moment(5_010)))
        #expect(!subject(5_000).isSame(startedAt: Samples.moment(2_999)))
        #expect(!subject(5_000).isSame(startedAt: Samples.moment(7_001)))
    }
}
