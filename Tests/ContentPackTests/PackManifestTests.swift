import CanonicalCoding
import ContentPack
import FleetModel
import Testing

@Suite("Pack manifest")
struct PackManifestTests {
    static func manifest() throws -> PackManifest { try PackFixture.unsigned().manifest }

    @Test("a manifest reads back as itself, with and without a fault marker")
    func roundTrip() throws {
        var manifest = try Self.manifest()
        #expect(try PackManifest(decoding: manifest.encoded()) == manifest)
        manifest.chaos = .crashOnLoad
        #expect(try PackManifest(decoding: manifest.encoded()) == manifest)
    }

    @Test(
        "a refusal names the member that is wrong",
        arguments: [
            ("format", 2, "format"), ("name", "Not A Name", "name"), ("version", "1.0", "version"),
            ("schema_version", 65_536, "schema_version"), ("release_notes", 1, "release_notes"),
            ("chaos", "explode", "chaos"),
            ("extra", 1, "extra"), ("rules", [["id": "a"]], "rules[0].title"), ("members", [7], "members[0]"),
            ("members", [["path": "../x", "length": 1, "sha256": "00"]], "members[0].path"),
            ("members", [["path": "rules/x", "length": -1, "sha256": "00"]], "members[0].length"),
            ("program", ["length": 1, "sha256": "00", "cost_bound": 1], "program.sha256"),
        ] as [(String, JSONValue, String)])
    func refusals(name: String, value: JSONValue, subject: String) throws {
        var object = try JSONReader(Self.manifest().json).object()
        object[name] = value
        let bytes = try CanonicalJSON.encode(.object(object))
        let error = #expect(throws: PackError.self) { try PackManifest(decoding: bytes) }
        #expect(error?.code == .manifestInvalid)
        #expect(error?.subject == subject)
    }

    @Test("every member must be there")
    func missing() throws {
        let object = try JSONReader(Self.manifest().json).object()
        for name in object.names {
            var less = object
            less[name] = nil
            let error = #expect(throws: PackError.self) {
                try PackManifest(decoding: CanonicalJSON.encode(.object(less)))
            }
            #expect(error?.subject == name)
        }
    }

    @Test("a manifest in another form than the canonical one is refused")
    func canonicalOnly() throws {
        let bytes = try Self.manifest().encoded()
        #expect(throws: PackError.self) { try PackManifest(decoding: bytes + [0x0A]) }
        #expect(throws: PackError.self) { try PackManifest(decoding: [0x20] + bytes) }
    }

    @Test("the manifest and the members must belong together")
    func contents() throws {
        let missingSource = #expect(throws: PackError.self) { try PackFixture.unsigned { $0.files.removeAll() } }
        #expect(missingSource?.code == .contentMismatch)
        #expect(missingSource?.subject == "a-rule")
    }

    @Test("values above their bounds cannot be written")
    func bounds() throws {
        for change in [
            { $0.releaseNotes = String(repeating: "x", count: PackLimits.releaseNotesBytesMax + 1) },
            { $0.costBound = .max },
            { $0.rules[0].tags = Array(repeating: "t", count: PackLimits.ruleTagCountMax + 1) },
            { $0.rules[0].title = String(repeating: "x", count: PackLimits.ruleTextBytesMax + 1) },
            { $0.rules[1].id = $0.rules[0].id },
        ] as [(inout UnsignedPack.Draft) -> Void] {
            let error = #expect(throws: PackError.self) { try PackFixture.unsigned(change) }
            #expect(error?.code == .manifestInvalid)
        }
    }
}
