import ContentPack
import ContentPublisher
import FleetModel

/// What `pack build`, `check` and `show` print of a pack.
struct PackOutline: Encodable {
    var release: ReleaseID
    /// SHA-256 of the file.
    var digest: Digest
    var byteCount: Int
    var schemaVersion: UInt16
    var notes: String
    var chaos: String?
    var rules: [Rule]
    var program: Program
    /// SHA-256 of the signer's public key, as the pack names it.
    var keyId: Digest
    /// `made`, `verified` or `not checked`.
    var signature: String
    /// Example events that were evaluated; nil when none were.
    var exampleCount: Int?

    struct Rule: Encodable {
        var id: String
        var title: String
        var level: String
        var status: String
        var file: String
        var tags: [String]
    }

    struct Program: Encodable {
        var byteCount: Int
        var digest: Digest
        /// Steps for one event, at most.
        var costBound: UInt64

        enum CodingKeys: String, CodingKey {
            case digest
            case byteCount = "bytes"
            case costBound = "cost_bound"
        }
    }

    enum CodingKeys: String, CodingKey {
        case release, digest, notes, chaos, rules, program, signature
        case byteCount = "bytes"
        case schemaVersion = "schema_version"
        case keyId = "key_id"
        case exampleCount = "examples_run"
    }

    init(_ built: BuiltPack) {
        self.init(
            manifest: built.manifest, digest: built.digest, byteCount: built.bytes.count, keyId: built.keyID,
            signature: "made", exampleCount: built.exampleCount)
    }

    init(_ report: PackReport) {
        self.init(
            manifest: report.manifest, digest: report.digest, byteCount: report.fileBytes, keyId: report.keyID,
            signature: report.signer == nil ? "not checked" : "verified", exampleCount: report.exampleCount)
    }

    private init(
        manifest: PackManifest, digest: Digest, byteCount: Int, keyId: Digest, signature: String, exampleCount: Int?
    ) {
        release = manifest.release
        self.digest = digest
        self.byteCount = byteCount
        schemaVersion = manifest.schemaVersion
        notes = manifest.releaseNotes
        chaos = manifest.chaos?.rawValue
        rules = manifest.rules.map {
            Rule(id: $0.id, title: $0.title, level: $0.level, status: $0.status, file: $0.file, tags: $0.tags)
        }
        program = Program(
            byteCount: manifest.program.length, digest: manifest.program.digest, costBound: manifest.program.costBound)
        self.keyId = keyId
        self.signature = signature
        self.exampleCount = exampleCount
    }

    func show(_ output: OutputOptions) throws { try output.show(self) { lines(on: $0) } }

    func lines(on console: Console) -> [String] {
        var sheet = FactSheet()
        sheet.add("release", Table.Cell(release.text, .bold))
        sheet.add("sha256", Table.Cell(digest.text))
        sheet.add("bytes", Table.Cell(byteCount))
        sheet.add("schema", Table.Cell(schemaVersion))
        sheet.add(
            "program", Table.Cell("\(program.byteCount) bytes, at most \(program.costBound) steps an event"))
        sheet.add(
            "signature",
            Table.Cell("\(signature), key \(keyId)", signature == "not checked" ? .yellow : .green))
        if let exampleCount {
            sheet.add("examples", Table.Cell("\(exampleCount) events ran, all as they should be", .green))
        }
        if let chaos { sheet.add("chaos", Table.Cell("\(chaos): only a worker started with --chaos loads it", .red)) }
        if !notes.isEmpty { sheet.add("notes", Table.Cell(notes)) }
        var table = Table(("LEVEL", .left), ("RULE", .left), ("STATUS", .left), ("ID", .left))
        for rule in rules {
            table.add([
                Table.Cell(rule.level), Table.Cell(rule.title, .bold), Table.Cell(rule.status), Table.Cell(rule.id),
            ])
        }
        return sheet.lines(on: console) + [""] + table.lines(on: console)
    }
}
