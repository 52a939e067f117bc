import DetectionEngine
import FleetModel
import Glibc
import WorkerSandbox
import WorkerWire

enum Executables {
    static let folder: String = {
        guard let path = realpath("/proc/self/exe", nil) else { return "." }
        defer { free(path) }
        let text = String(cString: path)
        return String(text[..<(text.lastIndex(of: "/") ?? text.startIndex)])
    }()

    static let worker = "\(folder)/firebreak-worker"
}

enum Samples {
    /// One rule: an image that contains `evil`.
    static func program(chaos: ChaosMarker? = nil, ruleCount: Int = 1) throws -> [UInt8] {
        try program(
            (0..<ruleCount).map { number in
                rule("rule-\(number)", "Evil image", .high, .contains(Array("evil".utf8)), tags: ["attack.t1059"])
            }, chaos: chaos)
    }

    /// 100 rules, each with an operand of 2,000 bytes of its own: some 3 MiB.
    static func largeProgram() throws -> [UInt8] {
        try program(
            (0..<100).map { number in
                let operand = Array("\(number)".utf8) + [UInt8](repeating: 0x61, count: 2_000)
                return rule("rule-\(number)", "Large", .low, .equals(operand), tags: [])
            }, chaos: nil)
    }

    private static func rule(
        _ id: String, _ title: String, _ level: RuleLevel, _ test: Predicate.Test, tags: [String]
    ) -> DraftRule {
        DraftRule(
            metadata: RuleMetadata(
                id: id, title: title, level: level, tags: tags, author: "Tests", response: .kill),
            expression: .test(Predicate(.named("Image"), test)))
    }

    private static func program(_ rules: [DraftRule], chaos: ChaosMarker?) throws -> [UInt8] {
        let category = Predicate(
            .named(SourceTag.category), .equals(Array(EventKind.processCreation.category.utf8)))
        let group = DraftGroup(
            name: "linux/process_creation/*", routes: [DraftRoute(when: .test(category))], rules: rules)
        return try ProgramDraft(groups: [group], chaos: chaos).encoded()
    }

    static func event(image: String) -> [UInt8] {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 1))
        event[.processId] = .integer(77)
        event[.image] = .text(image)
        event[.commandLine] = .text("\(image) --with some --more arguments")
        return EventCoding.encode(event)
    }
}
