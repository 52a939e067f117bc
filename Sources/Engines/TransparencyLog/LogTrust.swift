/// Whom to believe of one log: its keys, and how many of which witnesses.
package struct LogTrust: Hashable, Sendable {
    package let origin: String
    /// Any one of them signs for the log: two while a key is changed.
    package let keys: [NoteVerifier]
    package let witnesses: WitnessPolicy

    /// - Parameter origin: Nil: the name of the first key, as the specification advises.
    /// - Throws: `.keyMalformed` without a key, or with one of a witness.
    package init(keys: [NoteVerifier], origin: String? = nil, witnesses: WitnessPolicy = .none) throws(LogError) {
        guard let first = keys.first, keys.allSatisfy({ $0.kind == .ed25519 }), keys.count <= 8 else {
            throw LogError(
                .keyMalformed, subject: origin ?? "", message: "a log has 1 to 8 keys of the kind that signs notes")
        }
        self.origin = origin ?? first.name
        self.keys = keys
        self.witnesses = witnesses
    }

    /// The same without witnesses: for what was accepted under another policy.
    package var unwitnessed: LogTrust { LogTrust(origin: origin, keys: keys, witnesses: .none) }

    private init(origin: String, keys: [NoteVerifier], witnesses: WitnessPolicy) {
        (self.origin, self.keys, self.witnesses) = (origin, keys, witnesses)
    }

    /// The checkpoint in `bytes`, if it is one of this log, signed by it, and cosigned as the policy says.
    package func accept(_ bytes: [UInt8]) throws(LogError) -> SignedCheckpoint {
        try accept(try SignedNote(bytes))
    }

    package func accept(_ note: SignedNote) throws(LogError) -> SignedCheckpoint {
        guard !(try note.verified(by: keys)).isEmpty else {
            throw LogError(.unsigned, subject: origin, message: "the checkpoint is not signed by the log")
        }
        let checkpoint = try Checkpoint(text: note.text)
        guard checkpoint.origin == origin else {
            throw LogError(
                .originOther, subject: origin, message: "the checkpoint is of \"\(checkpoint.origin.prefix(80))\"")
        }
        return SignedCheckpoint(checkpoint: checkpoint, note: note, witnesses: try witnesses.verify(note))
    }
}

/// How many of which witnesses must have cosigned a checkpoint.
package struct WitnessPolicy: Hashable, Sendable {
    package let threshold: Int
    package let witnesses: [NoteVerifier]

    /// Asks for none.
    package static let none = WitnessPolicy(threshold: 0, checked: [])

    private init(threshold: Int, checked witnesses: [NoteVerifier]) {
        self.threshold = threshold
        self.witnesses = witnesses
    }

    /// - Throws: `.policyInvalid` when it cannot be fulfilled, or one witness would count twice.
    package init(threshold: Int, of witnesses: [NoteVerifier]) throws(LogError) {
        func refusal(_ message: String) -> LogError { LogError(.policyInvalid, message: message) }
        guard witnesses.count <= LogLimit.witnessCountMax else {
            throw refusal("more than \(LogLimit.witnessCountMax) witnesses")
        }
        guard (0...witnesses.count).contains(threshold) else {
            throw refusal("\(threshold) of \(witnesses.count) witnesses are asked for")
        }
        guard witnesses.allSatisfy({ $0.kind == .cosignature }) else {
            throw refusal("a witness's key is of the type of cosignatures, 4")
        }
        guard Set(witnesses.map(\.name)).count == witnesses.count,
            Set(witnesses.map(\.publicKey)).count == witnesses.count
        else { throw refusal("a witness is named twice") }
        self.init(threshold: threshold, checked: witnesses)
    }

    /// The witnesses whose cosignatures hold. Those that do not hold do not count, and condemn nothing: a stranger could
    /// otherwise make a good checkpoint unacceptable by adding a line.
    func verify(_ note: SignedNote) throws(LogError) -> [String] {
        var names: [String] = []
        for witness in witnesses {
            let holds = note.signatures.contains {
                $0.name == witness.name && $0.keyHash == witness.keyHash && witness.isValid($0.bytes, over: note.text)
            }
            if holds { names.append(witness.name) }
        }
        guard names.count >= threshold else {
            throw LogError(
                .witnessesTooFew,
                message: "\(names.count) of \(witnesses.count) witnesses cosigned, and \(threshold) are asked for")
        }
        return names
    }
}
