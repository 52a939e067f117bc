import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import firebreak

/// Every command of the tree, with the words that call it.
struct CommandPath: CustomTestStringConvertible {
    var words: [String]
    var type: any ParsableCommand.Type

    var testDescription: String { words.joined(separator: " ") }

    static func all(below type: any ParsableCommand.Type = Firebreak.self, words: [String] = ["firebreak"])
        -> [CommandPath]
    {
        [CommandPath(words: words, type: type)]
            + type.configuration.subcommands.flatMap { all(below: $0, words: words + [$0._commandName]) }
    }

    var isLeaf: Bool { type.configuration.subcommands.isEmpty }

    /// The command lines that the help page shows, continued lines joined, pipes, redirections and comments left out.
    var examples: [[String]] {
        type.configuration.discussion.replacing("\\\n", with: " ").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix("firebreak ") }
            .map { line in
                let command = line.replacing("&&", with: "|").split { $0 == "|" || $0 == ">" }[0]
                return Self.words(of: command.dropFirst("firebreak ".count))
            }
    }

    /// As a shell splits words: at spaces that are not quoted.
    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case " " where !isQuoted:
                if !word.isEmpty { words.append(word) }
                word = ""
            default: word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}

@Suite("Help")
struct HelpTests {
    @Test(
        "every command says in a sentence what it does, and every leaf shows an example", arguments: CommandPath.all())
    func pages(path: CommandPath) {
        #expect(path.type.configuration.abstract.hasSuffix("."))
        if path.isLeaf, path.words != ["firebreak", "demo"] {
            #expect(!path.examples.isEmpty, "\(path.testDescription) shows no example")
        }
        #expect(Firebreak.helpMessage(for: path.type).contains("USAGE: \(path.testDescription)"))
    }

    @Test("every example on a help page is a command line that is understood", arguments: CommandPath.all())
    func examples(path: CommandPath) {
        for words in path.examples where words.first?.hasPrefix("--generate") != true {
            #expect(throws: Never.self, "firebreak \(words.joined(separator: " "))") {
                try Firebreak.parseAsRoot(words)
            }
        }
    }

    @Test("examples and lines of the help fit into 80 columns", arguments: CommandPath.all())
    func width(path: CommandPath) {
        let long = path.type.configuration.discussion.split(separator: "\n")
            .filter { $0.hasPrefix("  ") && $0.count > 80 }
        #expect(long.isEmpty, "\(long)")
    }

    @Test("a command that prints data offers --json", arguments: CommandPath.all())
    func json(path: CommandPath) {
        if path.isLeaf, path.words != ["firebreak", "demo"] {
            #expect(Firebreak.helpMessage(for: path.type).contains("--json"), "\(path.testDescription)")
        }
    }

    @Test("the page for operators lists every exit code and every command")
    func operatorsPage() throws {
        let page = try String(contentsOfFile: Checkout.path("docs/operating/cli.md"), encoding: .utf8)
        for code in CommandExit.allCases { #expect(page.contains("| \(code.rawValue) | \(code.meaning) |")) }
        for path in CommandPath.all() where path.isLeaf {
            #expect(page.contains("`\(path.testDescription)"), "\(path.testDescription)")
        }
    }
}
