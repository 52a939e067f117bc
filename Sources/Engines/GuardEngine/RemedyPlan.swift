/// One thing that a remedy orders.
package enum RemedyAction: Equatable, Sendable {
    /// Take this pack away, whatever it has proven.
    case revert(DigestText)
    /// Back to normal, with every count at zero.
    case leaveSafeMode
    /// No content, until another remedy.
    case observe
    /// Run the build in this slot: at once when it is proven, otherwise on trial.
    case useSlot(BuildSlot)
    /// Copy a build from this folder beside the remedy, if its two programs have these digests, and try it.
    case installBuild(path: PlainText, agent: DigestText, worker: DigestText)
    /// Take away everything that is being tried: packs without a mark, and a build on trial.
    case forgetAttempt

    /// The line of a plan.
    package var line: PlainText {
        switch self {
        case .revert(let digest): "revert \(digest.text)"
        case .leaveSafeMode: "leave-safe-mode"
        case .observe: "observe"
        case .useSlot(let slot): "use-slot \(slot.word)"
        case .installBuild(let path, let agent, let worker):
            "install-build \(path) \(agent.text) \(worker.text)"
        case .forgetAttempt: "forget-attempt"
        }
    }

    /// Reads a line; nil for any that ``line`` does not write.
    package init?(line: PlainText) {
        for action in [RemedyAction.leaveSafeMode, .observe, .forgetAttempt] where action.line == line {
            self = action
            return
        }
        let words = line.words
        if words.count == 2, words[0] == "revert", let digest = DigestText(words[1]) {
            self = .revert(digest)
        } else if words.count == 2, words[0] == "use-slot", let slot = BuildSlot(words[1]) {
            self = .useSlot(slot)
        } else if words.count == 4, words[0] == "install-build", RemedyPlan.accepts(path: words[1]),
            let agent = DigestText(words[2]), let worker = DigestText(words[3])
        {
            self = .installBuild(path: words[1], agent: agent, worker: worker)
        } else {
            return nil
        }
    }
}

/// What a remedy orders, as the agent's trust code hands it to the guard: text on a pipe.
///
///     firebreak-remedy-plan 1 ID
///     ACTION, one a line
///     end
///
/// The last line tells a whole plan from one whose writer died.
package struct RemedyPlan: Equatable, Sendable {
    /// A remedy is applied once: its id is remembered.
    package let id: PlainText
    package let actions: [RemedyAction]

    /// Actions of one remedy. There are six kinds; eight leave room to name some packs.
    package static let actionCountMax = 8
    /// Bytes of an id.
    package static let idBytesMax = 64
    /// Bytes of a path, relative to the remedy's folder.
    package static let pathBytesMax = 255
    /// Bytes of a plan's text: eight lines of 400 bytes.
    package static let textBytesMax = 4_096
    private static let title: PlainText = "firebreak-remedy-plan 1 "
    private static let lastLine: PlainText = "end"

    /// The plan; nil without actions, with too many, or with an id that is none.
    package init?(id: PlainText, actions: [RemedyAction]) {
        guard Self.accepts(id: id), !actions.isEmpty, actions.count <= Self.actionCountMax else { return nil }
        self.id = id
        self.actions = actions
    }

    package func encode() -> [UInt8] {
        var text = Self.title + id + "\n"
        for action in actions { text += action.line + "\n" }
        return (text + Self.lastLine + "\n").bytes
    }

    /// Reads a plan; nil unless it is whole and every line is understood.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.textBytesMax else { return nil }
        let lines = PlainText(bytes).lines
        guard lines.count >= 4, let id = lines[0].rest(after: Self.title), lines[lines.count - 1] == "",
            lines[lines.count - 2] == Self.lastLine
        else { return nil }
        var actions: [RemedyAction] = []
        for line in lines[1..<(lines.count - 2)] {
            guard let action = RemedyAction(line: line) else { return nil }
            actions.append(action)
        }
        self.init(id: id, actions: actions)
    }

    /// Lower-case letters, digits, dot, hyphen and underscore, 1 to 64 of them.
    package static func accepts(id: PlainText) -> Bool {
        !id.bytes.isEmpty && id.bytes.count <= idBytesMax && id.bytes.allSatisfy(isNameByte)
    }

    /// A relative path of plain names that leads nowhere but down.
    package static func accepts(path: PlainText) -> Bool {
        guard !path.bytes.isEmpty, path.bytes.count <= pathBytesMax else { return false }
        for part in path.split(at: UInt8(ascii: "/")) {
            guard let first = part.bytes.first, first != UInt8(ascii: "."),
                part.bytes.allSatisfy({ isNameByte($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
            else { return false }
        }
        return true
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
