import PolicyDocument
import RolloutEngine
import Testing

@Suite("Hostile policy files")
struct FuzzTests {
    /// Reads bytes as each kind; whatever is handed out can be evaluated, and what is refused has places in the file.
    private func read(_ bytes: [UInt8], seed: UInt64) -> Bool {
        let lineCount = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
        func check(_ error: PolicyDocumentError) {
            #expect(!error.problems.isEmpty, "seed \(seed)")
            for problem in error.problems {
                // The end of a file without a last line feed may be told as the line after it.
                #expect((1...lineCount + 1).contains(problem.line), "seed \(seed): \(problem)")
                #expect(problem.column >= 1, "seed \(seed): \(problem)")
            }
        }
        var isAccepted = false
        do {
            isAccepted = try PolicyFile.rolloutPolicy(bytes, name: "f").problems().isEmpty
            #expect(isAccepted, "seed \(seed): accepted, but it cannot be evaluated")
        } catch { check(error) }
        do {
            let policy = try PolicyFile.customerPolicy(bytes, name: "f")
            #expect(policy.problems().isEmpty, "seed \(seed): accepted, but it cannot be evaluated")
            isAccepted = true
        } catch { check(error) }
        do { _ = try PolicyFile.document(bytes, name: "f") } catch { check(error) }
        return isAccepted
    }

    @Test("files with a few bytes changed, cut, doubled or moved are read or refused, over 1,500 seeds")
    func mutations() {
        let pieces: [[UInt8]] = [
            "\n", ": ", "- ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "!!str ", "---\n", "|\n", ">\n", "\t", "#",
            "%YAML 1.1\n", "? ", "<<: ", "~", "0", "9999999999999999999", "-", "\u{0}", "\u{FEFF}", "\u{2028}", "e9",
            "ms",
            "\\", "\"\\x80\"", "\"\\uD800\"", "\"\\U00110000\"", "%TAG ! tag:x,2000:\n", "!%ff ", "!<%C3> ",
            "extends: demo\n", "urgent: none\n",
        ].map { Array($0.utf8) }
        var acceptedCount = 0
        for seed in UInt64(0)..<1_500 {
            var random = SplitMix(seed: seed)
            let text =
                random.chance(0.5)
                ? PolicyWriter.text(of: RandomPolicies.rollout(&random))
                : PolicyWriter.text(of: RandomPolicies.customer(&random))
            // Without comments, so that changes meet keys and values.
            var bytes = Array(
                text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n")
                    .utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, index + Int.random(in: 1...30, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(index..<end)
                case 2:
                    bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
                case 3: bytes.removeLast(bytes.count - index)
                default: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: index)
                }
            }
            if read(bytes, seed: seed) { acceptedCount += 1 }
        }
        // Neither all nor none: otherwise the changes would not reach what they are meant to.
        #expect(acceptedCount > 20 && acceptedCount < 1_480, "\(acceptedCount) accepted")
    }

    @Test("any bytes are read or refused, over 2,000 seeds")
    func anyBytes() {
        let letters = Array(":-?[]{},#&*!|>'\"%@` \n\n  ab01~.\u{0}\t".utf8)
        for seed in UInt64(0)..<2_000 {
            var random = SplitMix(seed: seed)
            let count = Int.random(in: 0...200, using: &random)
            let bytes: [UInt8] = (0..<count).map { _ in
                random.chance(0.9)
                    ? letters.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            _ = read(bytes, seed: seed)
        }
    }

    @Test("a key that is there twice in any place is refused, over 500 seeds")
    func doubledLines() {
        for seed in UInt64(0)..<500 {
            var random = SplitMix(seed: seed)
            var lines = PolicyWriter.text(of: RandomPolicies.rollout(&random)).split(separator: "\n")
                .filter { !$0.contains("#") && $0.contains(": ") }
            guard let line = lines.randomElement(using: &random), let index = lines.firstIndex(of: line) else {
                continue
            }
            lines.insert(line, at: index + 1)
            #expect(!rolloutProblems(lines.joined(separator: "\n")).isEmpty, "seed \(seed)")
        }
    }
}
