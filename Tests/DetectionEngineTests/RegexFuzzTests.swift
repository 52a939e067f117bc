@testable import DetectionEngine
import Testing

/// Check and search against words and texts that an enemy wrote. A trap ends the whole run, which is the failure.
@Suite("Hostile regular expressions")
struct RegexFuzzTests {
    struct Count {
        var taken = 0
        var refused = 0
        var matches = 0
        var codes: Set<RegexProgramError.Code> = []
        var overruns: [String] = []
        var differences: [String] = []
    }

    static let alphabet: [Unicode.Scalar] = ["a", "b", " ", "\n", "é", "д", "\u{1F525}"]
    static let classes = [
        RegexClass([0x61...0x61, 0xE9...0xE9]), RegexClass([0x61...0x7A, 0x80...0x10_FFFF]), RegexClass(),
    ]

    static func instruction(_ random: inout SplitMix64, count: Int) -> RegexInstruction {
        let index = random.number(0..<classes.count)
        let assertions: [RegexAssertion] = [
            .textStart, .textEnd, .lastLineEnd, .lineStart, .lineEnd, .wordBoundary(index), .notWordBoundary(index),
        ]
        switch random.number(0..<12) {
        case 0...3: return .scalar(alphabet[random.number(0..<alphabet.count)])
        case 4, 5: return .oneOf(index)
        case 6: return random.number(0..<2) == 0 ? .any : .anyButNewline
        case 7, 8: return .split(random.number(0..<count))
        case 9: return .jump(random.number(0..<count))
        case 10: return .assert(assertions[random.number(0..<assertions.count)])
        default: return .match
        }
    }

    static func program(_ random: inout SplitMix64) throws -> (RegexProgram, [RegexInstruction]) {
        let count = random.number(1..<24)
        let instructions = (1..<count).map { _ in instruction(&random, count: count) } + [.match]
        return (try RegexProgram(instructions: instructions, classes: classes), instructions)
    }

    static func text(_ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.number(0..<12) {
            bytes += Array(String(alphabet[random.number(0..<alphabet.count)]).utf8)
        }
        return bytes
    }

    /// Writes into the header what the instructions have, so that a change of them reaches the search.
    static func restated(_ words: [UInt32]) -> [UInt32] {
        guard (try? RegexProgram.checkParts(words.span)) != nil else { return words }
        var words = words
        let beginning = RegexBeginning(words.span, instructionCount: Int(words[0]))
        words[RegexLayout.scalarCountMinIndex] = beginning.scalarCountMin
        words[RegexLayout.isAnchoredIndex] = beginning.isAnchored ? 1 : 0
        for part in 0..<4 { words[RegexLayout.beginningIndex + part] = beginning.bitmap[part] }
        return words
    }

    static func mutated(_ words: [UInt32], _ random: inout SplitMix64) -> [UInt32] {
        var words = words
        for _ in 0..<random.number(1..<4) where !words.isEmpty {
            let place = random.number(0..<words.count)
            switch random.number(0..<7) {
            case 0: words[place] = UInt32(truncatingIfNeeded: random.next())
            case 1: words[place] ^= 1 << UInt32(random.number(0..<32))
            case 2: words[place] = [0, 1, 127, 128, 0xD800, 0x10_FFFF, .max][random.number(0..<7)]
            case 3: words[place] = words[place] & ~15 | UInt32(random.number(0..<16))
            case 4: words[place] = words[place] & 15 | UInt32(random.number(0..<words.count)) << 4
            case 5: words.swapAt(place, random.number(0..<words.count))
            default: words.remove(at: place)
            }
        }
        return words
    }

    static func run(seed: UInt64, programs: Int) throws -> Count {
        var random = SplitMix64(seed: seed)
        var search = RegexSearch()
        var count = Count()
        for _ in 0..<programs {
            let base = try program(&random).0.words
            let changed = mutated(base, &random)
            let words = random.number(0..<8) > 0 ? restated(changed) : changed
            let program: RegexProgram
            do {
                program = try RegexProgram(checking: words)
            } catch {
                count.refused += 1
                count.codes.insert(error.code)
                continue
            }
            count.taken += 1
            let text = random.mutated(text(&random), keepingLength: false)
            var steps: UInt64 = 0
            if search.matches(text.span, program.words.span, steps: &steps) { count.matches += 1 }
            if steps > RegexSearch.stepsMax(instructionCount: program.instructionCount, textBytes: text.count) {
                count.overruns.append("\(words) on \(text): \(steps) steps")
            }
        }
        return count
    }

    @Test(
        "25,000 mutated programs of each seed are refused, or run within their bound on any text",
        arguments: [0x5EED_3001, 0x5EED_3002, 0x5EED_3003, 0x5EED_3004])
    func mutations(seed: UInt64) throws {
        let count = try Self.run(seed: seed, programs: 25_000)
        #expect(count.overruns.isEmpty, "\(count.overruns.prefix(3))")
        #expect(count.taken > 5_000 && count.refused > 5_000 && count.matches > 1_000, "\(count)")
        #expect(count.codes == Set(RegexProgramError.Code.allCases), "\(count.codes)")
    }

    @Test("words without any form are refused")
    func noise() {
        var random = SplitMix64(seed: 0x5EED_3005)
        for _ in 0..<10_000 {
            let words = (0..<random.number(0..<60)).map { _ in UInt32(truncatingIfNeeded: random.next()) }
            #expect(throws: RegexProgramError.self) { try RegexProgram(checking: words) }
        }
    }

    /// Whether there is a way from the first instruction to a match, by a walk over pairs of instruction and place.
    static func walk(_ instructions: [RegexInstruction], _ text: [UInt8], forgetsNewlines: Bool) -> Bool {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        var open = (0...scalars.count).map { (0, $0) }
        var seen = Set(open.map { [$0.0, $0.1] })
        while let (index, place) = open.popLast() {
            let next = place < scalars.count ? scalars[place] : nil
            let previous = place > 0 ? scalars[place - 1] : nil
            func isIn(_ scalar: Unicode.Scalar?, _ set: Int) -> Bool {
                scalar.map { Self.classes[set].contains($0.value) } ?? false
            }
            let isLast = place == scalars.count
            var targets: [(Int, Int)] = []
            switch instructions[index] {
            case .match: return true
            case .scalar(let scalar): if next == scalar { targets = [(index + 1, place + 1)] }
            case .oneOf(let set): if isIn(next, set) { targets = [(index + 1, place + 1)] }
            case .any: if !isLast { targets = [(index + 1, place + 1)] }
            case .anyButNewline:
                if !isLast, forgetsNewlines || next != "\n" { targets = [(index + 1, place + 1)] }
            case .split(let target): targets = [(index + 1, place), (target, place)]
            case .jump(let target): targets = [(target, place)]
            case .assert(let assertion):
                let holds =
                    switch assertion {
                    case .textStart: place == 0
                    case .textEnd: isLast
                    case .lastLineEnd: isLast || place + 1 == scalars.count && next == "\n"
                    case .lineStart: place == 0 || previous == "\n"
                    case .lineEnd: isLast || next == "\n"
                    case .wordBoundary(let set): isIn(previous, set) != isIn(next, set)
                    case .notWordBoundary(let set): isIn(previous, set) == isIn(next, set)
                    }
                if holds { targets = [(index + 1, place)] }
            }
            for target in targets where seen.insert([target.0, target.1]).inserted { open.append(target) }
        }
        return false
    }

    static func compare(seed: UInt64, programs: Int, forgetsNewlines: Bool) throws -> Count {
        var random = SplitMix64(seed: seed)
        var search = RegexSearch()
        var count = Count()
        for _ in 0..<programs {
            let (program, instructions) = try program(&random)
            let text = text(&random)
            var steps: UInt64 = 0
            let found = search.matches(text.span, program.words.span, steps: &steps)
            if found { count.matches += 1 }
            count.taken += 1
            if found != walk(instructions, text, forgetsNewlines: forgetsNewlines) {
                count.differences.append("\(instructions) on \(text): \(found)")
            }
        }
        return count
    }

    @Test("a search says what a plain walk says", arguments: [0x5EED_3006, 0x5EED_3007])
    func agreement(seed: UInt64) throws {
        let count = try Self.compare(seed: seed, programs: 15_000, forgetsNewlines: false)
        #expect(count.differences.isEmpty, "\(count.differences.prefix(3))")
        #expect(count.matches > 3_000 && count.taken - count.matches > 3_000, "\(count)")
    }

    @Test("the comparison bites: a walk whose dot takes newlines is found out")
    func bites() throws {
        #expect(try !Self.compare(seed: 0x5EED_3006, programs: 15_000, forgetsNewlines: true).differences.isEmpty)
    }

    @Test("the bound is no idle number: a text made for a program takes at least two thirds of it")
    func boundIsNear() throws {
        // (?:a?){50}b on a long run of a.
        let optional: [RegexInstruction] = (0..<50).flatMap { [.split(2 * $0 + 2), .scalar("a")] }
        let program = try RegexProgram(instructions: optional + [.scalar("b"), .match], classes: [])
        var search = RegexSearch()
        var steps: UInt64 = 0
        let text = [UInt8](repeating: 0x61, count: 8_192)
        #expect(!search.matches(text.span, program.words.span, steps: &steps))
        let bound = RegexSearch.stepsMax(instructionCount: program.instructionCount, textBytes: text.count)
        #expect(steps <= bound && steps * 3 > bound * 2, "\(steps) of \(bound)")
    }
}
