package import FleetModel

/// A match whose rule asks for a response, with what is known of the event that it matched.
package struct ResponseRequest: Hashable, Sendable {
    package var response: RuleResponse
    package var rule: String
    package var release: ReleaseID
    package var kind: EventKind
    /// When the event happened.
    package var seenAt: Moment
    /// The process that the event tells of; nil where the event does not tell.
    package var process: ProcessSubject?
    /// The process' ancestors' images, nearest first.
    package var ancestorImages: [String]
    /// The file that the event tells of beside the process' own: of file events.
    package var targetFile: String?
    /// Whether the execution waits for the verdict. Only then can it be denied.
    package var isHeld: Bool

    package init(
        response: RuleResponse, rule: String, release: ReleaseID, kind: EventKind, seenAt: Moment,
        process: ProcessSubject?, ancestorImages: [String] = [], targetFile: String? = nil, isHeld: Bool = false
    ) {
        self.response = response
        self.rule = rule
        self.release = release
        self.kind = kind
        self.seenAt = seenAt
        self.process = process
        self.ancestorImages = ancestorImages
        self.targetFile = targetFile
        self.isHeld = isHeld
    }

    /// From the event itself. The match's own fields are the worker's word, and are not looked at.
    ///
    /// - Parameter isHeld: Whether the event is a permission event whose answer is still open.
    package init(
        response: RuleResponse, rule: String, release: ReleaseID, event: TelemetryEvent, isHeld: Bool = false
    ) {
        func text(_ field: EventField) -> String? {
            guard case .text(let text)? = event[field], !text.isEmpty else { return nil }
            return text
        }
        var process: ProcessSubject?
        if case .integer(let number)? = event[.processId], let id = Int32(exactly: number), id > 0,
            let image = text(.image)
        {
            let own = event.lineage.first { $0.processId == id }
            process = ProcessSubject(
                processId: id, startedAt: own?.startedAt, seenAt: event.at, image: image,
                commandLine: text(.commandLine) ?? own?.commandLine ?? "", user: text(.user) ?? own?.user ?? "")
        }
        // Of an execution that is held, the process' own entry still says who executes: an ancestor of what comes.
        let ancestors = event.lineage.filter { $0.processId != process?.processId || $0.image != process?.image }
        self.init(
            response: response, rule: rule, release: release, kind: event.kind, seenAt: event.at, process: process,
            ancestorImages: ancestors.map(\.image),
            targetFile: text(.targetFilename), isHeld: isHeld)
    }
}

/// A process as an event told of it: enough to know it again, and for a person to start it again.
package struct ProcessSubject: Hashable, Sendable, Codable {
    package var processId: Int32
    /// When it began, by the sensor; nil where that was not seen.
    package var startedAt: Moment?
    /// When it was seen with this number. Whoever holds the number now and began before this moment is the same process:
    /// a number is given to one process at a time.
    package var seenAt: Moment
    package var image: String
    package var commandLine: String
    package var user: String

    /// Bytes kept of the command line: enough to know what ran, and a journal of thousands stays small.
    package static let commandLineBytesMax = 4_096

    package init(
        processId: Int32, startedAt: Moment?, seenAt: Moment, image: String, commandLine: String, user: String
    ) {
        self.processId = processId
        self.startedAt = startedAt
        self.seenAt = seenAt
        self.image = image
        self.commandLine = String(decoding: commandLine.utf8.prefix(Self.commandLineBytesMax), as: UTF8.self)
        self.user = user
    }

    /// How far two readings of one start may lie apart: the kernel rounds to 10 ms, and the wall clock is adjusted.
    package static let startTolerance = Moment.Span.seconds(2)

    /// Whether a process that holds the number now and began at `start` is this one.
    ///
    /// Linux gives numbers out in a circle, so that one comes again only after all others: within the tolerance that
    /// would take over 16,000 new processes a second.
    package func isSame(startedAt start: Moment) -> Bool {
        guard start <= seenAt else { return false }
        guard let startedAt else { return true }
        return max(start, startedAt) - min(start, startedAt) <= Self.startTolerance
    }
}
