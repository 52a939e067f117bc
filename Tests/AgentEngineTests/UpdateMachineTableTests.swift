import AgentEngine
import FleetModel
import Foundation
import Testing

/// Every state with every input: nothing traps, and the invariants hold after each. The drawing comes from the same walk.
@Suite("UpdateMachine: every state with every input")
struct UpdateMachineTableTests {
    struct Reach: Sendable {
        let name: String
        let rig: @Sendable () -> Rig
        init(_ name: String, _ rig: @escaping @Sendable () -> Rig) {
            self.name = name
            self.rig = rig
        }
    }

    struct Stimulus: Sendable {
        let name: String
        let give: @Sendable (inout Rig) -> Void
        init(_ name: String, _ give: @escaping @Sendable (inout Rig) -> Void) {
            self.name = name
            self.give = give
        }
    }

    static let states: [Reach] = {
        var states: [Reach] = [
            .init("idle, nothing proven", { Rig(provenCount: 0) }), .init("idle", { Rig() }),
            .init("idle, worker not loaded", { unloaded() }),
            .init("idle, restart due", { stumbling() }),
            .init("idle, all generations failed", { exhausted() }),
            .init("idle, candidate recalled", { recalled() }),
            .init("idle, safe mode", { guarded(.safe) }), .init("idle, observing", { guarded(.observe) }),
            .init("downloading, fetching", { told(Rig()) { $0.give(.offer(Sample.offer(4))) } }),
            .init("downloading, waiting", { waiting() }),
            .init("downloading, verifying", { verifying() }),
            .init("downloading, writing", { told(verifying()) { $0.give(.verified(Sample.pinned(4).digest)) } }),
            .init("downloading, worker not steady", { unsteady() }),
            .init("staged", { told(stumbling()) { $0.stage(4) } }),
            .init("shadow, loading", { told(Rig()) { $0.stage(4) } }),
            .init("shadow", { told(Rig()) { $0.shadow(4) } }),
            .init("first shadow", { told(Rig(provenCount: 0)) { $0.shadow(4) } }),
            .init("trial, loading", { told(Rig(protections: .init(shadow: false, revert: true))) { $0.stage(4) } }),
            .init("trial", { told(Rig()) { $0.trial(4) } }),
            .init("first trial", { told(Rig(provenCount: 0)) { $0.trial(4) } }),
            .init(
                "trial, stopping",
                {
                    told(Rig()) {
                        $0.trial(4); $0.give(.stopping)
                    }
                }),
            .init("trial, revert off", { told(Rig(protections: .init(shadow: true, revert: false))) { $0.trial(4) } }),
        ]
        for (number, state) in states.enumerated() where !state.name.hasPrefix("idle") && number > 7 {
            states.append(
                .init(state.name + ", protections off") {
                    told(state.rig()) { $0.give(.protections(.init(shadow: false, revert: false))) }
                })
        }
        return states
    }()

    static let stimuli: [Stimulus] = {
        var all: [Stimulus] = [
            .init("active worker steady", { steady(&$0) }), .init("tick", { $0.give(.tick) }),
            .init("time", { $0.wait(seconds: 2000) }), .init("stopping", { $0.give(.stopping) }),
            .init(
                "started",
                { $0.give(.started(AgentStart(journal: .absent, found: [], bootID: "b", protections: .all))) }),
            .init("policy", { $0.give(.policy(Sample.policy)) }), .init("resume", { $0.give(.resume) }),
            .init("protections", { $0.give(.protections(.init(shadow: false, revert: true))) }),
            .init("clock back", { $0.give(.tick, after: .hours(-1_000_000)) }),
            .init("clock at its end", { $0.give(.tick, after: .milliseconds(.max)) }),
            .init(
                "recall of all",
                {
                    $0.give(
                        .recalls((1...4).map { RecalledRelease(pinned: Sample.pinned($0), reason: "") }, revision: 2))
                }),
        ]
        for number in [1, 3, 4, 5] {
            let digest = Sample.pinned(number).digest
            all += [
                .init("offer", { $0.give(.offer(Sample.offer(number))) }),
                .init("bytes", { $0.give(.bytesArrived(digest)) }),
                .init("download failed", { $0.give(.downloadFailed(digest, message: "m")) }),
                .init("verified", { $0.give(.verified(digest)) }),
                .init("bad pack", { $0.give(.verificationRefused(digest, code: "c", message: "m")) }),
                .init("kept", { $0.give(.kept(digest)) }),
                .init("disk full", { $0.give(.keepFailed(digest, code: "c", message: "m")) }),
                .init(
                    "recall",
                    { $0.give(.recalls([RecalledRelease(pinned: Sample.pinned(number), reason: "")], revision: 1)) }),
            ]
            for slot in WorkerSlot.allCases {
                all += [
                    .init("loaded", { $0.give(.workerLoaded(slot, digest)) }),
                    .init("evidence", { $0.work(slot, number, from: 1000, seconds: 30) }),
                    .init(
                        "too much evidence", { $0.give(.evidence(slot, digest, WorkerSample(eventsEvaluated: .max))) }),
                ]
                all += unbearable(slot, digest)
                for fault in [
                    WorkerFault.died("x"), .killed("x"), .hung, .refused(code: "c", message: "m"), .overBudget("m"),
                    .destructive("m"),
                ] {
                    let name = if case .refused = fault { "program refused" } else { "worker fails" }
                    all.append(.init(name) { $0.give(.workerFailed(slot, digest, fault)) })
                }
            }
        }
        return all
    }()

    /// Answers by which a release passes its budget or has lost the canary event.
    private static func unbearable(_ slot: WorkerSlot, _ digest: Digest) -> [Stimulus] {
        let samples: [(String, WorkerSample)] = [
            ("canary missed", WorkerSample(eventsEvaluated: 1, detectsCanary: false)),
            ("over memory", WorkerSample(eventsEvaluated: 1, residentBytes: .max)),
            ("alert storm", WorkerSample(eventsEvaluated: 1, matches: 1_000_000)),
            (
                "over processor",
                WorkerSample(
                    eventsEvaluated: 1, processorTime: .hours(2), takenAt: Sample.start + .hours(1), detectsCanary: true
                )
            ),
        ]
        return samples.map { name, sample in
            Stimulus(name) {
                $0.give(.evidence(slot, digest, WorkerSample(eventsEvaluated: 0, takenAt: Sample.start)))
                $0.give(.evidence(slot, digest, sample))
            }
        }
    }

    @Test("every input is answered in every state, and the invariants hold after it")
    func totality() {
        var pairs = 0
        for state in Self.states {
            for stimulus in Self.stimuli {
                var rig = state.rig()
                stimulus.give(&rig)
                let broken = MachineChecker.violations(rig.machine, actions: rig.actions)
                #expect(broken.isEmpty, "\(state.name), \(stimulus.name): \(broken)")
                pairs += 1
            }
        }
        #expect(pairs == Self.states.count * Self.stimuli.count && pairs > 2000)
    }

    @Test("before it was started the machine does nothing")
    func dormant() {
        for stimulus in Self.stimuli where stimulus.name != "started" {
            var rig = Rig()
            rig.machine = UpdateMachine(policy: Sample.policy)
            rig.actions = []
            rig.give(.tick)
            stimulus.give(&rig)
            #expect(rig.actions.isEmpty && rig.machine.state == .dormant)
        }
    }

    @Test("no state is stayed in for ever: with time alone every attempt ends")
    func noStateIsForEver() {
        for state in Self.states where !state.name.contains("off") {
            var rig = state.rig()
            for _ in 0..<6 { rig.wait(seconds: 2000) }
            #expect(rig.machine.state == .idle, "\(state.name) stays in \(rig.machine.state.name)")
        }
    }

    @Test("the drawing of the machine is the machine")
    func drawing() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/images/update-machine.dot")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Self.dot().write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8) == Self.dot(),
            "run UPDATE_GOLDEN=1 swift test --filter AgentEngineTests")
    }

    /// Every change of state that the walk has seen, with what caused it; several causes of one change on one arrow.
    static func dot() -> String {
        var arrows: [String: Set<String>] = ["dormant -> idle": ["started"]]
        for state in states where !state.name.contains("off") {
            for stimulus in stimuli where stimulus.name != "recall of all" {
                var rig = state.rig()
                let before = rig.machine.state.name
                stimulus.give(&rig)
                let after = rig.machine.state.name
                guard before != after else { continue }
                let ending =
                    rig.reported.last.map { [.committed, .reverted, .refused].contains($0) ? " / \($0)" : "" } ?? ""
                // Some stimuli take time here; what time alone does is drawn as time.
                if ["evidence", "active worker steady"].contains(stimulus.name), ending == " / reverted" { continue }
                arrows["\(before) -> \(after)", default: []].insert(stimulus.name + ending)
            }
        }
        let lines = arrows.sorted { $0.key < $1.key }.map { arrow, causes in
            "    \(arrow) [label=\"\(causes.sorted().joined(separator: "\\n"))\"];"
        }
        return """
            // Written by UpdateMachineTableTests; do not edit.
            digraph update_machine {
                rankdir=LR;
                node [shape=box, style=rounded, fontname="Helvetica"];
                edge [fontname="Helvetica", fontsize=10];
            \(lines.joined(separator: "\n"))
            }

            """
    }

    private static func told(_ rig: Rig, _ story: (inout Rig) -> Void) -> Rig {
        var rig = rig
        story(&rig)
        return rig
    }

    private static func unloaded() -> Rig {
        let proven = [Sample.proven(3), Sample.proven(2), Sample.proven(1)]
        return Rig(
            journal: .intact(Sample.journal(proven: proven)),
            found: proven.map { FoundGeneration(pinned: $0.pinned, mark: $0) })
    }

    private static func stumbling() -> Rig {
        told(Rig()) { $0.give(.workerFailed(.active, Sample.pinned(3).digest, .died("x"))) }
    }

    private static func exhausted() -> Rig {
        told(Rig()) { rig in
            for number in [3, 2, 1] {
                rig.give(.workerFailed(.active, Sample.pinned(number).digest, .refused(code: "c", message: "m")))
            }
        }
    }

    private static func recalled() -> Rig {
        told(Rig()) { $0.give(.recalls([RecalledRelease(pinned: Sample.pinned(4), reason: "")], revision: 1)) }
    }

    private static func guarded(_ mode: ProtectionMode) -> Rig {
        let proven = [Sample.proven(3), Sample.proven(2), Sample.proven(1)]
        return Rig(
            journal: .intact(Sample.journal(proven: proven)),
            found: proven.map { FoundGeneration(pinned: $0.pinned, mark: $0) },
            guardWord: GuardWord(mode: mode, lastBoot: .unclean))
    }

    private static func unsteady() -> Rig {
        told(stumbling()) {
            $0.give(.offer(Sample.offer(4)))
            $0.give(.bytesArrived(Sample.pinned(4).digest))
            $0.give(.verified(Sample.pinned(4).digest))
        }
    }

    private static func steady(_ rig: inout Rig) {
        rig.give(.tick, after: .seconds(1))
        rig.give(.workerLoaded(.active, Sample.pinned(3).digest))
        rig.wait(seconds: 70)
    }

    private static func waiting() -> Rig {
        told(Rig()) {
            $0.give(.offer(Sample.offer(4)))
            $0.give(.downloadFailed(Sample.pinned(4).digest, message: "m"))
        }
    }

    private static func verifying() -> Rig {
        told(Rig()) {
            $0.give(.offer(Sample.offer(4)))
            $0.give(.bytesArrived(Sample.pinned(4).digest))
        }
    }
}

/// The machine's invariants after one input, from what is visible outside it.
enum MachineChecker {
    static func violations(_ machine: UpdateMachine, actions: [UpdateAction]) -> [String] {
        let journal = machine.journal
        var found: [String] = []
        if !journal.isSound { found.append("the journal contradicts itself") }
        let proven = Set(journal.proven.map(\.pinned))
        let held = proven.union(journal.attempt.map { [$0.offer.pinned] } ?? [])
        for pinned in held where journal.recalled.contains(where: { $0.covers(pinned) }) {
            found.append("\(pinned.release) is recalled and held")
        }
        for action in actions {
            let isAllowed =
                switch action {
                case .download(let offer), .verify(let offer):
                    journal.attempt?.offer == offer && journal.attempt?.stage == .downloading
                case .keep(let pinned):
                    journal.attempt?.offer.pinned == pinned && journal.attempt?.stage == .downloading
                case .startShadow(let pinned):
                    journal.attempt?.offer.pinned == pinned && journal.attempt?.stage == .shadow
                case .swapIn(let pinned): journal.attempt?.offer.pinned == pinned && journal.attempt?.stage == .trial
                case .commit(let generation): proven.contains(generation.pinned)
                case .protect(let pinned?), .restartActive(let pinned): proven.contains(pinned)
                case .drop(let digest): !held.contains { $0.digest == digest }
                case .takeHostDown: !machine.protections.revert
                case .protect(nil), .discardDownload, .endShadow, .report: true
                }
            if !isAllowed { found.append("\(action) does not fit the journal") }
        }
        if let wake = machine.wakeAfter, wake <= .zero { found.append("wakes without pause") }
        return found
    }
}
