import CanonicalCoding
package import FleetModel

/// One event as one line of a recording:
/// `{"at_ms":0,"fields":{"Image":"/bin/sh"},"kind":"process_creation","lineage":[{...}]}`.
///
/// Fields have Sigma's names; null is a value that is known to be none. A process of the lineage has `process_id`,
/// `parent_process_id`, `image`, `command_line`, `user` and, where known, `started_at_ms`.
package enum RecordingLine {
    /// The line, without its line feed.
    package static func encode(_ event: TelemetryEvent) throws(SensorError) -> [UInt8] {
        let fields = event.fields.map { ($0.field.name, json($0.value)) }
        var members: [(String, JSONValue)] = [
            ("kind", .string(event.kind.category)),
            ("at_ms", .integer(event.at.milliseconds)),
            ("fields", .object(JSONObject(fields))),
        ]
        if !event.lineage.isEmpty { members.append(("lineage", .array(event.lineage.map(json)))) }
        do {
            return try CanonicalJSON.encode(.object(JSONObject(members)))
        } catch {
            throw SensorError(.recordingUnwritable, subject: "event", message: error.description)
        }
    }

    /// The event of a line.
    ///
    /// - Parameter subject: What the line is called in an error: file and number.
    package static func decode(_ line: [UInt8], subject: String) throws(SensorError) -> TelemetryEvent {
        do throws(JSONError) {
            let limits = JSONParser.Limits(
                bytesMax: SensorLimit.recordingLineBytesMax, depthMax: SensorLimit.recordingDepthMax)
            return try event(JSONReader(try JSONParser.parse(line, limits: limits)))
        } catch {
            throw SensorError(
                .recordingMalformed, subject: subject,
                message: "\(error.description); record it again, or mend the line")
        }
    }

    private static func json(_ value: FieldValue) -> JSONValue {
        switch value {
        case .null: .null
        case .text(let text): .string(text)
        case .integer(let integer): .integer(integer)
        }
    }

    private static func json(_ node: ProcessNode) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("process_id", .integer(Int64(node.processId))),
            ("parent_process_id", .integer(Int64(node.parentProcessId))),
            ("image", .string(node.image)),
            ("command_line", .string(node.commandLine)),
            ("user", .string(node.user)),
        ]
        if let startedAt = node.startedAt { members.append(("started_at_ms", .integer(startedAt.milliseconds))) }
        return .object(JSONObject(members))
    }

    private static func event(_ reader: JSONReader) throws(JSONError) -> TelemetryEvent {
        try reader.requireNoMembers(beside: ["kind", "at_ms", "fields", "lineage"])
        let kindReader = try reader.member("kind")
        let name = try kindReader.string()
        guard let kind = EventKind.allCases.first(where: { $0.category == name }) else {
            throw kindReader.refusal("no such kind of event")
        }
        var lineage: [ProcessNode] = []
        if let nodes = try reader.optional("lineage") {
            for node in try nodes.elements().prefix(TelemetryEvent.lineageCountMax) {
                lineage.append(try process(node))
            }
        }
        let at = Moment(milliseconds: try reader.member("at_ms").integer())
        var event = TelemetryEvent(kind: kind, at: at, lineage: lineage)
        let fields = try reader.member("fields")
        for name in try fields.object().names {
            let value = try fields.member(name)
            guard let field = EventField(name: name), kind.fields.contains(field) else {
                throw value.refusal("\(kind.category) has no such field")
            }
            switch (value.value, field.type) {
            case (.null, _): event[field] = .null
            case (_, .text): event[field] = .text(try value.string())
            case (_, .integer): event[field] = .integer(try value.integer())
            }
        }
        return event
    }

    private static func process(_ reader: JSONReader) throws(JSONError) -> ProcessNode {
        let ids = Int64(0)...Int64(Int32.max)
        return ProcessNode(
            processId: Int32(try reader.member("process_id").integer(in: ids)),
            parentProcessId: Int32(try reader.member("parent_process_id").integer(in: ids)),
            image: try reader.member("image").string(),
            commandLine: try reader.member("command_line").string(),
            user: try reader.member("user").string(),
            startedAt: try reader.optional("started_at_ms").map { value throws(JSONError) in
                Moment(milliseconds: try value.integer())
            })
    }
}
