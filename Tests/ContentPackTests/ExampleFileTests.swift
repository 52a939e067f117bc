import CanonicalCoding
import FleetModel
import Testing

@testable import ContentPack

@Suite("Example file")
struct ExampleFileTests {
    private static func read(_ text: String) throws(JSONError) -> ExampleFile {
        try ExampleFile(decoding: Array(text.utf8), bytesMax: 1 << 20)
    }

    static let text = #"""
        {
          "true": [
            {"kind": "process_creation", "at_ms": 5,
             "fields": {"Image": "/bin/[sh]", "ProcessId": 7, "CommandLine": null}},

            {"kind": "file_event", "fields": {"TargetFilename": "/etc/passwd, \"x\""}}
          ],
          "false": [{"kind": "process_creation", "fields": {}}, {"kind": "process_termination",
            "fields": {}}
          ]
        }
        """#

    @Test("events, their sides and their lines are read")
    func reads() throws {
        let examples = try Self.read(Self.text).examples
        #expect(examples.map(\.isMatch) == [true, true, false, false])
        #expect(examples.map(\.line) == [3, 6, 8, 8])
        #expect(examples[0].event.at == Moment(milliseconds: 5))
        #expect(examples[0].event[.image] == .text("/bin/[sh]"))
        #expect(examples[0].event[.processId] == .integer(7))
        #expect(examples[0].event[.commandLine] == .null)
        #expect(examples[0].event[.user] == nil)
        #expect(examples[1].event.kind == .fileEvent)
    }

    @Test(
        "a refusal names the place",
        arguments: [
            (#"{"true":[],"false":[]}"#, "true"), (#"{"true":[{"kind":"x","fields":{}}],"false":[]}"#, "true[0].kind"),
            (#"{"true":[{"kind":"file_event","fields":{"Imag":"x"}}],"false":[]}"#, "true[0].fields.Imag"),
            (
                #"{"true":[{"kind":"file_event","fields":{"ParentImage":"x"}}],"false":[]}"#,
                "true[0].fields.ParentImage"
            ),
            (#"{"true":[{"kind":"file_event","fields":{"ProcessId":"x"}}],"false":[]}"#, "true[0].fields.ProcessId"),
            (#"{"true":[{"kind":"file_event","fields":{"Image":1}}],"false":[]}"#, "true[0].fields.Image"),
            (#"{"true":[{"kind":"file_event","fields":{},"more":1}],"false":[]}"#, "true[0].more"),
            (#"{"true":[{"kind":"file_event","fields":{}}]}"#, "false"), (#"{"true":[{"#, "byte 10"), ("[]", ""),
        ])
    func refusals(text: String, subject: String) {
        let error = #expect(throws: JSONError.self) { try Self.read(text) }
        #expect(error?.subject == subject)
    }
}
