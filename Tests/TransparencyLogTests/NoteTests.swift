import FleetModel
import Testing
import TransparencyLog

@Suite("Notes, checkpoints and witnesses")
struct NoteTests {
    // From golang.org/x/mod/sumdb/note's documentation: a note of a well-known key.
    private let peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private let peterNote = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? LogError)?.code }
    }

    private func witness(_ number: UInt8) throws -> NoteSigner {
        try NoteSigner(
            name: "witness.example/w\(number)", kind: .cosignature, seed: [UInt8](repeating: number, count: 32))
    }

    @Test("a note that another implementation signed verifies, and its key reads back to the same text")
    func foreignNote() throws {
        let key = try NoteVerifier(peterKey)
        #expect(key.text == peterKey)
        let note = try SignedNote(Array(peterNote.utf8))
        #expect(try note.verified(by: [key]).map(\.key) == [key])
        #expect(note.bytes == Array(peterNote.utf8))
        let changed = try SignedNote(Array(peterNote.replacing("answer", with: "ANSWER").utf8))
        #expect(code { _ = try changed.verified(by: [key]) } == .signatureInvalid)
    }

    @Test("keys in another form, or with a hash that is not theirs, are refused, and no error tells a private one")
    func keys() throws {
        let signer = try NoteSigner(name: "a/b", seed: [UInt8](repeating: 1, count: 32))
        #expect(try NoteSigner(signer.text).verifier == signer.verifier)
        for text in [
            "", "a", "a+b+c", peterKey.replacing("c74f20a3", with: "c74f20a4"), "a b" + peterKey, peterKey + "=",
            peterKey.replacing("ARpc", with: "AhpC"), String(repeating: "a", count: 2000) + "+" + peterKey,
        ] {
            #expect(code { _ = try NoteVerifier(text) } == .keyMalformed, "\(text)")
            let error = #expect(throws: LogError.self) { try NoteSigner("PRIVATE+KEY+" + text + "secret") }
            #expect(error.map { !"\($0)".contains("secret") } ?? false)
        }
    }

    @Test(
        "what is no note is refused",
        arguments: [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\nnot a signature\n", "text\n\n— a AAAAAA==",
            "text\n\n— a+b AAAAAAA=\n",
            "text\n\n— a AAAA\n", "text\n\n— a  AAAAAAA=\n", "te\u{1}xt\n\n— a AAAAAAA=\n", "text\r\n\n— a AAAAAAA=\n",
            "text\n\n— a AAAAAAA=\n— \n",
        ])
    func malformedNotes(text: String) {
        #expect(code { _ = try SignedNote(Array(text.utf8)) } == .noteMalformed)
        #expect(code { _ = try SignedNote(Array(text.utf8) + [0xFF]) } != nil)
    }

    @Test("notes with too many bytes or signatures are refused before anything is verified")
    func oversizedNotes() {
        #expect(code { _ = try SignedNote([UInt8](repeating: 97, count: LogLimit.noteBytesMax + 1)) } == .noteOversized)
        let many = "text\n\n" + String(repeating: "— a AAAAAAA=\n", count: LogLimit.signatureCountMax + 1)
        #expect(code { _ = try SignedNote(Array(many.utf8)) } == .noteOversized)
    }

    @Test(
        "what is no checkpoint is refused",
        arguments: [
            "a\n1\n", "a\n01\nHASH\n", "a\n-1\nHASH\n", "a\n1\nHASH=\n", "a\n1\nHASH\n\n", "\n1\nHASH\n", "a\n1\nHASH",
            // Found by the fuzz program, seed 1: to Swift \r\n is one character.
            "a\n1\nHASH\r\n", "a\r\n1\nHASH\n", "a\n1\nHASH\nb\r\n",
            "a\n4611686018427387905\nHASH\n", "a\n99999999999999999999999\nHASH\n", "a\n0\nHASH\n", "a\n+1\nHASH\n",
        ])
    func malformedCheckpoints(text: String) {
        let hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
        #expect(
            code { _ = try Checkpoint(text: Array(text.replacing("HASH", with: hash).utf8)) } == .checkpointMalformed)
        #expect(throws: Never.self) { try Checkpoint(text: Array("a b\n7\n\(hash)\nmore\n".utf8)) }
    }

    @Test("a checkpoint of another log, of another key or of none is refused by its own code")
    func trust() throws {
        let log = try SampleLog()
        let stranger = try SampleLog(key: 8)
        #expect(code { _ = try stranger.trust.accept(try log.note) } == .unsigned)
        let other = try LogTrust(keys: [log.signer.verifier], origin: "example.com/other")
        #expect(code { _ = try other.accept(try log.note) } == .originOther)
        #expect(code { _ = try LogTrust(keys: []) } == .keyMalformed)
        #expect(code { _ = try LogTrust(keys: [try witness(1).verifier]) } == .keyMalformed)
    }

    @Test("k of n witnesses are enough, fewer are not, and a stranger's line neither helps nor harms")
    func policy() throws {
        let log = try SampleLog()
        let witnesses = try (1...3).map { try witness($0) }
        let policy = try WitnessPolicy(threshold: 2, of: witnesses.map(\.verifier))
        let trust = try LogTrust(keys: [log.signer.verifier], witnesses: policy)
        var note = try log.note
        #expect(code { _ = try trust.accept(note) } == .witnessesTooFew)
        note.add([try witnesses[0].sign(note.text, at: Moment(milliseconds: 1_679_315_147_000))])
        #expect(code { _ = try trust.accept(note) } == .witnessesTooFew)
        note.add([try witness(9).sign(note.text, at: Moment(milliseconds: 0))])
        note.add([
            NoteSignature(
                name: witnesses[1].verifier.name, keyHash: witnesses[1].verifier.keyHash,
                bytes: [UInt8](repeating: 0, count: 72))
        ])
        #expect(code { _ = try trust.accept(note) } == .witnessesTooFew)
        note.add([try witnesses[2].sign(note.text, at: Moment(milliseconds: 0))])
        #expect(try trust.accept(note.bytes).witnesses == [witnesses[0].verifier.name, witnesses[2].verifier.name])
        #expect(code { _ = try WitnessPolicy(threshold: 4, of: policy.witnesses) } == .policyInvalid)
        #expect(
            code { _ = try WitnessPolicy(threshold: 1, of: [policy.witnesses[0], policy.witnesses[0]]) }
                == .policyInvalid)
        #expect(code { _ = try WitnessPolicy(threshold: 1, of: [log.signer.verifier]) } == .policyInvalid)
    }

    @Test("a witness answers as the protocol says, and its cosignature verifies")
    func witnessAnswers() throws {
        var log = try SampleLog()
        let key = try witness(1)
        var machine = try WitnessMachine(signer: key, logs: [try log.trust], records: [])
        func status(_ request: [UInt8], _ machine: WitnessMachine) -> Int {
            switch machine.decide(request, at: Moment(milliseconds: 5000)) {
            case .refuse(let answer, _): answer.status
            case .cosign(_, let answer): answer.status
            }
        }
        func request(from old: UInt64, _ log: SampleLog) throws -> [UInt8] {
            var proof = try ConsistencyMachine(from: old, to: log.tree.size)
            try proof.run { log.files[$0.path] }
            return WitnessRequest(oldSize: old, proof: proof.proof ?? [], note: try log.note).bytes
        }
        for count in [3, 5, 0, 300] {
            let old = log.tree.size
            try log.append(count: count)
            let bytes = try request(from: old, log)
            guard case .cosign(let record, let answer) = machine.decide(bytes, at: Moment(milliseconds: 5000)) else {
                Issue.record("refused")
                return
            }
            machine.commit(record)
            var note = try log.note
            note.add(try SignedNote.signatureLines(answer.body))
            let policy = try WitnessPolicy(threshold: 1, of: [key.verifier])
            let trust = try LogTrust(keys: [log.signer.verifier], witnesses: policy)
            #expect(try trust.accept(note).witnesses.count == 1)
        }
        let stale = try request(from: 3, log)
        guard case .refuse(let answer, _) = machine.decide(stale, at: Moment(milliseconds: 0)) else { return }
        #expect(answer.status == 409 && answer.contentType == "text/x.tlog.size" && answer.body == Array("308\n".utf8))
        #expect(status(WitnessRequest(oldSize: 400, proof: [], note: try log.note).bytes, machine) == 400)
        #expect(status(Array("old x\n\n".utf8), machine) == 400)
        let stranger = try SampleLog(key: 8)
        #expect(status(try request(from: 0, stranger), machine) == 403)
        var larger = log
        try larger.append(count: 1)
        #expect(status(WitnessRequest(oldSize: 308, proof: [], note: try larger.note).bytes, machine) == 422)
        var fork = try SampleLog()
        try fork.append(count: 308, of: "other")
        guard
            case .refuse(let split, let error) = machine.decide(
                WitnessRequest(oldSize: 308, proof: [], note: try fork.note).bytes, at: Moment(milliseconds: 0))
        else { return }
        #expect(split.status == 409 && error.code == .splitView)
        let evidence = try #require(error.evidence)
        #expect(evidence.isProven(by: try log.trust))
        let unknowing = try WitnessMachine(signer: key, logs: [], records: [])
        #expect(status(stale, unknowing) == 404)
        let restarted = try WitnessMachine(
            signer: key, logs: [try log.trust], records: machine.records.values.map(\.note))
        #expect(status(stale, restarted) == 409, "what is durable is what it goes on from")
    }
}
