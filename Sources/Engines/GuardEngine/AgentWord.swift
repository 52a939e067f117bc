/// What an agent says to the guard: one datagram, one line.
package enum AgentWord: Equatable, Sendable {
    /// The loop that does the work is alive. From the process with this id.
    case beat(pid: Int)
    /// This build of the agent has proven itself on work done. The name is for people.
    case committed(build: PlainText)
    /// A healthy stretch has passed.
    case well
    /// An orderly end follows.
    case stopping
    /// Not the agent's: another guard process changed the record.
    case look
    /// Not the agent's: the record changed, and the agent is to be started anew on it.
    case restart

    /// The datagram.
    package var bytes: [UInt8] {
        switch self {
        case .beat(let pid): ("beat \(pid)\n" as PlainText).bytes
        case .committed(let build):
            ("committed \(build.isWord(bytesMax: GuardLimit.buildNameBytesMax) ? build : "-")\n" as PlainText).bytes
        case .well: ("well\n" as PlainText).bytes
        case .stopping: ("stopping\n" as PlainText).bytes
        case .look: ("look\n" as PlainText).bytes
        case .restart: ("restart\n" as PlainText).bytes
        }
    }

    /// Reads a datagram; nil for what is not understood, which says nothing.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count <= GuardLimit.wordBytesMax, bytes.last == UInt8(ascii: "\n") else { return nil }
        let words = PlainText(bytes.dropLast()).words
        if words.count == 1 {
            for word in [AgentWord.well, .stopping, .look, .restart] where word.bytes.elementsEqual(bytes) {
                self = word
                return
            }
            return nil
        }
        guard words.count == 2 else { return nil }
        if words[0] == "beat", let pid = words[1].decimal, pid > 0, pid <= UInt64(Int32.max) {
            self = .beat(pid: Int(pid))
        } else if words[0] == "committed", words[1].isWord(bytesMax: GuardLimit.buildNameBytesMax) {
            self = .committed(build: words[1])
        } else {
            return nil
        }
    }
}
