import CanonicalCoding
import ControlWire
import FleetModel
import WorkerWire

/// An OCSF Detection Finding (class 2004, schema 1.3) from a match, its event and the processes behind it.
///
/// Every text comes from outside: from the pack through a sandboxed worker, or from processes of this host. They are
/// carried as JSON strings within their bounds, and nothing here reads a meaning out of them but level and tags.
struct DetectionFinding: Sendable {
    let match: RuleMatch
    /// Nil when it was no longer kept when the worker answered.
    let event: TelemetryEvent?
    /// Unique for ever: endpoint and alert sequence.
    let uid: String
    let host: EndpointDescription
    let endpoint: EndpointID
    let release: ReleaseID
    /// Alerts of this rule that were held back since its last one.
    let heldBack: UInt64
    /// Matches with the same values that were not told since the last alert that had them.
    var repeats: UInt64 = 0
    /// Used where there is no event.
    let now: Moment

    /// OCSF schema that the finding follows.
    static let schemaVersion = "1.3.0"
    /// Bytes of a path or user name in the process tree; the command line has `commandLineBytesMax`.
    private static let textBytesMax = 512
    private static let commandLineBytesMax = 2048

    /// The finding's bytes, within `ControlWireLimit.findingBytesMax`: the farthest ancestors are left out first.
    func encoded() -> [UInt8]? {
        var depth = TelemetryEvent.lineageCountMax
        while depth > 0 {
            if let bytes = try? CanonicalJSON.encode(json(processes: depth)),
                bytes.count <= ControlWireLimit.findingBytesMax
            {
                return bytes
            }
            depth /= 2
        }
        return nil
    }

    func json(processes: Int) -> JSONValue {
        let (severityID, severity) = Self.severity(of: match.level)
        var finding: JSONObject = [
            "activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings",
            "class_uid": .integer(FindingOutline.classUID), "class_name": "Detection Finding", "type_uid": 200_401,
            "type_name": "Detection Finding: Create", "status_id": 1, "status": "New",
            "severity_id": .integer(severityID), "severity": .string(severity),
            "time": .integer((event?.at ?? now).milliseconds),
            "metadata": metadata, "finding_info": info, "device": device, "unmapped": unmapped,
        ]
        finding["message"] = .string(match.title)
        if repeats > 0 { finding["count"] = .integer(Int64(clamping: repeats) + 1) }
        if let evidence = evidence(processes: processes) { finding["evidences"] = [evidence] }
        return .object(finding)
    }

    private var metadata: JSONValue {
        [
            // The host profile is what `device` comes from.
            "version": .string(Self.schemaVersion), "uid": .string(uid), "profiles": ["host"],
            "product": [
                "name": "Firebreak", "vendor_name": "Firebreak", "version": .string(AgentVersion.current),
                "feature": ["name": .string(release.pack.text), "version": .string(release.version.text)],
            ],
        ]
    }

    private var info: JSONValue {
        var info: JSONObject = [
            "uid": .string(uid), "title": .string(match.title), "created_time": .integer(now.milliseconds),
            "analytic": ["type_id": 1, "type": "Rule", "uid": .string(match.ruleID), "name": .string(match.title)],
        ]
        let attacks = AttackTags.attacks(match.tags)
        if !attacks.isEmpty { info["attacks"] = .array(attacks) }
        return .object(info)
    }

    private var device: JSONValue {
        [
            "uid": .string(endpoint.text), "hostname": .string(host.hostName), "type_id": 0, "type": "Unknown",
            "os": [
                "name": .string(host.cohort.osVersion), "type_id": 200, "type": "Linux",
                "build": .string(host.cohort.kernel),
            ],
        ]
    }

    private var unmapped: JSONValue {
        var matched = JSONObject()
        for field in match.fields { matched[field.field.name] = Self.json(field.value) }
        var all: JSONObject = ["level": .string(match.level), "tags": .array(match.tags.map { .string($0) })]
        if !match.author.isEmpty { all["author"] = .string(match.author) }
        if heldBack > 0 { all["held_back"] = .integer(Int64(clamping: heldBack)) }
        if let event { all["event_kind"] = .string(event.kind.category) }
        all["matched"] = .object(matched)
        return .object(all)
    }

    /// Nil when nothing is known: the schema wants something in each.
    private func evidence(processes: Int) -> JSONValue? {
        var evidence = JSONObject()
        if let process = ProcessTree(event: event).json(depth: processes) { evidence["process"] = process }
        if let target = event?[.targetFilename], case .text(let path) = target {
            evidence["file"] = [
                "path": .string(path.cut(toBytes: Self.textBytesMax)), "name": .string(ProcessTree.name(of: path)),
                "type_id": 1,
            ]
        }
        return evidence.isEmpty ? nil : .object(evidence)
    }

    private static func json(_ value: FieldValue) -> JSONValue {
        switch value {
        case .null: .null
        case .text(let text): .string(text)
        // As text: a number beyond 2^53 has no JSON form that all readers agree on.
        case .integer(let integer): .string(String(integer))
        }
    }

    /// OCSF's severity of a Sigma level. A level that is none of Sigma's is unknown, not harmless.
    private static func severity(of level: String) -> (Int64, String) {
        switch level {
        case "informational": (1, "Informational")
        case "low": (2, "Low")
        case "medium": (3, "Medium")
        case "high": (4, "High")
        case "critical": (5, "Critical")
        default: (0, "Unknown")
        }
    }
}

/// The process of an event with its ancestors, as OCSF nests them: `parent_process` in `process`.
struct ProcessTree {
    let event: TelemetryEvent?

    private static let pathBytesMax = 512
    private static let commandLineBytesMax = 2048

    /// Nil when nothing is known of the process.
    func json(depth: Int) -> JSONValue? {
        guard let event else { return nil }
        let nodes = event.lineage.isEmpty ? fields(of: event) : event.lineage
        var tree: JSONObject?
        for node in nodes.prefix(depth).reversed() {
            var process = Self.json(node)
            if let tree { process["parent_process"] = .object(tree) }
            tree = process
        }
        return tree.map { .object($0) }
    }

    /// What the event itself says of process and parent.
    private func fields(of event: TelemetryEvent) -> [ProcessNode] {
        func text(_ field: EventField) -> String {
            if case .text(let text)? = event[field] { text } else { "" }
        }
        func number(_ field: EventField) -> Int32 {
            if case .integer(let number)? = event[field] { Int32(clamping: number) } else { 0 }
        }
        let process = ProcessNode(
            processId: number(.processId), parentProcessId: number(.parentProcessId), image: text(.image),
            commandLine: text(.commandLine), user: text(.user), startedAt: event.at)
        guard event[.parentProcessId] != nil else { return [process] }
        let parent = ProcessNode(
            processId: number(.parentProcessId), parentProcessId: 0, image: text(.parentImage),
            commandLine: text(.parentCommandLine), user: text(.parentUser), startedAt: nil)
        return [process, parent]
    }

    private static func json(_ node: ProcessNode) -> JSONObject {
        var process: JSONObject = [
            "pid": .integer(Int64(node.processId)), "name": .string(name(of: node.image)),
            "cmd_line": .string(node.commandLine.cut(toBytes: commandLineBytesMax)),
        ]
        if !node.image.isEmpty {
            process["file"] = [
                "path": .string(node.image.cut(toBytes: pathBytesMax)), "name": .string(name(of: node.image)),
                "type_id": 1, "type": "Regular File",
            ]
        }
        if !node.user.isEmpty { process["user"] = ["name": .string(node.user.cut(toBytes: pathBytesMax))] }
        if let startedAt = node.startedAt { process["created_time"] = .integer(startedAt.milliseconds) }
        return process
    }

    /// The last component of a path.
    static func name(of path: String) -> String {
        let last = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) }
        return (last ?? path).cut(toBytes: 256)
    }
}
