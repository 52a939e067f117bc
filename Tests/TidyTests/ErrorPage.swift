import Foundation

/// docs/errors.md, made from the enums that hold the codes: one table, and it cannot be out of date.
///
/// A code is a case `name = "area.word"`; what it means is its comment, what to do next is the text beside its name
/// in the enum's `nextStep`.
struct ErrorPage {
    struct Entry: Equatable {
        var code: String
        var meaning: String
        var nextStep: String
        var source: String
    }

    /// Ascending by code, each once: where two modules pass one code on, what both say is joined.
    let entries: [Entry]

    init(files: [SourceTree.File]) throws {
        var byCode: [String: Entry] = [:]
        for entry in try files.flatMap(Self.entries) {
            guard let known = byCode[entry.code] else {
                byCode[entry.code] = entry
                continue
            }
            byCode[entry.code] = Entry(
                code: entry.code, meaning: known.meaning.isEmpty ? entry.meaning : known.meaning,
                nextStep: known.nextStep.isEmpty ? entry.nextStep : known.nextStep, source: known.source)
        }
        entries = byCode.values.sorted { $0.code < $1.code }
    }

    static func entries(in file: SourceTree.File) throws -> [Entry] {
        let declaration = try Regex(#"^\s*case (\w+) = "([a-z]+(?:\.[a-z_]+)+)"$"#)
        let nextSteps = try nextSteps(in: file)
        var comment: [String] = []
        var entries: [Entry] = []
        for line in file.lines {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("///") {
                comment.append(text.dropFirst(3).trimmingCharacters(in: .whitespaces))
                continue
            }
            if let match = line.wholeMatch(of: declaration), let name = match.output[1].substring,
                let code = match.output[2].substring
            {
                entries.append(
                    Entry(
                        code: String(code), meaning: comment.joined(separator: " "),
                        nextStep: nextSteps[String(name)] ?? "", source: file.path))
            }
            comment = []
        }
        return entries
    }

    /// The texts of the `nextStep` table in `file`, by the case's name.
    private static func nextSteps(in file: SourceTree.File) throws -> [String: String] {
        guard let table = file.text.range(of: "var nextStep: String") else { return [:] }
        let label = try Regex(#"case ((?:\.\w+(?:, )?)+):"#)
        let literal = try Regex(#""((?:[^"\\]|\\.)*)""#)
        let text = file.text[table.upperBound...]
        let labels = text.matches(of: label)
        var found: [String: String] = [:]
        for (index, match) in labels.enumerated() {
            let end = index + 1 < labels.count ? labels[index + 1].range.lowerBound : text.endIndex
            let body = text[match.range.upperBound..<end]
            // The table ends where its switch does; what follows the last case is other code.
            let own = body.range(of: "}").map { body[..<$0.lowerBound] } ?? body
            let sentence = own.matches(of: literal).compactMap { $0.output[1].substring }.joined()
            for name in (match.output[1].substring ?? "").split(separator: ", ")
            where found[String(name.dropFirst())] == nil {
                found[String(name.dropFirst())] = sentence.replacing("\\\"", with: "\"")
            }
        }
        return found
    }

    /// The page.
    var markdown: String {
        var text = """
            # Error codes

            Every code that Firebreak shows, logs or sends. Codes are stable: scripts may match them. Where
            the last column is empty, the message that comes with the code says what to do. This page is made from the
            sources; `UPDATE_GOLDEN=1 make test` writes it anew.

            """
        var area: Substring = ""
        for entry in entries {
            let own = entry.code.prefix { $0 != "." }
            if own != area {
                area = own
                text += "\n## \(own)\n\n| Code | What it means | What to do |\n|---|---|---|\n"
            }
            let meaning = entry.meaning.isEmpty ? Self.words(of: entry.code) : entry.meaning
            text += "| `\(entry.code)` | \(Self.cell(meaning)) | \(Self.cell(entry.nextStep)) |\n"
        }
        return text
    }

    /// What a code without a comment says by itself: `event.text_too_long` is "Text too long."
    private static func words(of code: String) -> String {
        let words = code.drop { $0 != "." }.dropFirst().replacing("_", with: " ").replacing(".", with: ": ")
        return words.prefix(1).uppercased() + words.dropFirst() + "."
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|").replacing("``", with: "`") }
}
