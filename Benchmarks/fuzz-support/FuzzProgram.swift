import Foundation

/// Something that reads bytes from outside, and what is true of it whatever they are.
package protocol FuzzTarget {
    /// Every target of the program, ready to run.
    static func all() throws -> [Self]
    var name: String { get }
    /// Makes one hostile input and reads it.
    ///
    /// - Returns: Whether what must be true is.
    /// - Throws: When the input was refused, which is as good an end as any.
    mutating func execute(_ random: inout SplitMix64) throws -> Bool
    /// What a refusal is counted as.
    static func code(of error: any Error) -> String
}

/// A fuzz program: `NAME --executions N [--seed S]`.
///
/// N is for each of the targets. The outcome is a line of JSON for each; something untrue, or memory that grows, ends the
/// run with 1, and a trap is the failure that is looked for.
package enum FuzzProgram {
    /// KiB that the process may grow while one target runs: the largest input and what is made of it, many times over.
    private static let growthKiBMax = 64 * 1024

    package static func run<Target: FuzzTarget>(_: Target.Type, name: String) throws -> Never {
        guard let (executions, seed) = options() else {
            FileHandle.standardError.write(Data("usage: \(name) --executions N [--seed S]\n".utf8))
            exit(2)
        }
        var failed = false
        for target in try Target.all() {
            var run = FuzzRun(target, seed: seed)
            run.run(executions)
            FileHandle.standardOutput.write(Data((run.json + "\n").utf8))
            failed = failed || run.brokenCount > 0 || run.grownKiB > growthKiBMax
        }
        exit(failed ? 1 : 0)
    }

    private static func options() -> (executions: UInt64, seed: UInt64)? {
        var executions: UInt64 = 0
        var seed: UInt64 = 1
        var arguments = Array(CommandLine.arguments.dropFirst())
        while arguments.count >= 2 {
            let (name, value) = (arguments.removeFirst(), arguments.removeFirst())
            switch name {
            case "--executions": executions = UInt64(value) ?? 0
            case "--seed": seed = UInt64(value) ?? 1
            default: executions = 0
            }
        }
        return executions > 0 && arguments.isEmpty ? (executions, seed) : nil
    }
}

/// One target and what it came to.
struct FuzzRun<Target: FuzzTarget> {
    private var target: Target
    private let seed: UInt64
    private var random: SplitMix64
    private var accepted: UInt64 = 0
    private var executions: UInt64 = 0
    private var refusals: [String: UInt64] = [:]
    private(set) var brokenCount: UInt64 = 0
    private var resident: (first: Int, most: Int) = (0, 0)
    private let start = Date()

    init(_ target: Target, seed: UInt64) {
        self.target = target
        self.seed = seed
        random = SplitMix64(seed: seed)
    }

    var grownKiB: Int { resident.most - resident.first }

    mutating func run(_ count: UInt64) {
        resident.first = Self.residentKiB()
        while executions < count {
            do {
                if try !target.execute(&random) { brokenCount += 1 }
                accepted += 1
            } catch {
                refusals[Target.code(of: error), default: 0] += 1
            }
            executions += 1
            if executions.isMultiple(of: 1 << 16) { resident.most = max(resident.most, Self.residentKiB()) }
        }
        resident.most = max(resident.most, Self.residentKiB())
    }

    var json: String {
        let counts = refusals.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
        return "{\"target\":\"\(target.name)\",\"seed\":\(seed),\"seconds\":\(seconds),"
            + "\"executions\":\(executions),\"accepted\":\(accepted),\"refused\":{\(counts)},\"broken\":\(brokenCount),"
            + "\"resident_kib\":[\(resident.first),\(resident.most)]}"
    }

    private static func residentKiB() -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split { !$0.isNumber }.first ?? "") } ?? 0
    }
}
