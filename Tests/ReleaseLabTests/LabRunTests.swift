import ContentPack
import FleetModel
import Testing
import WorkerSandbox

@testable import ReleaseLab

@Suite("A run in the lab")
struct LabRunTests {
    @Test("a sound pack in the shipping worker passes every stage, and is changed over with two earlier releases")
    func soundPackPasses() async throws {
        let previous = [try LabFixture.pack(version: "0.9.0"), try LabFixture.pack(version: "0.8.0")]
        let result = await LabFixture.run(try LabFixture.plan(try LabFixture.pack(), previous: previous))
        #expect(result.stages.map(\.name) == LabStageName.allCases)
        #expect(result.verdict == .passed, "\(result.stages.flatMap(\.findings))")
        let changeover = try result.stage(.changeover)
        #expect(changeover[count: "previous_releases"] == 2)
        #expect(changeover[count: "changes"] == 10)
        #expect(changeover[count: "refused_changes"] == 3)
        #expect(try result.stage(.clocks)[count: "moments"] == Int64(WarpedClocks.moments.count))
        #expect(try result.stage(.seal)[count: "kernel_checks_held"] == Int64(SealStage.wantedStatus.count))
    }

    @Test("a stage that is left out makes a passing run one with a warning")
    func skippedWarns() async throws {
        let result = await LabFixture.run(try LabFixture.plan(try LabFixture.pack(), only: [.examples, .recorded]))
        #expect(result.verdict == .warned)
        #expect(try result.stage(.hostile).outcome == .skipped)
    }

    @Test("a worker that does not exist is a run without one, and failed")
    func noWorker() async throws {
        let launch = WorkerLaunch(executable: "/nonexistent/firebreak-worker")
        let result = await LabFixture.run(try LabFixture.plan(try LabFixture.pack(), launch))
        #expect(result.isWithoutWorker)
        #expect(result.verdict == .failed)
        #expect(result.stages.dropFirst().allSatisfy { $0.outcome == .notRun })
    }

    @Test("what is not sealed gets not one byte of a program, by its own word or by the kernel's")
    func unsealed() async throws {
        let launch = WorkerLaunch(
            executable: "\(LabFixture.folder)/hostile-worker", arguments: ["getpid", "--unsealed"])
        let result = await LabFixture.run(try LabFixture.plan(try LabFixture.pack(), launch))
        let subjects = try result.stage(.seal).findings.map(\.subject)
        #expect(subjects.contains("seal"))
        #expect(subjects.contains("Seccomp"))
        #expect(try result.stage(.load).outcome == .notRun)
    }

    @Test("a pack that carries a fault is refused by the shipping worker, and kills or hangs one that obeys it")
    func chaos() async throws {
        let crash = try LabFixture.pack(chaos: .crashOnLoad)
        let refused = await LabFixture.run(try LabFixture.plan(crash))
        #expect(try refused.failures(.load) == [.loadRefused])
        let obeying = WorkerLaunch(executable: LabFixture.worker.executable, obeysChaos: true)
        let crashed = await LabFixture.run(try LabFixture.plan(crash, obeying, obeysChaos: true))
        #expect(try crashed.failures(.load) == [.loadDied])
        #expect(try crashed.stage(.load).findings.contains { $0.message.contains("crashed") })
        let hang = try LabFixture.pack(chaos: .hangOnLoad)
        let hung = await LabFixture.run(
            try LabFixture.plan(hang, obeying, obeysChaos: true) { $0.loadDeadline = .seconds(1) })
        #expect(try hung.failures(.load) == [.loadDied])
        #expect(try hung.stage(.load).findings.contains { $0.message.contains("did not answer") })
    }

    @Test("a program that no worker loads, and one that is not the manifest's, are found at the load")
    func load() async throws {
        let garbage = await LabFixture.run(
            try LabFixture.plan(try LabFixture.pack { $0.program = Array("no program".utf8) }))
        #expect(try garbage.failures(.load) == [.loadRefused])
        #expect(try garbage.stage(.changeover).outcome == .notRun)
        let other = await LabFixture.run(
            try LabFixture.plan(try LabFixture.pack { $0.costBound += 1 }, only: []))
        #expect(try other.failures(.load) == [.manifestWrong])
        let counted = await LabFixture.run(
            try LabFixture.plan(try LabFixture.pack(), LabFixture.fragile("counts-wrong"), only: []))
        #expect(try counted.failures(.load) == [.manifestWrong])
    }

    @Test("a rule that misses its true event or matches its false one is named with file and line")
    func examples() async throws {
        let name = PackMemberName.examples(ofRule: LabFixture.shellID)
        let swapped = try LabFixture.pack { draft in
            draft.files.removeAll { $0.name == name }
            let text = LabFixture.examples(LabFixture.ordinary, LabFixture.matching)
            draft.files.append(PackFile(name: name, bytes: Array(text.utf8)))
        }
        let result = await LabFixture.run(try LabFixture.plan(swapped, only: [.examples]))
        #expect(try result.failures(.examples) == [.exampleMissed, .exampleWrong])
        #expect(try result.stage(.examples).findings.allSatisfy { $0.subject.hasPrefix(name) && $0.event != nil })
        let without = try LabFixture.pack { $0.files.removeAll { $0.name == name } }
        let missing = await LabFixture.run(try LabFixture.plan(without, only: [.examples]))
        #expect(try missing.failures(.examples) == [.exampleMissing])
    }

    @Test(
        "matches on ordinary work above the budget fail, within it they warn, and without a recording nothing is known")
    func recorded() async throws {
        let pack = try LabFixture.pack()
        let recording = try LabFixture.benign(LabFixture.ordinary, LabFixture.matching)
        let over = await LabFixture.run(try LabFixture.plan(pack, only: [.recorded], recordings: [recording]))
        #expect(try over.failures(.recorded) == [.falsePositives])
        #expect(try over.stage(.recorded)[count: "false_positives_per_million"] == 500_000)
        let within = await LabFixture.run(
            try LabFixture.plan(pack, only: [.recorded], recordings: [recording]) {
                $0.falsePositivesPerMillion = 500_000
            })
        #expect(try within.stage(.recorded).outcome == .warned)
        let none = await LabFixture.run(try LabFixture.plan(pack, only: [.recorded], recordings: []))
        #expect(try none.stage(.recorded).outcome == .notRun)
    }

    @Test("an attack that no rule sees is a warning, and one that a rule sees is counted")
    func attacks() async throws {
        func run(_ line: String) async throws -> LabStage {
            let attack = try LabRecording(Array(line.utf8), fileName: "attack.jsonl", labels: .attack)
            let benign = try LabFixture.benign(LabFixture.ordinary)
            let plan = try LabFixture.plan(
                try LabFixture.pack(), only: [.recorded], recordings: [benign, attack])
            return try await LabFixture.run(plan).stage(.recorded)
        }
        let unseen = try await run(LabFixture.ordinary)
        #expect(unseen.findings.map(\.code) == [.attackUnseen])
        let seen = try await run(LabFixture.matching)
        #expect(seen.outcome == .passed)
        #expect(seen[count: "attack_steps_seen"] == 1)
    }

    @Test("each budget of cost, latency, speed and memory bites")
    func budgets() async throws {
        let pack = try LabFixture.pack()
        let changes: [(LabFinding.Code, @Sendable (inout LabBudget) -> Void)] = [
            (.overCost, { $0.costSteps = 1 }), (.overLatency, { $0.latency = .zero }),
            (.tooSlow, { $0.eventsPerSecondMin = .max }), (.overMemory, { $0.residentBytes = 1 }),
        ]
        for (code, change) in changes {
            let result = await LabFixture.run(try LabFixture.plan(pack, only: [.stress], budget: change))
            #expect(try result.failures(.stress) == [code])
        }
    }
}
