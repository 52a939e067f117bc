import CanonicalCoding
import DurableFiles
import FleetModel
import Glibc

/// `agent.log`: one JSON object a line, for people and for the exposure checker, which holds it against the ledger.
///
/// Every line has `at_ms`, `pid`, `kind` and, once it is known, `endpoint`. docs/design/agent.md lists the kinds.
struct AgentLog: Sendable {
    /// Both files of the log together, 8 MiB: about 40,000 lines.
    static let bytesMax = 8 << 20
    /// Bytes kept of one text.
    static let textBytesMax = 1024

    let lines: LineLog
    let clock: AgentClock
    var endpoint: EndpointID?

    enum Kind: String {
        case start, stop, offer, stage, recall, enrolled, policy, worker, protecting, response, trouble
        case guardWord = "guard"
    }

    init(path: String, clock: AgentClock) {
        lines = LineLog(path: path, bytesMax: Self.bytesMax)
        self.clock = clock
    }

    func write(_ kind: Kind, _ members: [(String, JSONValue)] = []) {
        var line = JSONObject(members)
        line["at_ms"] = .integer(clock.now().milliseconds)
        line["pid"] = .integer(Int64(getpid()))
        line["kind"] = .string(kind.rawValue)
        if let endpoint { line["endpoint"] = .string(endpoint.text) }
        // Counts and texts of ours always have a form; a line without one is not worth an end of the agent.
        guard let bytes = try? CanonicalJSON.encode(.object(line)) else { return }
        lines.append(bytes)
    }

    /// Something that is wrong and gets on without us, or not at all: what, and what to do.
    func trouble(_ code: String, _ message: String) {
        write(.trouble, [("code", .string(code)), ("message", .string(String(message.prefix(Self.textBytesMax))))])
    }
}
