package import FleetModel

/// The name of one action in the journal: `a-000012`.
package struct ResponseID: TextIdentifier {
    package let text: String
    package init(accepted text: String) { self.text = text }
    package init(number: Int) {
        let digits = String(max(0, number))
        text = "a-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    package static let kind = "action id"
    package static let rule = "a- and 6 to 12 digits, as in a-000012"
    package static func accepts(_ text: String) -> Bool {
        text.hasPrefix("a-") && (8...14).contains(text.utf8.count)
            && text.utf8.dropFirst(2).allSatisfy { (48...57).contains($0) }
    }

    package var number: Int { Int(text.dropFirst(2)) ?? 0 }
}

/// One destructive action, from the plan to the end: written before the act, and again after it.
package struct ResponseRecord: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// About to be done: whether it was, the world must be asked.
        case planned
        case done
        /// It was not done, or was taken back at once; `note` says why.
        case failed
        /// About to be taken back by a person.
        case undoing
        case undone
    }

    package let id: ResponseID
    /// When it was planned.
    package let at: Moment
    package let release: ReleaseID
    package let rule: String
    package let action: ResponseAction
    /// The file before the act; nil until it has been looked at, and for processes.
    package var before: FileFacts?
    package var state: State
    /// When `state` was last set.
    package var changedAt: Moment
    package var note: String

    package init(id: ResponseID, at: Moment, release: ReleaseID, rule: String, action: ResponseAction) {
        self.id = id
        self.at = at
        self.release = release
        self.rule = rule
        self.action = action
        state = .planned
        changedAt = at
        note = ""
    }
}

/// What is done, and to whom.
package enum ResponseAction: Hashable, Sendable, Codable {
    case deny(ProcessSubject)
    case kill(ProcessSubject)
    /// `seenAt` tells a file that comes again from the one that was there before.
    case quarantine(path: String, seenAt: Moment)

    package var response: RuleResponse {
        switch self {
        case .deny: .deny
        case .kill: .kill
        case .quarantine: .quarantine
        }
    }

    /// The process' image, or the file.
    package var subject: String {
        switch self {
        case .deny(let process), .kill(let process): process.image
        case .quarantine(let path, _): path
        }
    }
}

/// A file as it was, so that it can be put back exactly.
package struct FileFacts: Hashable, Sendable, Codable {
    package var device: FileNumber
    package var inode: FileNumber
    package var bytes: Int64
    package var digest: Digest
    /// Permission bits with set-user-id, set-group-id and sticky.
    package var mode: UInt32
    package var owner: UInt32
    package var group: UInt32
    package var accessed: FileTime
    package var modified: FileTime
    /// Extended attributes, values in hex: access lists, capabilities.
    package var attributes: [String: String]
    /// Whether the quarantine is another file system, so that the content is copied and the file removed.
    package var isCopied = false

    package init(
        device: FileNumber, inode: FileNumber, bytes: Int64, digest: Digest, mode: UInt32, owner: UInt32, group: UInt32,
        accessed: FileTime, modified: FileTime, attributes: [String: String]
    ) {
        self.device = device
        self.inode = inode
        self.bytes = bytes
        self.digest = digest
        self.mode = mode
        self.owner = owner
        self.group = group
        self.accessed = accessed
        self.modified = modified
        self.attributes = attributes
    }
}

/// A number of a file system's, in JSON as a text: it may be beyond 2^53, where numbers are read differently.
package struct FileNumber: Hashable, Sendable, Codable {
    package var value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = UInt64(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is no number")
        }
        self.value = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(value))
    }
}

/// A time of a file system's.
package struct FileTime: Hashable, Sendable, Codable {
    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int64

    package init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}
