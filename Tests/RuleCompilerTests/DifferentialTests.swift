import DetectionEngine
import FleetModel
import RuleCompiler
import Testing

@Suite("Differential")
struct DifferentialTests {
    /// Rules of one program, so that they share predicates and their results.
    static let rulesOfProgram = 25
    static let eventsOfProgram = 60

    struct Count {
        var hits = 0
        var misses = 0
        var differences: [String] = []
    }

    static func run(seed: UInt64, programs: Int, foldsCase: Bool = true) throws -> Count {
        var random = SplitMix64(seed: seed)
        var count = Count()
        for _ in 0..<programs {
            let rules = (0..<rulesOfProgram).map { index in
                (id: "00000000-0000-4000-8000-0000000000\(index + 10)", rule: ModelRule(random: &random))
            }
            let sources = rules.map { RuleSource(file: $0.id, bytes: Array($0.rule.source(id: $0.id).utf8)) }
            let set = RuleCompiler.compile(sources)
            try #require(set.errors.isEmpty, "\(set.errors.map(\.description))")
            var interpreter = ProgramInterpreter(try DetectionProgram(loading: try set.program()))
            for _ in 0..<eventsOfProgram {
                let event = ModelRule.event(&random)
                let ids = Set(interpreter.matches(of: event).map(\.rule.id))
                for (id, var rule) in rules {
                    rule.foldsCase = foldsCase
                    let expected = rule.matches(event)
                    if expected { count.hits += 1 } else { count.misses += 1 }
                    if ids.contains(id) != expected {
                        count.differences.append("\(rule.source(id: id))\n\(event.fields)\nexpected \(expected)")
                    }
                }
            }
        }
        return count
    }

    @Test(
        "compiler and interpreter say what a plain tree walk says", arguments: [0x5EED_1001, 0x5EED_1002, 0x5EED_1003])
    func agreement(seed: UInt64) throws {
        let count = try Self.run(seed: seed, programs: 12)
        #expect(
            count.differences.isEmpty,
            "seed \(seed): \(count.differences.count) differences, first: \(count.differences.first ?? "")")
        #expect(count.hits > 1_000 && count.misses > 1_000, "\(count.hits) hits, \(count.misses) misses")
    }

    @Test("the comparison bites: a tree walk that forgets to fold case is found out")
    func bites() throws {
        #expect(try !Self.run(seed: 0x5EED_1001, programs: 3, foldsCase: false).differences.isEmpty)
    }
}

/// The whole of Sigma, in open mode.
extension DifferentialTests {
    static func runOracle(seed: UInt64, programs: Int, foldsCase: Bool = true) throws -> Count {
        var rules = SigmaOracleRules(seed: seed)
        let oracle = SigmaOracle(placeholders: SigmaOracleRules.placeholders, foldsCase: foldsCase)
        let options = CompilerOptions(schema: .open, placeholders: SigmaOracleRules.placeholders)
        var count = Count()
        for _ in 0..<programs {
            let detections = (0..<40).map { index in
                (id: "00000000-0000-4000-8000-0000000000\(index + 10)", detection: rules.detection())
            }
            let sources = try detections.map { id, detection in
                RuleSource(file: id, bytes: Array(try SigmaOracleRules.source(detection, id: id).utf8))
            }
            let set = RuleCompiler.compile(sources, options: options)
            try #require(set.errors.isEmpty, "\(set.errors.map(\.description))")
            var interpreter = ProgramInterpreter(try DetectionProgram(loading: try set.program()))
            for _ in 0..<eventsOfProgram {
                let event = rules.event()
                let json = try SigmaOracleRules.json(event)
                let ids = Set(Fixture.ids(&interpreter, json))
                for (id, detection) in detections {
                    let expected = oracle.matches(detection, event)
                    if expected { count.hits += 1 } else { count.misses += 1 }
                    if ids.contains(id) != expected {
                        count.differences.append(
                            "\(try SigmaOracleRules.json(detection))\n\(json)\nexpected \(expected)")
                    }
                }
            }
        }
        return count
    }

    @Test(
        "every modifier, alone and with others, means to compiler and interpreter what a plain reading says",
        arguments: [0x5EED_2001, 0x5EED_2002, 0x5EED_2003])
    func wholeLanguage(seed: UInt64) throws {
        let count = try Self.runOracle(seed: seed, programs: 3)
        #expect(
            count.differences.isEmpty,
            "seed \(seed): \(count.differences.count) differences, first: \(count.differences.first ?? "")")
        #expect(count.hits > 1_000 && count.misses > 1_000, "\(count.hits) hits, \(count.misses) misses")
    }

    @Test("that comparison bites as well")
    func wholeLanguageBites() throws {
        #expect(try !Self.runOracle(seed: 0x5EED_2001, programs: 1, foldsCase: false).differences.isEmpty)
    }
}
