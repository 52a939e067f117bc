import GuardEngine
import Testing

@Suite("Guard codecs")
struct GuardCodecTests {
    private let digest = Sample.digest(7)

    private func header(_ stage: JournalHeader.Stage = .trial) -> JournalHeader {
        JournalHeader(bootID: "e6cd3a4d", stage: stage, digest: digest, isStopped: false, mode: .normal)
    }

    @Test("the sum is CRC-32/ISO-HDLC: the check value of the catalogue holds")
    func checkValue() {
        #expect(Checksum.crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
        #expect(Checksum.crc32([]) == 0)
    }

    @Test(
        "the measurement is SHA-256: the vectors of FIPS 180-4 hold, however the bytes are cut",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func vectors(text: String, wanted: String) {
        let bytes = Array(text.utf8)
        #expect(Measurement.digest(of: bytes).text == PlainText(Array(wanted.utf8)))
        for cut in 0...bytes.count {
            var measurement = Measurement()
            measurement.update(bytes[..<cut])
            measurement.update(bytes[cut...])
            #expect(measurement.finished().text == PlainText(Array(wanted.utf8)))
        }
    }

    @Test("a million letters a have the digest of FIPS 180-4")
    func millionLetters() {
        var measurement = Measurement()
        let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
        for _ in 0..<1_000 { measurement.update(chunk[...]) }
        #expect(measurement.finished().text == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("a journal gives back its header and its content")
    func journalRoundTrip() {
        for stage in JournalHeader.Stage.allCases {
            let content = Array("{\"a\":1}\n".utf8)
            let decoded = JournalHeader.decode(header(stage).encode(content))
            #expect(decoded.reading == .whole(header(stage)))
            #expect(Array(decoded.content) == content)
        }
    }

    @Test("the journal's first line is the one that is agreed on")
    func journalLine() {
        let bytes = header().encode(Array("{}".utf8))
        let line = "boot=e6cd3a4d stage=trial digest=\(String(decoding: digest.text.bytes, as: UTF8.self)) stopped=0 "
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("firebreak-journal 2 crc="))
        #expect(text.hasSuffix(" \(line)mode=normal\n{}"))
        let sum = Checksum.crc32(Array("\(line)mode=normal\n{}".utf8)[...])
        #expect(
            text.contains(
                "crc=" + String(repeating: "0", count: 8 - String(sum, radix: 16).count) + String(sum, radix: 16)))
    }

    @Test("a journal that is cut at any byte, or changed at any byte, is torn")
    func journalTorn() {
        let whole = header().encode(Array("{\"proven\":[1,2,3]}".utf8))
        for end in whole.indices {
            guard case .torn = JournalHeader.decode(Array(whole[..<end])).reading else {
                Issue.record("whole at \(end) bytes")
                continue
            }
        }
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 0x04
            guard case .torn = JournalHeader.decode(changed).reading else {
                Issue.record("whole with byte \(index) changed")
                continue
            }
        }
    }

    @Test("a trial of nothing is no journal")
    func trialWithoutDigest() {
        var wrong = header()
        wrong.digest = nil
        guard case .torn = JournalHeader.decode(wrong.encode([])).reading else {
            Issue.record("a trial without a digest was taken")
            return
        }
    }

    @Test("a record gives back every field, and is torn when cut or changed anywhere")
    func recordRoundTrip() throws {
        let record = Sample.fullRecord
        let bytes = record.encode()
        #expect(bytes.count <= GuardLimit.recordBytesMax)
        #expect(GuardRecord.decode(bytes) == .whole(record))
        #expect(GuardRecord.decode(GuardRecord(bootID: "x").encode()) == .whole(GuardRecord(bootID: "x")))
        for end in bytes.indices {
            guard case .torn = GuardRecord.decode(Array(bytes[..<end])) else {
                Issue.record("whole at \(end) bytes")
                continue
            }
        }
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[index] ^= 0x10
            guard case .torn = GuardRecord.decode(changed) else {
                Issue.record("whole with byte \(index) changed")
                continue
            }
        }
    }

    @Test("a record whose sum holds and whose lines do not is torn")
    func recordOfAnother() {
        let lines = String(decoding: Sample.fullRecord.encode(), as: UTF8.self).split(separator: " ", maxSplits: 3)
        for (from, to) in [("mode=safe", "mode=best"), ("deaths=3", "deaths=-3"), ("force=a", "force=c")] {
            let body = PlainText(Array(lines[3].replacing(from, with: to).utf8))
            guard case .torn = GuardRecord.decode(ChecksummedText.seal(body, title: "firebreak-guard 1")) else {
                Issue.record("\(to) was taken")
                continue
            }
        }
    }

    @Test("a slot's mark gives back what it says, and says nothing when it is not whole")
    func marks() {
        for standing in SlotState.Standing.allCases {
            for digest in [nil, Sample.digest(3)] {
                let bytes = SlotMark.encode(SlotState(standing, digest))
                #expect(SlotMark.decode(bytes) == SlotState(standing, digest))
                #expect(SlotMark.decode(Array(bytes.dropLast())) == nil)
            }
        }
        #expect(SlotMark.decode([]) == nil)
    }

    @Test("words of an agent are read as they are written, and nothing else is")
    func words() {
        for word in [AgentWord.beat(pid: 4_711), .committed(build: "1.5.0+ab12"), .well, .stopping, .look, .restart] {
            #expect(AgentWord(word.bytes[...]) == word)
        }
        for text in [
            "", "well", "beat\n", "beat 0\n", "beat -1\n", "beat 12 13\n", "beat 012\n", "committed \n", "Well\n",
        ] {
            #expect(AgentWord(Array(text.utf8)[...]) == nil, "\(text)")
        }
        #expect(AgentWord([UInt8](repeating: 0x0A, count: 4_096)[...]) == nil)
    }

    @Test("a plan gives back its actions; one that is cut anywhere is none")
    func plans() throws {
        let actions: [RemedyAction] = [
            .revert(digest), .leaveSafeMode, .observe, .useSlot(.b), .forgetAttempt,
            .installBuild(path: "builds/1.5.0", agent: Sample.digest(1), worker: Sample.digest(2)),
        ]
        let plan = try #require(RemedyPlan(id: "2026-11-leave", actions: actions))
        #expect(RemedyPlan(plan.encode()) == plan)
        #expect(plan.encode().count <= RemedyPlan.textBytesMax)
        for end in 0..<plan.encode().count { #expect(RemedyPlan(Array(plan.encode()[..<end])) == nil) }
    }

    @Test("a plan with an unknown action, too many, a bad id or a path that leads up is none")
    func badPlans() {
        let head = "firebreak-remedy-plan 1 x\n"
        for text in [
            "\(head)end\n", "\(head)reboot\nend\n", "\(head)observe\nend\nmore\n", "\(head)use-slot c\nend\n",
            "firebreak-remedy-plan 1 X\nobserve\nend\n", "firebreak-remedy-plan 2 x\nobserve\nend\n",
            head + String(repeating: "observe\n", count: 9) + "end\n",
        ] {
            #expect(RemedyPlan(Array(text.utf8)) == nil, "\(text)")
        }
        for path in ["", "/etc", "../x", "a/../b", "a//b", ".hidden", "a b"] {
            #expect(!RemedyPlan.accepts(path: PlainText(Array(path.utf8))), "\(path)")
        }
    }
}
