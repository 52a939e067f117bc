import ContentPack
import DetectionEngine
import FleetModel
import Foundation
import TestSupport
import Testing
import UpdateTrust

@testable import ContentPublisher

@Suite("Pack builder")
struct PackBuilderTests {
    let fixture: PublisherFixture

    init() throws { fixture = try PublisherFixture() }

    @Test("a built pack is believed by the verifier and lists its rules")
    func builds() throws {
        let built = try fixture.build()
        let verified = try PackVerifier(trustedKeys: fixture.trustedKeys).verify(
            UnverifiedPack(built.bytes), expecting: ReleaseID(accepted: "linux-core@1.0.0"), digest: built.digest)
        #expect(built.fileName == "linux-core-1.0.0.fbpack")
        #expect(built.exampleCount == 4)
        let rules = verified.manifest.rules
        #expect(rules.map(\.id) == [PublisherFixture.shellID, PublisherFixture.shadowID])
        #expect(rules.map(\.title) == ["Shell From Web Server", "Shadow File Written"])
        #expect(rules.map(\.level) == ["high", "medium"])
        #expect(rules.map(\.status) == ["test", "stable"])
        #expect(rules.map(\.file) == ["rules/shell.yml", "rules/shadow.yml"])
        #expect(rules[0].tags == ["attack.execution", "attack.t1059.004"])
        let program = try DetectionProgram(loading: Array(verified.program))
        #expect(program.ruleCount == 2)
        #expect(program.costBound == verified.manifest.program.costBound)
    }

    @Test("the same sources and key give the same file, byte for byte")
    func reproducible() throws {
        #expect(try fixture.build().bytes == fixture.build().bytes)
        #expect(try fixture.build().digest != fixture.build(version: "1.0.1").digest)
    }

    @Test("a build tells how far it is")
    func progress() throws {
        var steps: [PackBuilder.Step] = []
        let built = try fixture.build { steps.append($0) }
        #expect(steps.count == 4)
        #expect(steps.first == .sourcesRead(ruleFileCount: 2, exampleFileCount: 2))
        #expect(steps.contains(.examplesHeld(eventCount: 4)))
        #expect(steps.last == .signed(fileBytes: built.bytes.count, digest: built.digest))
    }

    @Test("a rule that misses a true event, or matches a false one, is not signed; file and line are named")
    func examplesFail() throws {
        try fixture.folder.write(
            "examples/\(PublisherFixture.shellID).json",
            PublisherFixture.examples(PublisherFixture.shellFalse, PublisherFixture.shellTrue))
        let error = fixture.refusal()
        #expect(error?.code == .exampleFailed)
        #expect(error?.problems.map(\.line) == [3, 6])
        #expect(error?.problems.allSatisfy { $0.file == "examples/\(PublisherFixture.shellID).json" } == true)
    }

    @Test("a rule without examples, and examples without a rule, are both named")
    func examplesIncomplete() throws {
        let name = "examples/\(PublisherFixture.shellID).json"
        try FileManager.default.removeItem(atPath: fixture.folder.file(name))
        try fixture.folder.write("examples/nobody.json", PublisherFixture.examples("{}", "{}"))
        let error = fixture.refusal()
        #expect(error?.code == .examplesInvalid)
        #expect(error?.problems.map(\.file) == ["rules/shell.yml", "examples/nobody.json"])
    }

    @Test("an example file that does not parse is named with its line")
    func examplesMalformed() throws {
        try fixture.folder.write(
            "examples/\(PublisherFixture.shadowID).json", "{\n  \"true\": [\n    nonsense\n  ]\n}\n")
        let error = fixture.refusal()
        #expect(error?.code == .examplesInvalid)
        #expect(error?.problems.map(\.line) == [3])
    }

    @Test("a rule that does not parse is named with its line, and every such rule")
    func rulesMalformed() throws {
        try fixture.folder.write("rules/broken.yml", "title: Broken\n\tid: x\n")
        try fixture.folder.write(
            "rules/shell.yml",
            PublisherFixture.shellRule.replacing("ParentImage|endswith", with: "ParentImage|telepathy"))
        let error = fixture.refusal()
        #expect(error?.code == .rulesInvalid)
        #expect(Set(error?.problems.map(\.file) ?? []) == ["rules/broken.yml", "rules/shell.yml"])
        #expect(error?.problems.first { $0.file == "rules/shell.yml" }?.line == 11)
    }

    @Test("a folder without rules, or with a link for a rule, is refused")
    func sources() throws {
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.file("rules/link.yml"), withDestinationPath: "/etc/passwd")
        #expect(fixture.refusal()?.code == .sourcesUnreadable)
        try FileManager.default.removeItem(atPath: fixture.folder.file("rules"))
        #expect(fixture.refusal()?.code == .sourcesUnreadable)
        try FileManager.default.createDirectory(
            atPath: fixture.folder.file("rules"), withIntermediateDirectories: false)
        #expect(fixture.refusal()?.code == .sourcesUnreadable)
    }

    @Test("a fault marker is in the manifest and in the program, under the same name", arguments: PackChaos.allCases)
    func chaos(marker: PackChaos) throws {
        #expect(ChaosMarker(name: marker.rawValue)?.name == marker.rawValue)
        let built = try fixture.build(chaos: marker)
        #expect(built.manifest.chaos == marker)
        let verified = try PackVerifier(trustedKeys: fixture.trustedKeys).verify(UnverifiedPack(built.bytes))
        #expect(try DetectionProgram(loading: Array(verified.program)).chaos?.name == marker.rawValue)
    }

    @Test("every code says what to do next")
    func codes() {
        for code in PublishError.Code.allCases { #expect(code.nextStep.hasSuffix(".")) }
    }
}
