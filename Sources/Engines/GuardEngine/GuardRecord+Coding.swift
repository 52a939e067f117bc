/// The record as a file: `firebreak-guard 1 crc=XXXXXXXX boots=…`, then one `key=value` a line, in this order, each
/// once; a slot is `STANDING:DIGEST`, and lists are separated by commas. Whatever is not exactly so is torn.
extension GuardRecord {
    private static let title: PlainText = "firebreak-guard 1"
    private static let comma = UInt8(ascii: ",")

    package func encode() -> [UInt8] {
        var body: PlainText = "boots=\(bootCount)\n"
        body += "boot=\(bootID)\nended=\(Self.flag(hasEnded))\nwas-clean=\(Self.flag(wasClean))\n"
        body += "unclean=\(uncleanBoots)\nforce=\(force.word)\ntrial=\(Self.slot(trial))\n"
        body += "a=\(Self.field(slotA))\nb=\(Self.field(slotB))\nrunning=\(Self.slot(running))\n"
        body += "trial-starts=\(trialStarts)\ndeaths=\(deaths)\nmode=\(mode.word)\nswitched=\(Self.flag(hasSwitched))\n"
        body += "actions=\(actionsUsed)\nreverted=\(DigestText.field(reverted))\nsweep=\(Self.flag(isSweepDue))\n"
        body += "refused=\(Self.list(refusedBuilds.map { $0.text }))\nremedies=\(Self.list(remedies))\n"
        return ChecksummedText.seal(body, title: Self.title)
    }

    package static func decode(_ bytes: [UInt8]) -> RecordReading {
        guard !bytes.isEmpty else { return .torn("the record is empty") }
        guard let body = ChecksummedText.open(bytes, title: title) else {
            return .torn("the record's title or sum does not hold")
        }
        var fields = FieldReader(body)
        guard let record = GuardRecord(reading: &fields) else {
            return .torn("the record's sum holds, and it is not understood")
        }
        return .whole(record)
    }

    private init?(reading fields: inout FieldReader) {
        guard let boots = fields.next("boots").flatMap({ $0.decimal }),
            let boot = fields.next("boot"), boot.isWord(bytesMax: GuardLimit.bootIDBytesMax)
        else { return nil }
        self.init(bootID: boot)
        bootCount = boots
        guard let ended = fields.flag("ended"), let clean = fields.flag("was-clean"),
            let unclean = fields.count("unclean"), let force = fields.next("force").flatMap({ BuildSlot($0) }),
            let trial = fields.slot("trial"), let slotA = fields.state("a"), let slotB = fields.state("b"),
            let running = fields.slot("running"), let starts = fields.count("trial-starts"),
            let deaths = fields.count("deaths"), let mode = fields.next("mode").flatMap({ GuardMode($0) }),
            let switched = fields.flag("switched"), let actions = fields.count("actions"),
            let reverted = fields.next("reverted").flatMap({ DigestText.read($0) }), let sweep = fields.flag("sweep"),
            let refused = fields.list("refused", countMax: GuardLimit.refusedBuildsMax),
            let remedies = fields.list("remedies", countMax: GuardLimit.remediesMax), fields.isAtEnd
        else { return nil }
        (hasEnded, wasClean, uncleanBoots, self.force, self.trial) = (ended, clean, unclean, force, trial)
        (self.slotA, self.slotB, self.running, trialStarts, self.deaths) = (slotA, slotB, running, starts, deaths)
        (self.mode, hasSwitched, actionsUsed, self.reverted) = (mode, switched, actions, reverted)
        isSweepDue = sweep
        for text in refused {
            guard let digest = DigestText(text) else { return nil }
            refusedBuilds.append(digest)
        }
        for remedy in remedies {
            guard RemedyPlan.accepts(id: remedy) else { return nil }
            self.remedies.append(remedy)
        }
    }

    private static func flag(_ value: Bool) -> PlainText { value ? "1" : "0" }
    private static func slot(_ slot: BuildSlot?) -> PlainText { slot?.word ?? "none" }
    private static func field(_ state: SlotState) -> PlainText {
        "\(state.standing.word):\(DigestText.field(state.digest))"
    }
    private static func list(_ texts: [PlainText]) -> PlainText {
        var list: PlainText = ""
        for (index, text) in texts.enumerated() {
            if index > 0 { list += "," }
            list += text
        }
        return list
    }

    /// Lines of `key=value`, taken in order.
    private struct FieldReader {
        private let lines: [PlainText]
        private var index = 0

        init(_ body: PlainText) { lines = body.lines }

        /// Behind the last line feed stands nothing.
        var isAtEnd: Bool { index == lines.count - 1 && lines[index] == "" }

        mutating func next(_ key: PlainText) -> PlainText? {
            guard index < lines.count, let value = lines[index].rest(after: key + "=") else { return nil }
            index += 1
            return value
        }

        mutating func flag(_ key: PlainText) -> Bool? {
            guard let value = next(key), value == "0" || value == "1" else { return nil }
            return value == "1"
        }

        mutating func count(_ key: PlainText) -> Int? {
            guard let value = next(key).flatMap({ $0.decimal }), value <= UInt64(Int32.max) else { return nil }
            return Int(value)
        }

        mutating func slot(_ key: PlainText) -> BuildSlot?? {
            guard let value = next(key) else { return nil }
            if value == "none" { return .some(nil) }
            return BuildSlot(value).map(Optional.some)
        }

        mutating func state(_ key: PlainText) -> SlotState? {
            guard let parts = next(key)?.split(at: UInt8(ascii: ":")), parts.count == 2,
                let standing = SlotState.Standing(parts[0]), let digest = DigestText.read(parts[1])
            else { return nil }
            return SlotState(standing, digest)
        }

        mutating func list(_ key: PlainText, countMax: Int) -> [PlainText]? {
            guard let value = next(key) else { return nil }
            let parts = value.bytes.isEmpty ? [] : value.split(at: GuardRecord.comma)
            return parts.count <= countMax ? parts : nil
        }
    }
}
