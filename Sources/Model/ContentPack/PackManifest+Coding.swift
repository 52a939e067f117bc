package import CanonicalCoding
import FleetModel

extension PackManifest {
    /// The manifest as a JSON value.
    package var json: JSONValue {
        [
            "format": .integer(Self.format),
            "name": .string(release.pack.text),
            "version": .string(release.version.text),
            "schema_version": .integer(Int64(schemaVersion)),
            "release_notes": .string(releaseNotes),
            "rules": .array(rules.map(\.json)),
            "members": .array(members.map(\.json)),
            "program": program.json,
            "chaos": chaos.map { .string($0.rawValue) } ?? .null,
        ]
    }

    /// The bytes of `manifest.json`.
    ///
    /// - Throws: ``PackError`` with `.manifestInvalid` when a value is above its bound.
    package func encoded() throws(PackError) -> [UInt8] {
        do {
            let bytes = try CanonicalJSON.encode(json)
            guard try PackManifest(reading: JSONReader(json)) == self else {
                throw PackError(.manifestInvalid, message: "the manifest does not read back as itself")
            }
            return bytes
        } catch let error as PackError {
            throw error
        } catch let error as JSONError {
            throw Self.invalid(error)
        } catch {
            throw PackError(.manifestInvalid, message: "\(error)")
        }
    }

    /// Reads `manifest.json`.
    ///
    /// - Throws: ``PackError`` with `.manifestInvalid` naming the member that is wrong. A manifest that is not in
    ///   canonical form is wrong: one manifest has one digest.
    package init(decoding bytes: [UInt8]) throws(PackError) {
        do {
            let limits = JSONParser.Limits(bytesMax: PackLimits.manifestBytesMax, depthMax: Self.depthMax)
            let value = try JSONParser.parse(bytes, limits: limits)
            self = try PackManifest(reading: JSONReader(value))
            guard try CanonicalJSON.encode(value) == bytes else {
                throw PackError(
                    .manifestInvalid, message: "the manifest is not in canonical form (RFC 8785); build the pack anew")
            }
        } catch let error as PackError {
            throw error
        } catch let error as JSONError {
            throw Self.invalid(error)
        } catch {
            throw PackError(.manifestInvalid, message: "\(error)")
        }
    }

    /// Levels of nesting: the manifest, a list, an entry, its tags.
    private static let depthMax = 4

    private static func invalid(_ error: JSONError) -> PackError {
        PackError(.manifestInvalid, subject: error.subject, message: error.message)
    }

    private init(reading reader: JSONReader) throws(JSONError) {
        let format = try reader.member("format")
        guard try format.integer() == Self.format else {
            throw format.refusal("this version of Firebreak reads format \(Self.format); update Firebreak")
        }
        try reader.requireNoMembers(beside: [
            "format", "name", "version", "schema_version", "release_notes", "rules", "members", "program", "chaos",
        ])
        release = ReleaseID(
            pack: try reader.member("name").identifier(), version: try reader.member("version").identifier())
        schemaVersion = UInt16(try reader.member("schema_version").integer(in: 0...Int64(UInt16.max)))
        releaseNotes = try reader.member("release_notes").text(bytesMax: PackLimits.releaseNotesBytesMax)
        rules = try reader.member("rules").list(countMax: PackLimits.memberCountMax, read: Rule.init(reading:))
        members = try reader.member("members").list(countMax: PackLimits.memberCountMax, read: Member.init(reading:))
        program = try Program(reading: reader.member("program"))
        let chaosReader = try reader.member("chaos")
        if chaosReader.value == .null {
            chaos = nil
        } else {
            guard let marker = PackChaos(rawValue: try chaosReader.string()) else {
                throw chaosReader.refusal(
                    "no such fault; known are \(PackChaos.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            chaos = marker
        }
        try Self.requireAscending(rules.map(\.id), in: "rules")
        try Self.requireAscending(members.map(\.path), in: "members")
    }

    private static func requireAscending(_ names: [String], in list: String) throws(JSONError) {
        for (index, pair) in zip(names, names.dropFirst()).enumerated()
        where !pair.0.utf8.lexicographicallyPrecedes(pair.1.utf8) {
            throw JSONError(
                .invalidValue, subject: "\(list)[\(index + 1)]", message: "the list must ascend, each name once")
        }
    }
}

extension PackManifest.Rule {
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "title": .string(title), "level": .string(level), "status": .string(status),
            "file": .string(file), "tags": .array(tags.map { .string($0) }),
        ]
    }

    fileprivate init(reading reader: JSONReader) throws(JSONError) {
        try reader.requireNoMembers(beside: ["id", "title", "level", "status", "file", "tags"])
        id = try reader.member("id").text(bytesMax: PackLimits.ruleTextBytesMax)
        title = try reader.member("title").text(bytesMax: PackLimits.ruleTextBytesMax)
        level = try reader.member("level").text(bytesMax: PackLimits.ruleTextBytesMax)
        status = try reader.member("status").text(bytesMax: PackLimits.ruleTextBytesMax)
        file = try reader.member("file").memberName()
        tags = try reader.member("tags").list(countMax: PackLimits.ruleTagCountMax) { tag throws(JSONError) in
            try tag.text(bytesMax: PackLimits.ruleTextBytesMax)
        }
    }
}

extension PackManifest.Member {
    fileprivate var json: JSONValue {
        ["path": .string(path), "length": .integer(Int64(length)), "sha256": .string(digest.text)]
    }

    fileprivate init(reading reader: JSONReader) throws(JSONError) {
        try reader.requireNoMembers(beside: ["path", "length", "sha256"])
        path = try reader.member("path").memberName()
        length = Int(try reader.member("length").integer(in: 0...Int64(PackLimits.sourceBytesMax)))
        digest = try reader.member("sha256").identifier()
    }
}

extension PackManifest.Program {
    fileprivate var json: JSONValue {
        [
            "length": .integer(Int64(length)), "sha256": .string(digest.text),
            "cost_bound": .integer(Int64(clamping: costBound)),
        ]
    }

    fileprivate init(reading reader: JSONReader) throws(JSONError) {
        try reader.requireNoMembers(beside: ["length", "sha256", "cost_bound"])
        length = Int(try reader.member("length").integer(in: 0...Int64(PackLimits.programBytesMax)))
        digest = try reader.member("sha256").identifier()
        costBound = UInt64(try reader.member("cost_bound").integer(in: 0...CanonicalJSON.integerMax))
    }
}

extension JSONReader {
    fileprivate func text(bytesMax: Int) throws(JSONError) -> String {
        let text = try string()
        guard text.utf8.count <= bytesMax else {
            throw refusal("the text has \(text.utf8.count) bytes; at most \(bytesMax) are allowed")
        }
        return text
    }

    fileprivate func memberName() throws(JSONError) -> String {
        let name = try string()
        guard PackMemberName.accepts(name) else {
            throw refusal("\"\(name.prefix(120))\" is no name for a pack's member")
        }
        return name
    }

    fileprivate func list<Element>(countMax: Int, read: (JSONReader) throws(JSONError) -> Element)
        throws(JSONError) -> [Element]
    {
        let readers = try elements()
        guard readers.count <= countMax else {
            throw refusal("the list has \(readers.count) entries; at most \(countMax) are allowed")
        }
        var list: [Element] = []
        for reader in readers { list.append(try read(reader)) }
        return list
    }
}
