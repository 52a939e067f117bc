import CanonicalCoding
import ContentPack
import FleetModel
import Testing
import UpdateTrust

@testable import ReleaseLab

@Suite("Results of the lab")
struct LabStatementTests {
    private static func result(failing code: LabFinding.Code? = nil) throws -> LabResult {
        let stages = LabStageName.allCases.map { name in
            var report = StageReport()
            report.count("events", 12_345)
            if name == .hostile, let code {
                report.find(.failure, code, "<script>alert(1)</script>", "died \u{202E}of it", event: [1, 2, 3])
            }
            return report.stage(name, duration: .milliseconds(5))
        }
        return LabResult(
            plan: try LabFixture.plan(try LabFixture.pack()), startedAt: Moment(milliseconds: 1_800_000_000_000),
            stages: stages)
    }

    @Test("a result is an in-toto statement about the very bytes of the pack, and reads back")
    func statement() throws {
        let result = try Self.result(failing: .workerDied)
        let bytes = try result.statement.encoded()
        let read = try LabStatement(decoding: bytes)
        #expect(read == result.statement)
        #expect(read.subjectDigest == result.plan.pack.digest)
        #expect(read.verdict == .failed)
        #expect(read.failedTests == ["hostile"])
        #expect(Set(read.passedTests + read.failedTests) == Set(LabStageName.allCases.map(\.rawValue)))
        #expect(read.configuration.map(\.name) == ["firebreak-worker", "budget", "benign.jsonl"])
        let json = JSONReader(try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: 1 << 20)))
        #expect(try json.member("_type").string() == "https://in-toto.io/Statement/v1")
        #expect(
            try json.member("predicateType").string() == "https://in-toto.io/attestation/test-result/v0.1")
        #expect(try json.member("predicate").member("result").string() == "FAILED")
    }

    @Test("a statement that passes with failed stages, is about two subjects or is another predicate is refused")
    func badStatements() throws {
        let text = String(decoding: try Self.result(failing: .workerDied).statement.encoded(), as: UTF8.self)
        for (part, other) in [
            (#""result":"FAILED""#, #""result":"PASSED""#), (#""result":"FAILED""#, #""result":"FINE""#),
            (#""subject":["#, #""subject":[{},"#), ("test-result/v0.1", "test-result/v9"),
            (#""sha256":""#, #""sha256":"zz"#),
        ] {
            let altered = text.replacing(part, with: other)
            #expect(altered != text)
            #expect(throws: JSONError.self) { try LabStatement(decoding: Array(altered.utf8)) }
        }
    }

    @Test("members that are not known are passed over, as in-toto has it")
    func unknownMembers() throws {
        let text = String(decoding: try Self.result().statement.encoded(), as: UTF8.self)
        let more = text.replacing(#""predicateType""#, with: #""more":1,"predicateType""#)
        #expect(try LabStatement(decoding: Array(more.utf8)).verdict == .passed)
    }

    @Test("the page shows every stage and escapes whatever comes from packs and workers; no script is in it")
    func page() throws {
        let html = LabPage.html(of: try Self.result(failing: .workerDied))
        for stage in LabStageName.allCases { #expect(html.contains("id=\"\(stage.rawValue)\"")) }
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(!html.contains("<script"))
        #expect(!html.contains("\u{202E}"))
        #expect(html.contains("2027-01-15 08:00 UTC"))
        #expect(!html.contains("http://") && !html.contains("https://"))
    }

    @Test("a check that could not be made has failed; what is left out is a warning")
    func verdicts() throws {
        func verdict(_ outcomes: LabOutcome...) throws -> LabVerdict {
            var result = try Self.result()
            for (index, outcome) in outcomes.enumerated() { result.stages[index].outcome = outcome }
            return result.verdict
        }
        #expect(try verdict(.passed) == .passed)
        #expect(try verdict(.warned) == .warned)
        #expect(try verdict(.skipped) == .warned)
        #expect(try verdict(.warned, .notRun) == .failed)
        #expect(try verdict(.failed) == .failed)
        var empty = try Self.result()
        empty.stages = []
        #expect(empty.verdict == .failed)
    }

    @Test("more findings than are listed are counted, and the heaviest are listed")
    func manyFindings() {
        var report = StageReport()
        for number in 0..<100 { report.find(.warning, .benignMatched, "\(number)", "w") }
        report.find(.failure, .falsePositives, "last", "f")
        let stage = report.stage(.recorded, duration: .zero)
        #expect(stage.findings.count == LabLimit.findingsPerStageMax + 1)
        #expect(stage.findings.first?.code == .falsePositives)
        #expect(stage.findings.last?.code == .moreFound)
        #expect(stage.outcome == .failed)
    }

    @Test("an earlier release of another pack, the pack itself and a third one are refused")
    func previous() throws {
        let pack = try LabFixture.pack()
        func refused(_ previous: [LabPack]) -> Bool {
            do {
                _ = try LabFixture.plan(pack, previous: previous)
                return false
            } catch { return (error as? LabError)?.code == .previousUnfit }
        }
        #expect(refused([pack]))
        let other = try LabFixture.pack(version: "0.9.0") { draft in
            draft.release = ReleaseID(accepted: "other-pack@0.9.0")
        }
        #expect(refused([other]))
        let earlier = try ["0.7.0", "0.8.0", "0.9.0"].map { try LabFixture.pack(version: $0) }
        #expect(refused(earlier))
        #expect(!refused(Array(earlier.suffix(2))))
    }
}
