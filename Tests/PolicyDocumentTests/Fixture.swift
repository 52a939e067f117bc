import FleetModel
import Foundation
import PolicyDocument
import RolloutEngine
import TestSupport
import Testing

/// Numbers from a seed (SplitMix64): a failing seed fails again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

/// Files that a test compares with what the sources make of them.
enum Golden {
    /// Holds the file to `made`, or writes it under UPDATE_GOLDEN=1.
    static func expect(_ path: String, is made: String) throws {
        let file = URL(filePath: Checkout.path(path))
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try made.write(to: file, atomically: true, encoding: .utf8)
        }
        let shown = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        #expect(shown == made, "\(path) is not what the table makes: run UPDATE_GOLDEN=1 make test")
    }
}

/// What a rollout policy's text is refused with; empty when it is not.
func rolloutProblems(_ text: String) -> [PolicyFileProblem] {
    do {
        _ = try PolicyFile.rolloutPolicy(text, name: "p.yml")
        return []
    } catch {
        return error.problems
    }
}

/// What a customer policy's text is refused with; empty when it is not.
func customerProblems(_ text: String) -> [PolicyFileProblem] {
    do {
        _ = try PolicyFile.customerPolicy(text, name: "c.yml")
        return []
    } catch {
        return error.problems
    }
}

extension PolicyFileProblem {
    /// Place and path, as short as a test's line.
    var place: String { "\(line):\(column) \(path)" }
}

/// Policies that can be evaluated, drawn from a seed.
enum RandomPolicies {
    private static func text(_ bytesMax: Int, _ random: inout SplitMix) -> String {
        let alphabet = Array("abcXYZ019 _-.:#'\"\\&*!{}[],%@`|>?=~äß漢🦊\u{85}\u{2028}\u{E000}")
        let words = ["yes", "null", "0x1f", "1e3", "- a", "a: b", "~", "*", "12:30", " lead", "trail ", "true", "#no"]
        if random.chance(0.3) { return words.randomElement(using: &random) ?? "a" }
        var text = ""
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let next = text + String(alphabet.randomElement(using: &random) ?? "a")
            if next.utf8.count <= bytesMax { text = next }
        }
        // U+0085 is a control character, which names do not hold.
        let kept = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\u{85}" }))
        return kept.isEmpty ? "a" : kept
    }

    private static func span(_ range: ClosedRange<Int64>, _ random: inout SplitMix) -> Moment.Span {
        let units: [Int64] = [1, 1000, 60_000, 3_600_000, 86_400_000]
        let unit = units.randomElement(using: &random) ?? 1
        let milliseconds = Int64.random(in: range, using: &random) / unit * unit
        return .milliseconds(max(range.lowerBound, min(range.upperBound, milliseconds)))
    }

    private static func some<Element>(_ all: [Element], _ random: inout SplitMix) -> [Element] {
        all.shuffled(using: &random).filter { _ in random.chance(0.5) }
    }

    static func rollout(_ random: inout SplitMix) -> RolloutPolicy {
        let month = RolloutPolicy.spanMax.milliseconds
        let poll = span(100...month / 8, &random)
        let silence = span(poll.milliseconds * 2...month / 3, &random)
        let bake = span(100...month / 3, &random)
        var policy = RolloutPolicy(
            name: text(RolloutPolicy.nameBytesMax, &random),
            lossBudget: .random(in: 1...RolloutPolicy.lossBudgetMax, using: &random),
            confidence: .random(in: 0.5...0.999_999, using: &random), bake: bake, silenceDeadline: silence,
            settleDeadline: span((bake + silence).milliseconds...month, &random), pollInterval: poll,
            noiseCeiling: [1e-9, 0.5, 1e-6, .random(in: 1e-9...0.5, using: &random)].randomElement(using: &random)
                ?? 0.5,
            alpha: .random(in: 1e-9...0.1, using: &random),
            refusalCountMax: .random(in: 1...RolloutPolicy.lossBudgetMax, using: &random))
        policy.cohortBy = some(["os", "os_version", "kernel", "agent_version", "model"], &random)
        if random.chance(0.3) { policy.cohortBy.append("tag." + text(20, &random)) }
        policy.cohortFirstStep = .random(in: 1...1000, using: &random)
        policy.cohortHaltsMax = .random(in: 0...100, using: &random)
        policy.growthMax = .random(in: 0.1...1000, using: &random)
        policy.alphaShares.concurrent = .random(in: 0.001...0.8, using: &random)
        policy.watch = span(0...month, &random)
        policy.bakeConditions = some(RolloutPolicy.BakeCondition.allCases, &random)
        if policy.bakeConditions.contains(.use) { policy.bakeUse = span(1...month, &random) }
        if random.chance(0.5) {
            let urgentBake = span(100...bake.milliseconds, &random)
            policy.urgent = RolloutPolicy.UrgentLane(
                lossBudget: .random(
                    in: 1...min(policy.lossBudget * 10, RolloutPolicy.lossBudgetMax), using: &random),
                bake: urgentBake,
                silenceDeadline: span(
                    poll.milliseconds * 2...(policy.settleDeadline - urgentBake).milliseconds, &random))
        }
        return policy
    }

    static func customer(_ random: inout SplitMix) -> CustomerPolicy {
        var names: [String] = []
        for _ in 0..<Int.random(in: 1...CustomerPolicy.ringCountMax, using: &random) {
            let name = text(CohortAttributes.textBytesMax, &random)
            if !names.contains(name) { names.append(name) }
        }
        let rings = names.map { name in
            CustomerPolicy.Ring(
                name: name, hold: random.chance(0.2) ? text(100, &random) : nil,
                releasesBehind: .random(in: 0...2, using: &random),
                windows: (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    CustomerPolicy.Window(
                        days: [.mon] + some([.tue, .wed, .thu, .fri, .sat, .sun], &random),
                        fromMinute: .random(in: 0...1_439, using: &random),
                        toMinute: .random(in: 1...1_440, using: &random),
                        utcOffsetMinutes: .random(in: -840...840, using: &random))
                }, provenShare: .random(in: 0...1, using: &random),
                soak: span(0...RolloutPolicy.spanMax.milliseconds, &random))
        }
        let pins = (0..<Int.random(in: 0...4, using: &random)).map { number in
            CustomerPolicy.Pin(
                pack: PackName(accepted: "pack-\(number)"), version: ReleaseVersion(accepted: "1.\(number).0"),
                ring: random.chance(0.5) ? names.randomElement(using: &random) : nil)
        }
        return CustomerPolicy(
            customer: text(CohortAttributes.textBytesMax, &random), rings: rings, pins: pins,
            urgent: random.chance(0.5) ? .anytime : .windows)
    }
}
