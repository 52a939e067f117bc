import DetectionEngine
import FleetModel
import Testing

@Suite("Program")
struct ProgramSmokeTests {
    @Test("a program that was written loads, states its cost, and matches")
    func roundTrip() throws {
        let code = RuleCode(instructions: [
            .init(
                Predicate(field: .image, test: .endsWith(Array("/sh".utf8))), onTrue: .instruction(1), onFalse: .reject),
            .init(
                Predicate(field: .commandLine, test: .contains(Array("| sh".utf8))), onTrue: .accept, onFalse: .reject),
        ])
        let metadata = RuleMetadata(
            id: "3f0c7c0e-0000-4000-8000-000000000001", title: "t", level: .high, tags: ["attack.t1059"], author: "a")
        let draft = ProgramDraft(rules: [DraftRule(metadata: metadata, kind: .processCreation, code: code)])
        let bytes = try draft.encoded()
        var interpreter = ProgramInterpreter(try DetectionProgram(loading: bytes))
        var event = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0))
        event[.image] = .text("/usr/bin/SH")
        event[.commandLine] = .text("curl x | Sh")
        let match = DetectionMatch(
            rule: metadata,
            fields: [
                .init(field: .image, value: .text("/usr/bin/SH")),
                .init(field: .commandLine, value: .text("curl x | Sh")),
            ])
        #expect(interpreter.matches(of: event) == [match])
        event[.image] = .text("/usr/bin/bash")
        #expect(interpreter.matches(of: event).isEmpty)
    }
}
