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
        let rules = (0..<ruleCount).map { number in
            DraftRule(
                metadata: RuleMetadata(
                    id: "rule-\(number)", title: "Evil image", level: .high, tags: ["attack.t1059"], author: "Tests"),
                kind: .processCreation,
                code: RuleCode(instructions: [
                    .init(
                        Predicate(field: .image, test: .contains(Array("evil".utf8))), onTrue: .accept,
                        onFalse: .reject)
                ]))
        }
        return try ProgramDraft(rules: rules, chaos: chaos).encoded()
    }

    /// 200 rules, each with an operand of 8 KiB of its own.
    static func largeProgram() throws -> [UInt8] {
        let rules = (0..<200).map { number in
            let operand = Array("\(number)".utf8) + [UInt8](repeating: 0x61, count: 8000)
            return DraftRule(
                metadata: RuleMetadata(id: "rule-\(number)", title: "Large", level: .low, tags: [], author: ""),
                kind: .processCreation,
                code: RuleCode(instructions: [
                    .init(Predicate(field: .image, test: .equals(operand)), onTrue: .accept, onFalse: .reject)
                ]))
        }
        return try ProgramDraft(rules: rules).encoded()
    }

    static func event(image: String) -> [UInt8] {
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 1))
        event[.processId] = .integer(77)
        event[.image] = .text(image)
        event[.commandLine] = .text("\(image) --with some --more arguments")
        return EventCoding.encode(event)
    }
}
