/// The record for people, or as JSON. Every text in it is a word of ASCII without quotes: nothing needs escaping.
struct StatusView {
    let record: GuardRecord
    /// Process id; nil when no agent of the guard's runs.
    let agent: Int?
    let isJSON: Bool

    private enum Value {
        case text(PlainText)
        case number(UInt64)
        case flag(Bool)
        case none
        case list([PlainText])
    }

    private var fields: [(name: PlainText, value: Value)] {
        [
            ("mode", .text(record.mode.word)), ("agent_pid", agent.map { .number(UInt64($0)) } ?? .none),
            ("slot_in_force", .text(record.force.word)),
            ("slot_on_trial", record.trial.map { .text($0.word) } ?? .none),
            ("slot_a", .text(record.slotA.standing.word)),
            ("slot_a_digest", record.slotA.digest.map { .text($0.text) } ?? .none),
            ("slot_b", .text(record.slotB.standing.word)),
            ("slot_b_digest", record.slotB.digest.map { .text($0.text) } ?? .none),
            ("boot_count", .number(record.bootCount)), ("boot_id", .text(record.bootID)),
            ("last_boot_clean", .flag(record.wasClean)), ("this_boot_ended", .flag(record.hasEnded)),
            ("unclean_boots", .number(UInt64(record.uncleanBoots))), ("deaths", .number(UInt64(record.deaths))),
            ("trial_starts", .number(UInt64(record.trialStarts))),
            ("actions_used", .number(UInt64(record.actionsUsed))),
            ("actions_max", .number(UInt64(GuardLimit.actionsMax))),
            ("reverted_pack", record.reverted.map { .text($0.text) } ?? .none),
            ("refused_builds", .list(record.refusedBuilds.map { $0.text })), ("remedies", .list(record.remedies)),
        ]
    }

    var text: PlainText {
        var text: PlainText = isJSON ? "{" : ""
        for (index, field) in fields.enumerated() {
            if isJSON {
                if index > 0 { text += "," }
                text += "\"\(field.name)\":\(Self.json(field.value))"
            } else {
                text += field.name + PlainText([UInt8](repeating: 0x20, count: max(1, 17 - field.name.bytes.count)))
                text += Self.plain(field.value) + "\n"
            }
        }
        return isJSON ? text + "}\n" : text
    }

    private static func json(_ value: Value) -> PlainText {
        switch value {
        case .text(let text): return "\"\(text)\""
        case .number(let number): return PlainText(decimal: number)
        case .flag(let flag): return flag ? "true" : "false"
        case .none: return "null"
        case .list(let texts):
            var list: PlainText = "["
            for (index, text) in texts.enumerated() {
                if index > 0 { list += "," }
                list += "\"\(text)\""
            }
            return list + "]"
        }
    }

    private static func plain(_ value: Value) -> PlainText {
        switch value {
        case .text(let text): return text
        case .number(let number): return PlainText(decimal: number)
        case .flag(let flag): return flag ? "yes" : "no"
        case .none: return "-"
        case .list(let texts):
            var list: PlainText = texts.isEmpty ? "-" : ""
            for text in texts { list += text + " " }
            return list
        }
    }
}
