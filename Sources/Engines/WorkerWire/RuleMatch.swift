package import FleetModel

/// A rule that matched an event. Its texts come from the pack and are opaque to the agent: bounded, valid UTF-8, to be
/// passed on and shown, never interpreted.
package struct RuleMatch: Hashable, Sendable {
    /// The number of the event, as the agent gave it.
    package var sequence: UInt64
    package var ruleID: String
    package var title: String
    /// Sigma's level: `informational`, `low`, `medium`, `high` or `critical`.
    package var level: String
    package var tags: [String]
    package var author: String
    /// What the rule asks for. The worker's word, and so only a wish: the agent's plan decides.
    package var response: RuleResponse
    /// The fields that the rule's condition looked at, with their values, ascending.
    package var fields: [Field]

    package struct Field: Hashable, Sendable {
        package var field: EventField
        /// Text is cut to `WireLimit.valueBytesMax`.
        package var value: FieldValue

        package init(field: EventField, value: FieldValue) {
            self.field = field
            self.value = value
        }
    }

    /// Everything above its bound in `WireLimit` is cut, so that every match can be sent.
    package init(
        sequence: UInt64, ruleID: String, title: String, level: String, tags: [String], author: String,
        response: RuleResponse = .alert, fields: [Field]
    ) {
        self.sequence = sequence
        self.ruleID = ruleID.cut(toBytes: WireLimit.ruleIDBytesMax)
        self.title = title.cut(toBytes: WireLimit.titleBytesMax)
        self.level = level.cut(toBytes: WireLimit.levelBytesMax)
        self.tags = tags.prefix(WireLimit.tagCountMax).map { $0.cut(toBytes: WireLimit.tagBytesMax) }
        self.author = author.cut(toBytes: WireLimit.authorBytesMax)
        self.response = response
        self.fields = fields.prefix(WireLimit.fieldCountMax).map { field in
            guard case .text(let text) = field.value else { return field }
            return Field(field: field.field, value: .text(text.cut(toBytes: WireLimit.valueBytesMax)))
        }
    }
}

extension RuleMatch {
    func write(to bytes: inout [UInt8]) {
        bytes.append(littleEndian: sequence)
        bytes.append(text: ruleID, bytesMax: WireLimit.ruleIDBytesMax)
        bytes.append(text: title, bytesMax: WireLimit.titleBytesMax)
        bytes.append(text: level, bytesMax: WireLimit.levelBytesMax)
        bytes.append(text: author, bytesMax: WireLimit.authorBytesMax)
        bytes.append(response.rawValue)
        bytes.append(UInt8(min(tags.count, WireLimit.tagCountMax)))
        for tag in tags.prefix(WireLimit.tagCountMax) { bytes.append(text: tag, bytesMax: WireLimit.tagBytesMax) }
        bytes.append(UInt8(min(fields.count, WireLimit.fieldCountMax)))
        for field in fields.prefix(WireLimit.fieldCountMax) {
            bytes.append(littleEndian: field.field.rawValue)
            switch field.value {
            case .null: bytes.append(0)
            case .text(let text):
                bytes.append(1)
                bytes.append(text: text, bytesMax: WireLimit.valueBytesMax)
            case .integer(let integer):
                bytes.append(2)
                bytes.append(littleEndian: UInt64(bitPattern: integer))
            }
        }
    }

    init(from reader: inout ByteReader<some Sendable>) throws(WireError) {
        sequence = try reader.integer()
        ruleID = try reader.text("rule_id", bytesMax: WireLimit.ruleIDBytesMax)
        title = try reader.text("title", bytesMax: WireLimit.titleBytesMax)
        level = try reader.text("level", bytesMax: WireLimit.levelBytesMax)
        author = try reader.text("author", bytesMax: WireLimit.authorBytesMax)
        let number = try reader.byte()
        guard let response = RuleResponse(rawValue: number) else {
            throw WireError(.malformed, subject: "match.response", message: "\(number) is none; end the worker")
        }
        self.response = response
        tags = []
        for _ in 0..<(try reader.count("tags", countMax: WireLimit.tagCountMax)) {
            tags.append(try reader.text("tag", bytesMax: WireLimit.tagBytesMax))
        }
        fields = []
        for _ in 0..<(try reader.count("fields", countMax: WireLimit.fieldCountMax)) {
            fields.append(try Field(from: &reader))
        }
    }
}

extension RuleMatch.Field {
    init(from reader: inout ByteReader<some Sendable>) throws(WireError) {
        let number: UInt16 = try reader.integer()
        guard let field = EventField(rawValue: number) else {
            throw WireError(.malformed, subject: "match.field \(number)", message: "not in the schema; end the worker")
        }
        self.field = field
        switch try reader.byte() {
        case 0: value = .null
        case 1: value = .text(try reader.text("value", bytesMax: WireLimit.valueBytesMax))
        case 2: value = .integer(Int64(bitPattern: try reader.integer()))
        case let tag:
            throw WireError(.malformed, subject: "match.value", message: "tag \(tag) is no type; end the worker")
        }
    }
}
