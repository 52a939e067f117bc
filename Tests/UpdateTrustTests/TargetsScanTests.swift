import CanonicalCoding
import FleetModel
import Testing

@testable import UpdateTrust

@Suite("Scanned targets")
struct TargetsScanTests {
    private static let hash = #"{"sha256":"00"}"#

    private static func file(_ targets: String, before: String = "", after: String = "") -> String {
        #"{"signatures":[{"keyid":"targets","sig":""}],"signed":{"#
            + #""_type":"targets",\#(before)"expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","#
            + #""targets":\#(targets),"version":1\#(after)}}"#
    }

    private static func target(_ name: String, _ rest: String = "") -> String {
        #""\#(name)":{"hashes":\#(hash),"length":1\#(rest)}"#
    }

    /// What the parser alone makes of the file: what is signed, and the targets.
    private static func parsed(_ text: String) throws -> (message: [UInt8]?, targets: [TufTarget]) {
        let bytes = Array(text.utf8)
        let tree = JSONReader(try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: bytes.count)))
        let signed = try tree.member("signed")
        let targets = try signed.member("targets").object().members.map {
            try TufTarget(path: $0.name, reading: JSONReader($0.value))
        }
        return (TufJSON.canonical(signed.value), targets)
    }

    private static let many = (0..<300).map { target("a/\(1000 + $0)") }.joined(separator: ",")

    @Test(
        "what is scanned is what the parser reads, and so is what is signed",
        arguments: [
            file("{}"), file("{ \n}"), file("{\(target("a"))}"), file("{\(many)}"),
            file("{\(target("a")),\(target("a/b")),\(target("b"))}"),
            file(" {\t\(target("a")) ,\r\n \(target("b")) } "),
            file("{\(target("a", #", "x" : [ 1 , -2, "y" , {}, [ ] ] "#))}"),
            file("{\(target("a", #","x":[true,false,null,-1,0,{"y":{}}]"#))}"),
            file(
                #"{"a":{"custom":null,"hashes":\#(hash),"length":0},"b":{"custom":{"x":"1"},"hashes":\#(hash),"length":2}}"#
            ),
            file("{\(target("a", #","x":"\"\\\/\b\f\n\r\t""#)),\(target("b"))}"),
            file("{\(target("é")),\(target("\u{FB01}")),\(target("\u{1F600}"))}"),
            file("{\(target("a"))}", before: #""delegations":{"keys":{},"roles":[]},"#),
            file("{\(target("a"))}", after: #","x":{"targets":{"a":1}}"#),
            file("{\(target("a"))}", before: #""a":"\"targets\":{","#),
        ])
    func same(text: String) throws {
        let scan = try #require(TargetsScan(Array(text.utf8)))
        let rest = JSONReader(
            try JSONParser.parse(scan.rest, limits: JSONParser.Limits(bytesMax: text.utf8.count)))
        let wanted = try Self.parsed(text)
        let message = TufMessage(try rest.member("signed").object(), targets: scan.canonical)
        #expect(message?.bytes == wanted.message)
        #expect(Set(scan.table.all.map(\.path)) == Set(wanted.targets.map(\.path)))
        for target in wanted.targets { #expect(scan.table[target.path] == target) }
        for path in ["", "a/", "zz", "a\""] where !wanted.targets.contains(where: { $0.path == path }) {
            #expect(scan.table[path] == nil)
        }
        let envelope = try TufEnvelope(reading: Array(text.utf8), bytesMax: text.utf8.count, subject: "targets")
        #expect(envelope.scanned != nil)
    }

    @Test(
        "what does not ascend or is oddly written is read by the parser, to the same end",
        arguments: [
            file("{\(target("b")),\(target("a"))}"), file(#"{\#(target(#"\u0061"#))}"#),
            file(#"{\#(target(#"a\\b"#))}"#),
            file("{\(target("a", #","x":"\u00e9""#))}"), file("{\(target("a", #","z":1,"y":2"#))}"),
        ])
    func fallback(text: String) throws {
        let bytes = Array(text.utf8)
        #expect(TargetsScan(bytes) == nil)
        let envelope = try TufEnvelope(reading: bytes, bytesMax: bytes.count, subject: "targets")
        let targets = try TufTargets(reading: envelope, role: "targets").targets
        for target in try Self.parsed(text).targets { #expect(targets[target.path] == target) }
    }

    @Test(
        "what the parser refuses is refused",
        arguments: [
            file("{\(target("a")),\(target("a"))}"), file("{\(target("a")),}"), file("{,\(target("a"))}"),
            file("{\(target("a")) \(target("b"))}"), file(#"{"a":{"hashes":\#(hash)}}"#), file(#"{"a":{"length":1}}"#),
            file(#"{"a":{"hashes":{},"length":1}}"#), file(#"{"a":{"hashes":{"sha256":1},"length":1}}"#),
            file(#"{"a":{"hashes":\#(hash),"length":-1}}"#), file(#"{"a":{"hashes":\#(hash),"length":01}}"#),
            file(#"{"a":{"hashes":\#(hash),"length":1.5}}"#), file(#"{"a":{"hashes":\#(hash),"length":1 2}}"#),
            file(#"{"a":{"hashes":\#(hash),"length":99999999999999999999}}"#), file(#"{"a":1}"#), file("[]"),
            file("{\(target("a", #","x":-0"#))}"), file("{\(target("a", #","x":1e2"#))}"),
            file("{\(target("a", #","x":tru"#))}"), file("{\(target("a", #","x":"\q""#))}"),
            file("{\(target("a", ",\"x\":\"\n\""))}"), file("{\(target("a", #","x":"\ud800""#))}"),
            file(
                "{\(target("a", #","x":\#(String(repeating: "[", count: 29))\#(String(repeating: "]", count: 29))"#))}"),
            file("{\(target("a"))}", after: #","targets":{}"#), file("{\(target("a"))}", before: #""targets":{},"#),
            file("{\(target("a"))}", before: #""a":[}],"#), file("{\(target("a"))}", after: "]"),
            String(file("{\(target("a"))}").dropLast()), file("{\(target("a"))}") + "}",
        ])
    func refused(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: TufError.self) {
            _ = try TufTargets(
                reading: try TufEnvelope(reading: bytes, bytesMax: bytes.count, subject: "targets"), role: "targets")
        }
    }

    @Test("a name or a text that is not well-formed UTF-8 is refused")
    func encoding() {
        let text = Array(Self.file("{\(Self.target("a~"))}").utf8)
        let bytes = text.map { $0 == UInt8(ascii: "~") ? 0xFF : $0 }
        #expect(TargetsScan(text) != nil && TargetsScan(bytes) == nil)
        #expect(throws: TufError.self) {
            _ = try TufEnvelope(reading: bytes, bytesMax: bytes.count, subject: "targets")
        }
    }

    @Test(
        "any file with any byte changed is read as the parser reads it, or refused as it does", .serialized,
        arguments: 0..<4)
    func changed(part: Int) throws {
        let text = Self.file(" {\(Self.target("a", #","x":[1,"\n",{"y":null}]"#)), \(Self.target("b"))}")
        let original = Array(text.utf8)
        let values: [UInt8] = Array("\"\\{}[]:,0-.e nax\n".utf8) + [0x00, 0x80]
        for index in original.indices where index % 4 == part {
            for value in values {
                var bytes = original
                bytes[index] = value
                let tree = try? JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: bytes.count))
                guard let scan = TargetsScan(bytes),
                    let rest = try? JSONParser.parse(scan.rest, limits: JSONParser.Limits(bytesMax: bytes.count))
                else { continue }
                let wanted = try #require(tree, "byte \(index) as \(value) is taken, and it is not well-formed")
                let signed = try JSONReader(wanted).member("signed")
                let message = TufMessage(try JSONReader(rest).member("signed").object(), targets: scan.canonical)
                #expect(message?.bytes == TufJSON.canonical(signed.value), "byte \(index) as \(value)")
            }
        }
    }
}
