import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Guard: killed at any call")
struct GuardKillTests {
    static let isWhole = ProcessInfo.processInfo.environment["POWER_CUT_SWEEP"] == "all"
    /// Otherwise every so manieth kill is tried, so that a run of the tests stays short.
    static let stride = 11

    @Test(
        "a guard that is killed at any call leaves a record that is whole, and its next start stands on what is proven",
        .enabled(if: Cutter.canRun(["firebreak-guard", "played-agent"]), "needs root and the built guard"),
        arguments: GuardStory.all)
    func everyCall(story: GuardStory) throws {
        let whole = try GuardHost()
        try story.prepare(whole)
        let run = try whole.run(story.words(on: whole))
        let calls = try #require(run.calls, "\(run.complaints)")
        #expect(run.code == 0 && calls > 0, "\(run.complaints)")
        #expect(try story.violations(on: whole, isRebooted: false) == [], "uncut")
        let cuts = (1...calls).flatMap { [Cutter.Cut(call: $0), Cutter.Cut(call: $0, isAfter: true)] }
        var kills = 0
        for (index, cut) in cuts.enumerated() where Self.isWhole || index % Self.stride == 0 {
            // Once the host goes down with it, once the guard alone dies.
            for isRebooted in [true, false] { kills += try kill(story, at: cut, isRebooted: isRebooted) ? 1 : 0 }
        }
        print("guard kills, \(story.name): \(calls) calls, \(kills) kills")
        #expect(kills > 0)
    }

    /// - Returns: Whether the cut was reached: a run with two processes may take some calls less.
    private func kill(_ story: GuardStory, at cut: Cutter.Cut, isRebooted: Bool) throws -> Bool {
        let host = try GuardHost()
        try story.prepare(host)
        let run = try host.run(story.words(on: host), cut: cut)
        guard run.code == Cutter.cutCode else {
            #expect(run.code == 0, "\(cut): \(run.complaints)")
            return false
        }
        let place = "\(cut), \(run.cut ?? ""), \(isRebooted ? "then a boot" : "then again")"
        if isRebooted { try host.reboot(9) }
        let next = try host.run(isRebooted ? ["boot"] : story.words(on: host))
        #expect(next.code == 0, "\(place): \(next.complaints)")
        for violation in try story.violations(on: host, isRebooted: isRebooted) {
            Issue.record("\(violation) (\(place)): \(run.complaints) \(next.complaints)")
        }
        // Then it goes on: the watch comes to its end, on a slot that is proven.
        let rest = try host.run(["watch"])
        #expect(rest.code == 0, "\(place), then the watch: \(rest.complaints)")
        for violation in try story.violations(on: host, isRebooted: isRebooted) {
            Issue.record("\(violation) (\(place), then the watch): \(run.complaints) \(next.complaints)")
        }
        return true
    }

    /// What a guard that is worse than ours would leave.
    enum Damage: String, CaseIterable {
        case recordTorn
        case badPackBack
        case provenPackGone
        case provenBuildOverwritten
    }

    @Test(
        "the rules bite: what a worse guard would leave is found",
        .enabled(if: Cutter.canRun(["firebreak-guard", "played-agent"]), "needs root and the built guard"),
        arguments: Damage.allCases)
    func rulesBite(damage: Damage) throws {
        let host = try GuardHost()
        let story = GuardStory.all[1]
        try story.prepare(host)
        try host.run(story.command)
        #expect(try story.violations(on: host, isRebooted: false) == [])
        switch damage {
        case .recordTorn:
            try host.write("firebreak-guard 1 crc=00000000 boots=1\n", to: "\(host.state)/guard/record")
        case .badPackBack: try host.write("pack", to: "\(host.state)/generations/\(GuardHost.bad).fbpack")
        case .provenPackGone:
            try FileManager.default.removeItem(
                atPath: "\(host.state)/generations/\(GuardHost.proven[0]).fbpack")
        case .provenBuildOverwritten: try host.write("#!/bin/true half", to: "\(host.slot("b"))/firebreak-worker")
        }
        #expect(try story.violations(on: host, isRebooted: false).count == 1)
    }
}
