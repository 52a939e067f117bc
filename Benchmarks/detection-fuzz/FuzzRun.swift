import DetectionEngine
import FleetModel
import Foundation
import FuzzSupport

/// What a run came to.
struct FuzzCount {
    var loaded: UInt64 = 0
    var refusals: [String: UInt64] = [:]
    var evaluated: UInt64 = 0
    var eventRefusals: [String: UInt64] = [:]
    var pairs: UInt64 = 0
    var matches: UInt64 = 0
    var overruns: UInt64 = 0
    /// Of its bound, the most that an evaluation took, in percent.
    var sharePercentMax = 0.0
    private let start = Date()

    func json(seed: UInt64) -> String {
        func object(_ counts: [String: UInt64]) -> String {
            "{" + counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        }
        let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
        return "{\"seed\":\(seed),\"seconds\":\(seconds),\"programs_loaded\":\(loaded),"
            + "\"programs_refused\":\(object(refusals)),\"events_evaluated\":\(evaluated),"
            + "\"events_refused\":\(object(eventRefusals)),\"pairs\":\(pairs),\"matches\":\(matches),"
            + "\"overruns\":\(overruns),\"bound_share_percent_max\":\((sharePercentMax * 10).rounded() / 10)}"
    }
}

/// Programs and events without end, from one seed.
struct FuzzRun {
    private var random: SplitMix64
    private let programs: [[UInt8]]
    private(set) var count = FuzzCount()

    init(seed: UInt64, programs: [[UInt8]]) {
        random = SplitMix64(seed: seed)
        self.programs = programs
    }

    private static let eventsOfProgram = 24

    mutating func run(pairs: UInt64) {
        while count.pairs < pairs {
            guard let program = program() else { continue }
            var interpreter = ProgramInterpreter(program)
            var events = HostileEvents(random: random)
            for _ in 0..<Self.eventsOfProgram { evaluate(&interpreter, &events) }
            random = events.random
        }
    }

    /// A program that the loader took: of real rules or of random ones, mostly with some bytes changed.
    private mutating func program() -> DetectionProgram? {
        let isReal = !programs.isEmpty && random.number(0..<3) == 0
        let drafted = isReal ? nil : HostileDraft.draft(&random)
        guard var bytes = isReal ? programs[random.number(0..<programs.count)] : try? drafted?.encoded() else {
            count.refusals["draft", default: 0] += 1
            return nil
        }
        switch random.number(0..<8) {
        case 0: break
        case 1: bytes = random.mutated(bytes, changes: 3, keepingLength: false)
        default: bytes = random.mutatedWords(bytes)
        }
        return load(bytes)
    }

    private mutating func load(_ bytes: [UInt8]) -> DetectionProgram? {
        do throws(ProgramError) {
            let program = try DetectionProgram(loading: bytes)
            count.loaded += 1
            return program
        } catch {
            guard error.code == .costMismatch, let restated = Self.restated(bytes, error),
                let program = try? DetectionProgram(loading: restated)
            else {
                count.refusals[error.code.rawValue, default: 0] += 1
                return nil
            }
            count.loaded += 1
            return program
        }
    }

    /// The program with the cost that its refusal says it has, so that a change of its rules reaches the interpreter.
    private static func restated(_ bytes: [UInt8], _ error: ProgramError) -> [UInt8]? {
        let numbers = error.message.split { !$0.isNumber }.compactMap { UInt64($0) }
        guard numbers.count == 4, bytes.count >= 32 else { return nil }
        var bytes = bytes
        for index in 0..<8 {
            bytes[16 + index] = UInt8(truncatingIfNeeded: numbers[2] >> UInt64(8 * index))
            bytes[24 + index] = UInt8(truncatingIfNeeded: numbers[3] >> UInt64(8 * index))
        }
        return bytes
    }

    private mutating func evaluate(_ interpreter: inout ProgramInterpreter, _ events: inout HostileEvents) {
        let isJSON = events.random.number(0..<(interpreter.program.isOpen ? 8 : 2)) > 0
        let event = isJSON ? events.json() : events.encoded()
        let evaluation =
            isJSON
            ? interpreter.evaluate(json: event.span, tags: events.tags()) : interpreter.evaluate(event.span)
        if let refusal = evaluation.refusal {
            count.eventRefusals[refusal.code.rawValue, default: 0] += 1
            return
        }
        count.evaluated += 1
        count.pairs += UInt64(interpreter.program.ruleCount)
        count.matches += UInt64(evaluation.matchCount)
        if evaluation.matchCount > 0, events.random.number(0..<8) == 0 { _ = interpreter.matches() }
        let bound = interpreter.program.cost.steps(eventBytes: event.count)
        if evaluation.steps > bound {
            count.overruns += 1
            if count.overruns < 4 {
                FileHandle.standardError.write(
                    Data("\(evaluation.steps) steps above \(bound): \(interpreter.program.shape)\n".utf8))
            }
        }
        count.sharePercentMax = max(count.sharePercentMax, 100 * Double(evaluation.steps) / Double(max(bound, 1)))
    }
}

/// Events and reloads in great number, with what the process keeps in memory at ten points: it must not grow.
struct MemoryRun {
    private static let points = 10
    private static let reloadsOfPoint = 100
    private static let eventsOfReload = 1_000

    private let seed: UInt64
    private let programs: [[UInt8]]

    init(seed: UInt64, programs: [[UInt8]]) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        self.programs =
            programs.isEmpty ? (0..<8).compactMap { _ in try? HostileDraft.draft(&random).encoded() } : programs
    }

    func run() {
        let start = Date()
        var resident: [Int] = []
        var events: UInt64 = 0
        var reloads: UInt64 = 0
        var forgotten: UInt64 = 0
        for _ in 0..<Self.points {
            // The same events at each point, so that only what is kept makes a difference.
            var hostile = HostileEvents(random: SplitMix64(seed: seed))
            for _ in 0..<Self.reloadsOfPoint {
                guard let program = try? DetectionProgram(loading: programs[Int(reloads) % programs.count]) else {
                    continue
                }
                reloads += 1
                var interpreter = ProgramInterpreter(program)
                for number in 0..<Self.eventsOfReload {
                    let isJSON = program.isOpen || number.isMultiple(of: 4)
                    let event = isJSON ? hostile.json() : hostile.encoded()
                    _ = isJSON ? interpreter.evaluate(json: event.span) : interpreter.evaluate(event.span)
                    events += 1
                }
                forgotten += interpreter.forgottenGroupCount
            }
            resident.append(Self.residentKiB())
        }
        let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
        DetectionFuzz.say(
            "{\"seed\":\(seed),\"seconds\":\(seconds),\"events\":\(events),\"reloads\":\(reloads),"
                + "\"forgotten_groups\":\(forgotten),\"resident_kib\":\(resident)}")
    }

    private static func residentKiB() -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split { !$0.isNumber }.first ?? "") } ?? 0
    }
}
