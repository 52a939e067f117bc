package import FleetModel

/// A witness's decisions (C2SP tlog-witness, add-checkpoint): it cosigns a checkpoint when it continues the last one that
/// it cosigned of the same log, and never two that contradict each other.
package struct WitnessMachine: Sendable {
    /// What a request is answered with.
    package struct Answer: Hashable, Sendable {
        package var status: Int
        package var contentType: String
        package var body: [UInt8]

        package init(status: Int, contentType: String, body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    /// What to do about a request.
    package enum Decision: Sendable {
        case refuse(Answer, LogError)
        /// First make the record durable, then ``commit(_:)`` it, then answer: a cosignature that is forgotten could be
        /// followed by one that contradicts it.
        case cosign(Record, Answer)
    }

    /// The newest checkpoint cosigned of one log.
    package struct Record: Hashable, Sendable {
        package let checkpoint: Checkpoint
        /// The note as the log sent it, with its signatures: evidence.
        package let note: SignedNote
    }

    private let signer: NoteSigner
    private let logs: [String: LogTrust]
    package private(set) var records: [String: Record] = [:]

    /// - Parameters:
    ///   - signer: Its key is of the kind that cosigns.
    ///   - logs: The logs that it knows, each by its origin.
    ///   - records: What was made durable before: for each log the newest.
    /// - Throws: `.keyMalformed` for a key of another kind, `.policyInvalid` for too many logs or one named twice, and
    ///   what is wrong with a record: it must be a checkpoint signed by its log.
    package init(signer: NoteSigner, logs: [LogTrust], records: [SignedNote]) throws(LogError) {
        guard signer.verifier.kind == .cosignature else {
            throw LogError(
                .keyMalformed, subject: signer.verifier.name,
                message: "a witness's key is of the type of cosignatures, 4")
        }
        guard logs.count <= LogLimit.witnessLogCountMax, Set(logs.map(\.origin)).count == logs.count else {
            throw LogError(.policyInvalid, message: "a log is named twice, or there are too many")
        }
        self.signer = signer
        self.logs = Dictionary(uniqueKeysWithValues: logs.map { ($0.origin, $0) })
        for note in records {
            let checkpoint = try Checkpoint(text: note.text)
            // A log that is not served any more is kept: it may come back.
            if let trust = self.logs[checkpoint.origin] { _ = try trust.accept(note) }
            self.records[checkpoint.origin] = Record(checkpoint: checkpoint, note: note)
        }
    }

    package func decide(_ body: [UInt8], at now: Moment) -> Decision {
        let request: WitnessRequest
        let checkpoint: Checkpoint
        do throws(LogError) {
            request = try WitnessRequest(body)
            checkpoint = try Checkpoint(text: request.note.text)
        } catch {
            return Self.refusal(400, error)
        }
        guard let trust = logs[checkpoint.origin] else {
            return Self.refusal(
                404, LogError(.originOther, subject: checkpoint.origin, message: "this witness does not know the log"))
        }
        do throws(LogError) {
            _ = try trust.accept(request.note)
        } catch {
            return Self.refusal(403, error)
        }
        return decide(request, checkpoint, at: now)
    }

    /// For a checkpoint that its log signed.
    private func decide(_ request: WitnessRequest, _ checkpoint: Checkpoint, at now: Moment) -> Decision {
        let last = records[checkpoint.origin]?.checkpoint
        let lastSize = last?.size ?? 0
        guard request.oldSize <= checkpoint.size else {
            return Self.refusal(
                400,
                LogError(
                    .requestMalformed, subject: checkpoint.origin,
                    message: "the old size \(request.oldSize) is above the checkpoint's \(checkpoint.size)"))
        }
        guard request.oldSize == lastSize else {
            return Self.conflict(
                lastSize,
                LogError(
                    .consistencyUnproven, subject: checkpoint.origin,
                    message: "the last checkpoint cosigned is of \(lastSize) entries, not \(request.oldSize)"))
        }
        if let last, last.size == checkpoint.size, last.root != checkpoint.root {
            return Self.conflict(lastSize, Self.split(records[checkpoint.origin]?.note, request.note, checkpoint))
        }
        guard
            TreeProof.isConsistent(
                old: lastSize, oldRoot: last?.root ?? .empty, new: checkpoint.size, newRoot: checkpoint.root,
                proof: request.proof)
        else {
            return Self.refusal(
                422,
                LogError(
                    .consistencyUnproven, subject: checkpoint.origin,
                    message: "the proof does not lead from \(lastSize) to \(checkpoint.size) entries"))
        }
        do throws(LogError) {
            let signature = try signer.sign(request.note.text, at: now)
            return .cosign(
                Record(checkpoint: checkpoint, note: request.note),
                Answer(status: 200, contentType: "text/plain; charset=utf-8", body: Array(signature.line.utf8)))
        } catch {
            return Self.refusal(500, error)
        }
    }

    /// Takes up what is durable now.
    package mutating func commit(_ record: Record) {
        let last = records[record.checkpoint.origin]?.checkpoint.size ?? 0
        precondition(record.checkpoint.size >= last, "a record follows the one that it was decided upon")
        records[record.checkpoint.origin] = record
    }

    private static func split(_ last: SignedNote?, _ note: SignedNote, _ checkpoint: Checkpoint) -> LogError {
        LogError(
            .splitView, subject: checkpoint.origin,
            message: "the log signed two trees of \(checkpoint.size) entries",
            evidence: last.map { SplitView(smaller: $0, larger: note, prefixRoot: checkpoint.root, proof: []) })
    }

    private static func conflict(_ size: UInt64, _ error: LogError) -> Decision {
        .refuse(
            Answer(status: 409, contentType: "text/x.tlog.size", body: Array("\(size)\n".utf8)), error)
    }

    private static func refusal(_ status: Int, _ error: LogError) -> Decision {
        .refuse(
            Answer(status: status, contentType: "text/plain; charset=utf-8", body: Array("\(error)\n".utf8)), error)
    }
}

/// What a log asks of a witness.
package struct WitnessRequest: Hashable, Sendable {
    package let oldSize: UInt64
    package let proof: [TreeHash]
    package let note: SignedNote

    package init(oldSize: UInt64, proof: [TreeHash], note: SignedNote) {
        self.oldSize = oldSize
        self.proof = proof
        self.note = note
    }

    /// - Throws: `.requestMalformed`, or what is wrong with the note.
    package init(_ bytes: [UInt8]) throws(LogError) {
        guard bytes.count <= LogLimit.witnessRequestBytesMax else {
            throw Self.malformed("a request has at most \(LogLimit.witnessRequestBytesMax) bytes")
        }
        var rest = bytes[...]
        func line() throws(LogError) -> ArraySlice<UInt8> {
            guard let end = rest.firstIndex(of: 10) else { throw Self.malformed("a line has no end") }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }
        let first = String(decoding: try line(), as: UTF8.self)
        guard first.hasPrefix("old "), let size = Checkpoint.size(first.dropFirst(4)) else {
            throw Self.malformed("the first line is not the old size")
        }
        oldSize = size
        var proof: [TreeHash] = []
        while true {
            let text = try line()
            if text.isEmpty { break }
            guard proof.count < LogLimit.proofHashesMax,
                let hash = TreeHash(base64: String(decoding: text, as: UTF8.self))
            else { throw Self.malformed("a line of the proof is no hash, or there are too many") }
            proof.append(hash)
        }
        self.proof = proof
        note = try SignedNote(Array(rest))
    }

    package var bytes: [UInt8] {
        Array("old \(oldSize)\n".utf8) + proof.flatMap { Array("\($0.base64)\n".utf8) } + [10] + note.bytes
    }

    private static func malformed(_ message: String) -> LogError { LogError(.requestMalformed, message: message) }
}
