import CanonicalCoding
import FleetModel
import GuardEngine

/// The signed body: canonical JSON (RFC 8785).
extension Remedy {
    /// The bytes that a signature covers.
    package func encoded() throws(TrustError) -> [UInt8] {
        do throws(JSONError) {
            return try CanonicalJSON.encode(json)
        } catch {
            throw TrustError(.remedyMalformed, subject: error.subject, message: error.message)
        }
    }

    private var json: JSONValue {
        [
            "actions": .array(actions.map(Self.json(of:))), "expires_at_ms": .integer(expiresAt.milliseconds),
            "id": .string(Self.text(id)),
        ]
    }

    private static func text(_ text: PlainText) -> String { String(decoding: text.bytes, as: UTF8.self) }

    private static func json(of action: RemedyAction) -> JSONValue {
        switch action {
        case .revert(let digest): ["do": "revert", "digest": .string(text(digest.text))]
        case .leaveSafeMode: ["do": "leave-safe-mode"]
        case .observe: ["do": "observe"]
        case .useSlot(let slot): ["do": "use-slot", "slot": .string(text(slot.word))]
        case .installBuild(let path, let agent, let worker):
            [
                "do": "install-build", "path": .string(text(path)), "agent_sha256": .string(text(agent.text)),
                "worker_sha256": .string(text(worker.text)),
            ]
        case .forgetAttempt: ["do": "forget-attempt"]
        }
    }

    /// Reads a body whose signature holds.
    init(reading body: [UInt8]) throws(TrustError) {
        do throws(JSONError) {
            let limits = JSONParser.Limits(bytesMax: UnverifiedRemedy.fileBytesMax)
            let reader = JSONReader(try JSONParser.parse(body, limits: limits))
            try reader.requireNoMembers(beside: ["actions", "expires_at_ms", "id"])
            var actions: [RemedyAction] = []
            for element in try reader.member("actions").elements() { actions.append(try Self.action(element)) }
            let id = try reader.member("id")
            let expiry = try reader.member("expires_at_ms").integer(in: 0...(1 << 53))
            guard
                let remedy = Remedy(
                    id: PlainText(Array(try id.string().utf8)), expiresAt: Moment(milliseconds: expiry),
                    actions: actions)
            else { throw id.refusal("an id of a remedy with 1 to \(RemedyPlan.actionCountMax) actions was expected") }
            self = remedy
        } catch {
            throw TrustError(.remedyMalformed, subject: error.subject, message: error.message)
        }
        guard try encoded() == body else {
            throw TrustError(.remedyMalformed, message: "the remedy is not in its canonical form")
        }
    }

    private static func action(_ reader: JSONReader) throws(JSONError) -> RemedyAction {
        let kind = try reader.member("do").string()
        func digest(_ name: String) throws(JSONError) -> PlainText {
            PlainText(Array(try reader.member(name).identifier(Digest.self).text.utf8))
        }
        func word(_ name: String) throws(JSONError) -> PlainText {
            PlainText(Array(try reader.member(name).string().utf8))
        }
        // The plan's own reader decides what an action is: what it does not take, the guard would not do.
        let line: PlainText
        switch kind {
        case "revert": line = "revert \(try digest("digest"))"
        case "use-slot": line = "use-slot \(try word("slot"))"
        case "install-build":
            line = "install-build \(try word("path")) \(try digest("agent_sha256")) \(try digest("worker_sha256"))"
        default: line = PlainText(Array(kind.utf8))
        }
        guard let action = RemedyAction(line: line) else { throw reader.refusal("no action of a remedy: \(kind)") }
        return action
    }
}

extension PackSigningKey {
    /// Signs a remedy: the whole file.
    package func sign(_ remedy: Remedy) throws(TrustError) -> UnverifiedRemedy {
        let body = try remedy.encoded()
        let signature = try signature(over: UnverifiedRemedy.message(body: body[...]))
        return UnverifiedRemedy(UnverifiedRemedy.block(keyID: id, signature: signature) + body)
    }
}
