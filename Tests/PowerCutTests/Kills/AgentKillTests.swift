import Foundation
import Synchronization
import TestSupport
import Testing

/// The real agent with a real control plane. Long: each kill is two lives of some seconds; `make power-cut-sweep` runs it.
@Suite("Agent: killed at any call")
struct AgentKillTests {
    enum Story: String, CaseIterable {
        case firstRelease = "the first start, enrolment and the first release"
        case secondRelease = "the second release"

        var version: String { self == .firstRelease ? "1.0.0" : "1.1.0" }
    }

    /// Lives at a time: they mostly wait.
    static let widthMax = 4
    static let isWanted =
        ProcessInfo.processInfo.environment["POWER_CUT_SWEEP"] == "all" && Cutter.canRun(AgentHost.Template.programs)

    @Test(
        "an agent that is killed at any call comes back on what was proven, and a trial is over",
        .enabled(if: isWanted, "long: POWER_CUT_SWEEP=all, root and the built commands"), arguments: Story.allCases)
    func everyCall(story: Story) async throws {
        let template = try await AgentHost.Template.make()
        let whole = try await host(of: story, from: template, name: "whole")
        let run = try await whole.live(until: story.version)
        let calls = try #require(run.calls, "\(run.complaints)")
        #expect(run.code == 0)
        // Before a call the host goes down, after it the agent alone: both ways meet every state of the disk.
        let cuts = (1...calls).flatMap { [Cutter.Cut(call: $0), Cutter.Cut(call: $0, isAfter: true)] }
        var kills = 0
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, cut) in cuts.enumerated() {
                if index >= Self.widthMax, try await group.next() == true { kills += 1 }
                group.addTask { try await kill(story, from: template, at: cut) }
            }
            for try await isCut in group where isCut { kills += 1 }
        }
        print("agent kills, \(story.rawValue): \(calls) calls, \(kills) kills of \(cuts.count)")
        #expect(kills > 0)
    }

    private func host(of story: Story, from template: AgentHost.Template, name: String) async throws -> AgentHost {
        let path = template.folder.file("\(story)-\(name)")
        try FileManager.default.copyItem(
            atPath: story == .firstRelease ? template.fresh : template.second, toPath: path)
        try? FileManager.default.removeItem(atPath: "\(path)/control/address")
        return try await AgentHost(at: path, keys: template.folder.file("key.pub"))
    }

    /// - Returns: Whether the cut was reached: how often an agent writes depends on its timers a little.
    private func kill(_ story: Story, from template: AgentHost.Template, at cut: Cutter.Cut) async throws -> Bool {
        let host = try await host(of: story, from: template, name: "\(cut)")
        defer { host.control.killNow() }
        let run = try await host.live(until: story.version, cut: cut)
        guard run.code == Cutter.cutCode else {
            #expect(run.code == 0, "\(cut): \(run.complaints)")
            return false
        }
        let place = "\(story.rawValue), \(cut): \(run.cut ?? "")"
        let before = JournalView(try host.journal())
        let packs = before.proven.keys.map { ($0, host.pack($0)) }
        if !cut.isAfter { try host.boot(2) }
        let next = try host.checkIn()
        #expect(next.code == 0, "\(place): \(next.complaints)")
        let after = JournalView(try host.journal())
        let active = try host.reportedActive()
        #expect(
            active.map(before.proven.values.contains) ?? before.proven.isEmpty, "\(place): \(active ?? "-") is active")
        for (digest, bytes) in packs {
            #expect(after.proven[digest] != nil, "\(place): a proven generation is lost")
            #expect(bytes != nil && host.pack(digest) == bytes, "\(place): the pack of a proven generation is damaged")
        }
        if let trial = before.trial {
            #expect(after.trial == nil && after.reverted.contains(trial), "\(place): a trial that was cut is not over")
            #expect(host.pack(trial) == nil, "\(place): the pack of a trial that was cut is kept")
        }
        try? FileManager.default.removeItem(atPath: host.path)
        return true
    }
}
