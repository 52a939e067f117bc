import ContentPack
import FleetModel
import Foundation
import Testing

@Suite("Pack archive")
struct PackArchiveTests {
    @Test("equal content is an equal file, whatever the order it was given in")
    func reproducible() throws {
        let first = try PackFixture.bytes()
        let second = try PackFixture.bytes {
            $0.files.reverse()
            $0.rules.reverse()
        }
        #expect(first == second)
    }

    @Test("what goes in comes out")
    func roundTrip() throws {
        let contents = try PackFixture.read(PackFixture.bytes())
        #expect(contents.manifest.release.text == "linux-core@1.4.0")
        #expect(contents.manifest.rules.map(\.id) == ["a-rule", "b-rule"])
        #expect(Array(contents.program) == Array("FBPROGRAM".utf8))
        #expect(contents.files.map(\.name) == ["examples/a-rule.json", "rules/a.yml", "rules/b.yml"])
        #expect(contents.file(named: "rules/b.yml")?.count == 700)
        #expect(contents.file(named: "rules/c.yml") == nil)
    }

    @Test("the system's tar lists and checks the file")
    func systemTar() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "pack-\(UUID().uuidString).fbpack")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(PackFixture.bytes()).write(to: file)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["tar", "--numeric-owner", "-tvf", file.path]
        process.environment = ["TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        #expect(
            lines.map { $0.last.map(String.init) } == [
                "signature", "manifest.json", "program.bin", "examples/a-rule.json", "rules/a.yml", "rules/b.yml",
            ])
        #expect(lines.allSatisfy { $0[0] == "-rw-r--r--" && $0[1] == "0/0" && $0[3] == "1970-01-01" }, "\(text)")
    }

    @Test("every proper prefix of a pack is refused, and most of them as cut off")
    func truncation() throws {
        let bytes = try PackFixture.bytes()
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: PackError.self) {
                let pack = UnverifiedPack(Array(bytes.prefix(count)))
                _ = try pack.signature()
                _ = try PackContents(reading: pack, digest: PackFixture.digest)
            }
        }
        let error = #expect(throws: PackError.self) { try PackFixture.read(Array(bytes.dropLast(512))) }
        #expect(error?.code == .truncated)
    }

    @Test("a changed byte behind the signature is refused even without the signature, or shows in the manifest")
    func everyByteCounts() throws {
        let bytes = try PackFixture.bytes()
        let manifest = try PackFixture.read(bytes).manifest
        for place in stride(from: PackSignature.bodyOffset, to: bytes.count, by: 3) {
            var changed = bytes
            changed[place] ^= 0x01
            let read = try? PackFixture.read(changed).manifest
            #expect(read == nil || read != manifest, "byte \(place)")
        }
    }

    @Test("no bytes, however mangled, trap the reader")
    func mangled() throws {
        let bytes = try PackFixture.bytes()
        var random = SplitMix(state: 0xF1FE)
        for _ in 0..<3_000 {
            var changed = bytes
            for _ in 0...Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(changed.count))
                switch random.next() % 5 {
                case 0: changed[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: changed.removeSubrange(place..<min(changed.count, place + 512))
                case 2: changed.insert(contentsOf: changed.prefix(512), at: place / 512 * 512)
                case 3: changed.replaceSubrange(place..<min(changed.count, place + 12), with: "77777777777\0".utf8)
                default: changed.append(UInt8(truncatingIfNeeded: random.next()))
                }
                if changed.isEmpty { changed = [0] }
            }
            let pack = UnverifiedPack(changed)
            _ = try? pack.signature()
            // What is read after all is whole: its manifest is in the one form, and the members are those it lists.
            guard let contents = try? PackContents(reading: pack, digest: PackFixture.digest) else { continue }
            #expect(try PackManifest(decoding: contents.manifest.encoded()) == contents.manifest)
            #expect(contents.files.map(\.name) == contents.manifest.members.map(\.path))
        }
    }

    @Test("bytes behind the end mark are refused")
    func trailingBytes() throws {
        for tail in [[0], [1], Array(repeating: 0, count: 512)] as [[UInt8]] {
            let error = #expect(throws: PackError.self) { try PackFixture.read(PackFixture.bytes() + tail) }
            #expect(error?.code == .malformed)
        }
    }

    /// The pack with `change` made to the header of `rules/a.yml` and its checksum made right again.
    private static func forgedHeader(_ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
        var bytes = try PackFixture.bytes()
        let name = Array("rules/a.yml\0".utf8)
        let start = try #require(
            stride(from: 1_024, to: bytes.count, by: 512).first { bytes[$0...].starts(with: name) })
        var header = Array(bytes[start..<(start + 512)])
        change(&header)
        header.replaceSubrange(148..<156, with: "        ".utf8)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<156, with: (String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8)
        bytes.replaceSubrange(start..<(start + 512), with: header)
        return bytes
    }

    @Test("the forging in the next tests leaves a header that is right in everything else")
    func forgeryIsSound() throws {
        #expect(try Self.forgedHeader { _ in } == PackFixture.bytes())
    }

    @Test(
        "links, devices, folders, fifos and extension records are refused",
        arguments: ["1", "2", "3", "4", "5", "6", "7", "g", "x", "L", "K", "S", "\0"])
    func otherTypes(type: String) throws {
        let bytes = try Self.forgedHeader {
            $0[156] = Array(type.utf8)[0]
            $0.replaceSubrange(157..<168, with: "/etc/passwd".utf8)
        }
        let error = #expect(throws: PackError.self) { try PackFixture.read(bytes) }
        #expect(error?.code == .malformed)
    }

    @Test(
        "a name that leads elsewhere is refused",
        arguments: [
            "../a.yml", "/etc/pass", "rules/../a", "rules//a.y", "./rules/a", "rules/.a", "a/b/c", "rules/a\\b", "-rf",
        ])
    func names(name: String) throws {
        #expect(!PackMemberName.accepts(name))
        let bytes = try Self.forgedHeader { $0.replaceSubrange(0..<11, with: (name + "\0\0\0\0").utf8.prefix(11)) }
        let error = #expect(throws: PackError.self) { try PackFixture.read(bytes) }
        #expect(error?.code == .malformed)
    }

    @Test("a length that the file does not have is refused before anything is read by it")
    func lengths() throws {
        let octal = try Self.forgedHeader { $0.replaceSubrange(124..<135, with: "00000777777".utf8) }
        #expect(#expect(throws: PackError.self) { try PackFixture.read(octal) }?.code == .truncated)
        let huge = try Self.forgedHeader { $0.replaceSubrange(124..<135, with: "77777777777".utf8) }
        #expect(#expect(throws: PackError.self) { try PackFixture.read(huge) }?.code == .oversized)
        let base256 = try Self.forgedHeader { $0[124] = 0x80 }
        #expect(#expect(throws: PackError.self) { try PackFixture.read(base256) }?.code == .malformed)
    }

    @Test("one name twice, or names out of order, are refused")
    func order() throws {
        let twice = try Self.forgedHeader { $0.replaceSubrange(0..<12, with: "rules/b.yml\0".utf8) }
        #expect(#expect(throws: PackError.self) { try PackFixture.read(twice) }?.code == .malformed)
        #expect(throws: PackError.self) {
            try PackFixture.unsigned { $0.files.append(PackFile(name: "rules/a.yml", bytes: [1])) }
        }
    }

    @Test("the writer makes nothing above the bounds that the reader holds")
    func bounds() throws {
        let large = Array(repeating: UInt8(0), count: PackLimits.sourceBytesMax + 1)
        let file = #expect(throws: PackError.self) {
            try PackFixture.unsigned { $0.files.append(PackFile(name: "rules/c.yml", bytes: large)) }
        }
        #expect(file?.code == .oversized)
        let program = #expect(throws: PackError.self) {
            try PackFixture.unsigned { $0.program = Array(repeating: 0, count: PackLimits.programBytesMax + 1) }
        }
        #expect(program?.code == .oversized)
        let count = #expect(throws: PackError.self) {
            try PackFixture.unsigned { draft in
                for number in 0..<PackLimits.memberCountMax {
                    draft.files.append(PackFile(name: "rules/n\(number).yml", bytes: []))
                }
            }
        }
        #expect(count?.code == .oversized)
        let whole = UnverifiedPack(Array(repeating: 0, count: PackLimits.fileBytesMax + 1))
        #expect(#expect(throws: PackError.self) { try whole.signature() }?.code == .oversized)
        let elsewhere = #expect(throws: PackError.self) {
            try PackFixture.unsigned { $0.files.append(PackFile(name: "tools/run.sh", bytes: [1])) }
        }
        #expect(elsewhere?.code == .malformed)
    }
}
