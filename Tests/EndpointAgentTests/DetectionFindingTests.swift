import CanonicalCoding
import ControlWire
@testable import EndpointAgent
import FleetModel
import Testing
import WorkerWire

@Suite("DetectionFinding")
struct DetectionFindingTests {
    private func finding(
        level: String = "high", tags: [String] = ["attack.execution", "attack.t1059.004", "car.2013"],
        event: TelemetryEvent?, heldBack: UInt64 = 0
    ) -> DetectionFinding {
        DetectionFinding(
            match: RuleMatch(
                sequence: 1, ruleID: "rule-1", title: "A shell", level: level, tags: tags, author: "Firebreak",
                fields: [.init(field: .processId, value: .integer(42))]),
            event: event, uid: "u-1",
            host: EndpointDescription(
                hostName: "host",
                cohort: CohortAttributes(
                    os: "linux", osVersion: "debian-12", kernel: "6.1", agentVersion: "1", model: "m")),
            endpoint: EndpointID(accepted: String(repeating: "a", count: 32)),
            release: ReleaseID(accepted: "linux-core@1.0.0"),
            heldBack: heldBack, now: Moment(milliseconds: 5000))
    }

    private func event(ancestors: Int, textBytes: Int = 20) -> TelemetryEvent {
        let lineage = (0..<ancestors).map { depth in
            ProcessNode(
                processId: Int32(100 - depth), parentProcessId: Int32(99 - depth), image: "/bin/p\(depth)",
                commandLine: String(repeating: "\u{1}", count: textBytes), user: "alice",
                startedAt: Moment(milliseconds: 10))
        }
        return TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 4321), lineage: lineage)
    }

    private func object(_ finding: DetectionFinding) throws -> JSONReader {
        let bytes = try #require(finding.encoded())
        return JSONReader(
            try JSONParser.parse(bytes, limits: .init(bytesMax: ControlWireLimit.findingBytesMax, depthMax: 64)))
    }

    @Test("a finding has the class, the type and the rule that OCSF wants, and the control plane can outline it")
    func ocsf() throws {
        let finding = try object(finding(event: event(ancestors: 2), heldBack: 3))
        #expect(try finding.member("class_uid").integer() == 2004 && finding.member("category_uid").integer() == 2)
        #expect(try finding.member("activity_id").integer() == 1 && finding.member("type_uid").integer() == 200_401)
        #expect(try finding.member("time").integer() == 4321 && finding.member("severity_id").integer() == 4)
        #expect(try finding.member("metadata").member("product").member("vendor_name").string() == "Firebreak")
        let info = try finding.member("finding_info")
        #expect(
            try info.member("analytic").member("uid").string() == "rule-1"
                && info.member("analytic").member("type_id").integer() == 1)
        #expect(try finding.member("device").member("hostname").string() == "host")
        #expect(try finding.member("unmapped").member("author").string() == "Firebreak")
        #expect(try finding.member("unmapped").member("held_back").integer() == 3)
        let outline = try FindingOutline(decoding: #require(self.finding(event: event(ancestors: 2)).encoded()))
        #expect(outline.rule == "rule-1" && outline.severity == "High")
    }

    @Test("the process tree nests from the process to its farthest ancestor")
    func processTree() throws {
        var process = try object(finding(event: event(ancestors: 5))).member("evidences").elements()[0].member(
            "process")
        var pids = [try process.member("pid").integer()]
        while let parent = try process.optional("parent_process") {
            process = parent
            pids.append(try process.member("pid").integer())
        }
        #expect(pids == [100, 99, 98, 97, 96])
    }

    @Test("without a lineage the event's own fields are the tree; without an event there is none")
    func withoutLineage() throws {
        var bare = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 1))
        bare[.processId] = .integer(7)
        bare[.commandLine] = .text("ls")
        bare[.parentProcessId] = .integer(6)
        let process = try object(finding(event: bare)).member("evidences").elements()[0].member("process")
        #expect(
            try process.member("pid").integer() == 7 && process.member("parent_process").member("pid").integer() == 6)
        let none = try object(finding(event: nil))
        #expect(try none.member("time").integer() == 5000)
        #expect(try none.optional("evidences") == nil)
    }

    @Test("a finding is never longer than a check-in takes, however long the command lines are")
    func bounded() throws {
        let finding = finding(event: event(ancestors: 16, textBytes: 100_000))
        #expect(try #require(finding.encoded()).count <= ControlWireLimit.findingBytesMax)
    }

    @Test(
        "levels are OCSF's severities; one that is none of Sigma's is unknown",
        arguments: [("informational", 1), ("low", 2), ("medium", 3), ("high", 4), ("critical", 5), ("nonsense", 0)]
            as [(String, Int64)])
    func severities(level: String, id: Int64) throws {
        #expect(try object(finding(level: level, event: nil)).member("severity_id").integer() == id)
    }

    @Test("tags become techniques and tactics; what is neither stays among the unmapped")
    func attacks() throws {
        let finding = try object(finding(event: nil))
        let attacks = try finding.member("finding_info").member("attacks").elements()
        #expect(attacks.count == 2)
        #expect(try attacks[0].member("tactic").member("uid").string() == "TA0002")
        #expect(try attacks[1].member("sub_technique").member("uid").string() == "T1059.004")
        #expect(try finding.member("unmapped").member("tags").elements().count == 3)
        for bad in ["attack.t10", "attack.t1059.", "attack.t1059.04", "attack.tabcd", "attack.", "t1059"] {
            #expect(AttackTags.attacks([bad]).isEmpty)
        }
        #expect(AttackTags.attacks(["attack.defense_evasion", "attack.T1070"]).count == 2)
    }
}
