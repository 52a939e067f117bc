import CanonicalCoding
import LogClient
import LogStore
import TransparencyLog

/// What `log verify --json` prints.
struct VerifiedLogView: Encodable {
    var origin: String
    var size: UInt64
    var root: String
    var witnesses: [String]
    var bytes: Int
}

/// What `log make-key --json` prints.
struct MadeNoteKey: Encodable {
    var name: String
    var publicKey: String
    var privateKeyFile: String
    var publicKeyFile: String

    enum CodingKeys: String, CodingKey {
        case name
        case publicKey = "public_key"
        case privateKeyFile = "private_key_file"
        case publicKeyFile = "public_key_file"
    }
}

/// What `log monitor --json` prints of an entry.
struct LogEntryView: Encodable {
    var index: UInt64
    var kind: String
    var bytes: Int
    /// The entry itself where it is text; base64 otherwise.
    var entry: String

    /// Characters of an entry that a line shows.
    private static let shownCountMax = 200

    var line: String { "\(index)  \(kind)  \(String(entry.prefix(Self.shownCountMax)).printable)" }
}

/// Which entries a person wants to hear of.
struct LogInterest {
    var packs: [String]
    var vendors: [String]

    /// The entry as it is shown; nil when it is of no interest. One that is no JSON is of interest to everyone: no
    /// honest log of ours has it.
    func view(of entry: [UInt8], at index: UInt64) -> LogEntryView? {
        let limits = JSONParser.Limits(bytesMax: LogLimit.entryBytesMax)
        guard let value = try? JSONParser.parse(entry, limits: limits), case .object(let object) = value,
            case .string(let kind)? = object["kind"]
        else {
            return LogEntryView(index: index, kind: "unknown", bytes: entry.count, entry: Base64.encode(entry))
        }
        guard packs.isEmpty && vendors.isEmpty || names(value) else { return nil }
        return LogEntryView(
            index: index, kind: kind, bytes: entry.count, entry: String(decoding: entry, as: UTF8.self))
    }

    /// Whether the value has, at any depth, a member that names one of the packs or vendors.
    private func names(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): object.members.contains { isNamed($0) || names($0.value) }
        case .array(let elements): elements.contains(where: names)
        default: false
        }
    }

    private func isNamed(_ member: JSONObject.Member) -> Bool {
        guard case .string(let text) = member.value else { return false }
        return switch member.name {
        case "pack": packs.contains(text)
        case "release": packs.contains { text == $0 || text.hasPrefix($0 + "@") }
        case "vendor": vendors.contains(text)
        default: false
        }
    }
}

extension CommandFailure {
    /// A log that was refused: what it signed, or what it shows, is not to be believed.
    init(_ error: LogError) {
        var details: [String] = []
        if let evidence = error.evidence {
            for note in [evidence.smaller, evidence.larger] {
                details += String(decoding: note.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
        let exit: CommandExit =
            switch error.code {
            case .keyMalformed, .policyInvalid: .badInput
            default: .refused
            }
        self.init(
            exit: exit, code: error.code.rawValue, subject: error.subject, message: error.message, details: details,
            nextStep: error.nextStep)
    }

    init(_ error: LogClientError) {
        let exit: CommandExit =
            switch error.code {
            case .badAddress: .badInput
            case .oversized: .refused
            case .unreachable, .timedOut, .refused, .fileFailed: .unreachable
            }
        self.init(
            exit: exit, code: error.code.rawValue, subject: error.subject, message: error.message,
            nextStep: error.nextStep)
    }

    init(_ error: LogStoreError) {
        self.init(
            exit: error.code == .keyUnfit ? .badInput : .failure, code: error.code.rawValue, subject: error.subject,
            message: error.message, nextStep: error.nextStep)
    }
}
