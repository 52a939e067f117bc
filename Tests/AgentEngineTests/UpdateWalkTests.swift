import AgentEngine
import FleetModel
import Foundation
import Testing

/// Random lives of one endpoint, killed between any two actions and started again from what is on disk.
@Suite("UpdateMachine: random walks")
struct UpdateWalkTests {
    static let stepsPerWalk = 600
    static let seeds: Range<UInt64> = 1..<121

    /// Walks one life and then leaves the endpoint alone until it rests.
    static func walk(seed: UInt64, mutation: Mutation? = nil) -> WalkWorld {
        var world = WalkWorld(seed: seed, mutation: mutation)
        world.start()
        for _ in 0..<stepsPerWalk {
            step(&world)
            if !world.isRunning { restart(&world) }
        }
        rest(&world)
        return world
    }

    private static func restart(_ world: inout WalkWorld) {
        world.count("start")
        world.guardWord = .none
        if world.numbers.chance(20) {
            world.bootID += 1
            let mode = world.numbers.chance(10) ? ProtectionMode.allCases.randomElement(using: &world.numbers) : nil
            world.guardWord = GuardWord(
                mode: mode ?? .normal, lastBoot: world.numbers.chance(50) ? .clean : .unclean)
            if world.guardWord.mode != .normal { world.count("start in \(world.guardWord.mode) mode") }
        }
        if world.numbers.chance(3), let bytes = world.journal {
            world.journal = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &world.numbers)))
        }
        world.start()
    }

    private static func step(_ world: inout WalkWorld) {
        switch Int.random(in: 0..<100, using: &world.numbers) {
        case 0..<35: world.second()
        case 35..<75: world.deliver()
        case 75..<87: offer(&world)
        case 87..<89: recall(&world)
        case 89..<91: fail(&world)
        case 91..<92: world.kill()
        case 92..<93:
            world.give(.stopping)
            world.kill()
        case 93..<94:
            world.isDiskFull.toggle()
        case 94..<96:
            world.clockOffset += Int64.random(in: -10_000_000...10_000_000, using: &world.numbers)
            world.checker.clockLeapt()
        case 96..<98:
            world.protections = LabProtections(shadow: world.numbers.chance(70), revert: world.numbers.chance(70))
            world.give(.protections(world.protections))
        default: world.give(.tick)
        }
    }

    private static func offer(_ world: inout WalkWorld) {
        if world.machine.state == .idle, world.numbers.chance(60) { world.newest += 1 }
        let number = max(1, world.newest - (world.numbers.chance(20) ? 1 : 0))
        let digest = Sample.pinned(number).digest
        if world.natures[digest] == nil {
            let natures: [WalkWorld.Nature] = [
                .good, .good, .good, .good, .good, .good, .dies, .dies, .hangs, .refused, .blind, .storms, .greedy,
                .slow,
            ]
            world.natures[digest] = natures.randomElement(using: &world.numbers)
        }
        world.give(.offer(Sample.offer(number)))
    }

    private static func recall(_ world: inout WalkWorld) {
        let number = max(1, world.newest - Int.random(in: 0..<4, using: &world.numbers))
        let pinned = Sample.pinned(number)
        let shown = world
        world.checker.recalled(pinned, world: shown)
        world.count("recall while \(world.machine.state.name)")
        guard world.mutation != .forgetsRecalls else { return world.give(.recalls([], revision: 1)) }
        world.give(.recalls([RecalledRelease(pinned: pinned, reason: "bad")], revision: 1))
    }

    private static func fail(_ world: inout WalkWorld) {
        let slot: WorkerSlot = world.numbers.chance(70) ? .active : .shadow
        guard let worker = world.workers[slot] else { return }
        for _ in 0..<(world.numbers.chance(10) ? 40 : 1) {
            world.workers[slot] = nil
            world.give(.workerFailed(slot, worker.pinned.digest, .died("signal 9")))
            for _ in 0..<8 where world.workers[slot] == nil { world.second() }
        }
        if world.machine.foothold.record.generation == nil, !world.machine.shelf.isEmpty { world.count("cool-down") }
        if !world.machine.foothold.record.fallen.isEmpty { world.count("older generation") }
        if world.machine.foothold.record.mode == .safe { world.count("safe mode") }
    }

    /// Good weather from now on.
    private static func rest(_ world: inout WalkWorld) {
        world.isDiskFull = false
        world.protections = .all
        world.give(.protections(.all))
        for digest in world.natures.keys { world.natures[digest] = .good }
        world.give(.resume)
        for _ in 0..<2000 {
            if !world.isRunning { world.start() }
            world.second()
            for _ in 0..<3 { world.deliver() }
        }
    }

    @Test(
        "through kills, torn journals, full disks, clock jumps and recalls the rules hold, and the endpoint comes to rest"
    )
    func walks() {
        var counts: [String: Int] = [:]
        for seed in Self.seeds {
            let world = Self.walk(seed: seed)
            #expect(world.checker.violations.isEmpty, "seed \(seed): \(Set(world.checker.violations))")
            #expect(world.machine.state == .idle, "seed \(seed) does not rest")
            #expect(
                world.workers[.active]?.pinned == world.machine.foothold.record.generation
                    && world.machine.foothold.record.generation.map { generation in
                        world.machine.shelf.contains { $0.pinned == generation }
                    } ?? world.machine.shelf.isEmpty, "seed \(seed) rests on what is not proven")
            #expect(Set(world.files.keys) == Set(world.machine.shelf.map(\.pinned.digest)), "seed \(seed) litters")
            counts.merge(world.counts, uniquingKeysWith: +)
        }
        // A walk that never went there proves nothing about it.
        let sometimes =
            [
                "commit", "report reverted", "report refused", "host down", "torn journal", "trial found at start",
                "journal not written", "killed between actions", "recall while trial", "recall while shadow",
                "recall while idle", "older generation", "cool-down", "safe mode", "start in safe mode",
                "start in observe mode",
            ] + ["worker.canary_missed", "worker.alert_storm", "worker.over_processor", "worker.over_latency"]
        for what in sometimes { #expect(counts[what, default: 0] > 0, "no walk saw: \(what)") }
    }

    @Test("a life is the same at every run of its seed")
    func deterministic() {
        let one = Self.walk(seed: 7)
        let two = Self.walk(seed: 7)
        #expect(one.journal == two.journal && one.counts == two.counts)
    }

    @Test("the checkers bite: a driver that breaks a rule is found", arguments: Mutation.allCases)
    func checkersBite(mutation: Mutation) {
        let found = Self.seeds.contains { !Self.walk(seed: $0, mutation: mutation).checker.violations.isEmpty }
        #expect(found, "\(mutation) goes unnoticed")
    }
}
