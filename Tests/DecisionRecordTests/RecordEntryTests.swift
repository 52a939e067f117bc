import CanonicalCoding
import FleetModel
import Foundation

import Testing
import UpdateTrust

@testable import DecisionRecord
@testable import RolloutEngine

@Suite("Entries of the record")
struct RecordEntryTests {
    @Test("each kind reads back as what was written, byte for byte")
    func roundTrip() throws {
        let entries = try RecordedFleet(bad: 60).entries
        #expect(Set(entries.map(\.body.kind)) == Set(RecordKind.allCases))
        for entry in entries {
            let bytes = try entry.encoded()
            let read = try RecordEntry(decoding: bytes)
            #expect(read == entry)
            #expect(try read.encoded() == bytes)
        }
    }

    @Test("bytes that are not exactly an entry are none: white space, a member too many, another format, too long")
    func strict() throws {
        let entry = try RecordedFleet().entries[1]
        let text = String(decoding: try entry.encoded(), as: UTF8.self)
        let wrong = [
            text + "\n", text.replacing("\"kind\"", with: " \"kind\""),
            text.replacing("\"format\":1", with: "\"format\":2"),
            text.replacing("\"body\":{", with: "\"body\":{\"aaa\":1,"),
            text.replacing("{\"at_ms\"", with: "{\"aa\":1,\"at_ms\""),
            text.replacing("\"kind\":\"release\"", with: "\"kind\":\"recall\""),
            text.replacing("\"kind\":\"release\"", with: "\"kind\":\"gossip\""),
            text.replacing("\"number\":2", with: "\"number\":0"), "", "[]",
            text + String(repeating: " ", count: RecordEntry.bytesMax),
        ]
        for bytes in wrong {
            #expect(bytes != text)
            #expect(throws: RecordError.self) { try RecordEntry(decoding: Array(bytes.utf8)) }
        }
        #expect(try RecordEntry(decoding: Array(text.utf8)) == entry)
    }

    @Test("no name of an endpoint, and no cohort's, is in any entry")
    func noNames() throws {
        let fleet = try RecordedFleet(bad: 60)
        let all = try fleet.bytes.map { String(decoding: $0, as: UTF8.self) }.joined()
        for index in 0..<40 { #expect(!all.contains(RecordedFleet.endpoint(index).text)) }
        #expect(!all.contains("kernel=6"))
        #expect(all.contains("\"cohort\":\"c-"))
        #expect(
            CohortPseudonym(seed: 1).pseudonym(of: "kernel=6.1") != CohortPseudonym(seed: 2).pseudonym(of: "kernel=6.1")
        )
    }

    @Test("a verdict with as many suspects, reasons and digits as there can be fits in an entry")
    func largest() throws {
        let fleet = try RecordedFleet(bad: 60)
        let position = try #require(
            fleet.entries.lastIndex { if case .verdict = $0.body { true } else { false } })
        var entry = fleet.entries[position]
        guard case .verdict(var verdict) = entry.body else { return }
        let test = VerdictEvidence.TestState(
            lnRatios: Array(repeating: -1.234_567_890_123_456_7e-105, count: 18),
            expected: 1.234_567_890_123_456_7e-105,
            variance: 1.234_567_890_123_456_7e-105)
        verdict.evidence.operatorReason = String(repeating: "\u{1}", count: 1024)
        verdict.evidence.test = test
        verdict.evidence.watchTest = test
        verdict.evidence.suspects = (0..<VerdictEvidence.suspectCountMax).map { index in
            .init(
                cohort: "c-0123456789abcd\(10 + index)", offered: 999_999_999, withdrawn: 999_999_999,
                harmed: 999_999_999, lnEvidence: -1.234_567_890_123_456_7e-105, test: index < 2 ? test : nil,
                watchTest: index < 2 ? test : nil)
        }
        verdict.outcome.reasons = Verdict.Reason.Code.allCases.map { code in
            // One of them quotes an operator, who is cut off there.
            .init(code: code, text: String(repeating: code == .heldByOperator ? "\u{1}" : "x", count: 1100))
        }
        entry.body = .verdict(verdict)
        #expect(try entry.encoded().count < RecordEntry.bytesMax)
    }

    @Test("what the lab found is told without its details where it does not fit, and by their digest")
    func longStatement() throws {
        let digest = ContentDigest.sha256([])
        let long = RecordedFleet.labStatement(
            of: digest, details: .array(Array(repeating: "finding", count: 20_000)))
        let short = try long.fitting()
        #expect(short.count <= Statement.bytesMax)
        let read = try LabStatement(decoding: short)
        #expect(read.verdict == long.verdict)
        #expect(read.passedTests == long.passedTests)
        #expect(
            JSONReader(read.details).optionalDigest == ContentDigest.sha256(try long.encoded()).text)
        let plain = RecordedFleet.labStatement(of: digest)
        #expect(try plain.fitting() == plain.encoded())
    }

    @Test("a log of an earlier version is read and borne out by this one")
    func goldenLog() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/record-1.jsonl")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            var text = ""
            for entry in try RecordedFleet(endpoints: 12, bad: 60).bytes {
                text += String(decoding: entry, as: UTF8.self) + "\n"
            }
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        var machine = AuditMachine()
        for line in lines { machine.take(Array(line.utf8)) }
        #expect(machine.failure == nil)
        #expect(machine.summary.entryCount == lines.count)
        #expect(machine.summary.verdictCount >= 3)
        #expect(
            try RecordedFleet(endpoints: 12, bad: 60).bytes.map { String(decoding: $0, as: UTF8.self) }
                == lines.map(String.init))
    }
}

extension JSONReader {
    fileprivate var optionalDigest: String? { try? member("omitted").member("sha256").string() }
}
