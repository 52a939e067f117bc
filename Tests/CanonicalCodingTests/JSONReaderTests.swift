import CanonicalCoding
import FleetModel
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
    static let reader = JSONReader(["rules": [["id": "a"], ["id": 7]], "count": 3, "none": nil, "name": "linux-core"])

    @Test("members are read by name and type")
    func reads() throws {
        #expect(try Self.reader.member("rules").elements()[0].member("id").string() == "a")
        #expect(try Self.reader.member("count").integer(in: 0...3) == 3)
        #expect(try Self.reader.member("count").number() == 3)
        #expect(try Self.reader.optional("none")?.value == nil)
        #expect(try Self.reader.optional("absent")?.value == nil)
        #expect(try Self.reader.member("name").identifier(PackName.self).text == "linux-core")
    }

    @Test("a refusal names the path to the member")
    func paths() {
        let type = #expect(throws: JSONError.self) {
            try Self.reader.member("rules").elements()[1].member("id").string()
        }
        #expect(type?.subject == "rules[1].id")
        #expect(type?.code == .wrongType)
        #expect(throws: JSONError(.missing, subject: "absent", message: "this member is missing")) {
            try Self.reader.member("absent")
        }
        let range = #expect(throws: JSONError.self) { try Self.reader.member("count").integer(in: 0...2) }
        #expect(range?.code == .invalidValue)
        let unknown = #expect(throws: JSONError.self) { try Self.reader.requireNoMembers(beside: ["rules", "count"]) }
        #expect(unknown?.code == .unexpected)
        let identifier = #expect(throws: JSONError.self) { try Self.reader.member("count").identifier(PackName.self) }
        #expect(identifier?.code == .wrongType)
    }
}
