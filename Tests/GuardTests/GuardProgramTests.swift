import Foundation
import GuardEngine
import TestSupport
import Testing

/// The program itself, with real processes, files and signals.
@Suite("Guard program", .serialized)
struct GuardProgramTests {
    private func living(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }
    private func pid(_ line: String) throws -> Int32 {
        try #require(line.split(separator: " ").last.flatMap { Int32($0) })
    }

    @Test("a build on trial that dies is taken back within a second, and refused from then on")
    func brokenBuild() async throws {
        let house = try GuardHouse()
        let watcher = try house.watch()
        try await eventually("first start") { house.starts.count == 1 ? true : nil }
        try house.lay("bad", "die")
        // The behaviour goes with the build: the stand-in reads it beside itself.
        try FileManager.default.createDirectory(
            atPath: house.folder.file("i/slots/b"), withIntermediateDirectories: true)
        try Data("die\n".utf8).write(to: URL(filePath: house.folder.file("i/slots/b/behaviour")))
        #expect(try house.run(["install-build", house.folder.file("bad"), "--now"]).code == 0)
        let began = ContinuousClock.now
        try await eventually("back in slot a") { house.starts.count == 3 ? true : nil }
        print("fall-back after \(ContinuousClock.now - began)")
        #expect(house.starts[1].hasPrefix("b normal clean trial"))
        #expect(house.starts[2].hasPrefix("a normal clean proven"))
        #expect(try house.status("slot_b") == "condemned")
        #expect(try house.run(["install-build", house.folder.file("bad")]).code == 4)
        #expect(watcher.isRunning)
    }

    @Test("a build on trial that hangs is killed and taken back; one that proves itself is kept")
    func hungAndGoodBuild() async throws {
        let house = try GuardHouse()
        let watcher = try house.watch()
        try await eventually("first start") { house.starts.count == 1 ? true : nil }
        try house.lay("hung", "hang")
        try house.lay("i/slots/b", "hang")
        #expect(try house.run(["install-build", house.folder.file("hung"), "--now"]).code == 0)
        try await eventually("back in slot a") { house.starts.count == 3 ? true : nil }
        #expect(house.starts[1].hasPrefix("b normal clean trial") && house.starts[2].hasPrefix("a normal clean proven"))
        #expect(!living(try pid(house.starts[1])))
        try house.lay("good", "prove")
        try Data("prove\n".utf8).write(to: URL(filePath: house.folder.file("i/slots/b/behaviour")))
        #expect(try house.run(["install-build", house.folder.file("good"), "--now"]).code == 0)
        try await eventually("proven") { try house.status("slot_b") == "proven" ? true : nil }
        #expect(try house.status("slot_in_force") == "b")
        #expect(watcher.isRunning)
    }

    @Test("a standby takes over when the guard is killed, and adopts the agent instead of starting a second")
    func standby() async throws {
        let house = try GuardHouse()
        let first = try house.watch("first")
        try await eventually("first start") { house.starts.count == 1 ? true : nil }
        let second = try house.watch("second")
        try await eventually("standing by") { second.output.contains("standing by") ? true : nil }
        first.killNow()
        try await eventually("adopted") { second.output.contains("adopted the agent of slot a") ? true : nil }
        let agent = try pid(house.starts[0])
        #expect(living(agent) && house.starts.count == 1)
        kill(agent, SIGKILL)
        try await eventually("second start") { house.starts.count == 2 ? true : nil }
        let next = try pid(house.starts[1])
        second.terminate()
        #expect(!living(next), "a guard that is told to end takes the agent with it")
        #expect(second.output.contains("started again"), "a kill from outside is held against nobody")
    }

    @Test("an agent that died while no guard watched is found dead, and one on trial is condemned for it")
    func unseenDeath() async throws {
        let house = try GuardHouse()
        let first = try house.watch("first")
        try await eventually("first start") { house.starts.count == 1 ? true : nil }
        try house.lay("slow", "mute")
        try house.lay("i/slots/b", "mute")
        #expect(try house.run(["install-build", house.folder.file("slow"), "--now"]).code == 0)
        try await eventually("trial") { house.starts.count == 2 ? true : nil }
        first.killNow()
        kill(try pid(house.starts[1]), SIGKILL)
        let second = try house.watch("second")
        try await eventually("back in slot a") { house.starts.count == 3 ? true : nil }
        #expect(house.starts[2].hasPrefix("a normal clean proven"))
        #expect(second.output.contains("condemned"))
    }

    @Test("a torn journal takes away the packs without a mark, and an unclean boot reverts the trial")
    func journals() throws {
        let house = try GuardHouse()
        #expect(try house.run(["boot"]).code == 0)
        let packs = house.folder.file("s/generations")
        try FileManager.default.createDirectory(atPath: packs, withIntermediateDirectories: true)
        let digest = String(repeating: "ab", count: 32)
        for name in ["\(digest).fbpack", "kept.fbpack", "kept.proven"] {
            try Data("x".utf8).write(to: URL(filePath: "\(packs)/\(name)"))
        }
        let header = JournalHeader(
            bootID: "other", stage: .trial, digest: DigestText(PlainText(Array(digest.utf8))), isStopped: true,
            mode: .normal)
        try Data(header.encode(Array("{}".utf8))).write(to: URL(filePath: house.folder.file("s/journal.json")))
        try ageBoot(of: house)
        let trial = try house.run(["boot"])
        #expect(trial.complaints.contains("boot 2 unclean mode=normal slot=a reverted=\(digest)"))
        #expect(names(packs) == ["\(digest).condemned", "kept.fbpack", "kept.proven"])
        try Data("x".utf8).write(to: URL(filePath: "\(packs)/\(digest).fbpack"))
        try Data(header.encode(Array("{}".utf8)).dropLast()).write(
            to: URL(filePath: house.folder.file("s/journal.json")))
        try ageBoot(of: house)
        let torn = try house.run(["boot"])
        #expect(torn.complaints.contains("reverted=unproven"))
        #expect(names(packs) == ["\(digest).condemned", "kept.fbpack", "kept.proven"])
        #expect(try house.run(["boot"]).complaints.contains("boot 3 "), "a second boot command counts nothing")
    }

    @Test("a boot that was ended by shutdown is clean")
    func shutdown() throws {
        let house = try GuardHouse()
        #expect(try house.run(["boot"]).code == 0)
        #expect(try house.run(["shutdown"]).code == 0)
        try ageBoot(of: house)
        #expect(try house.run(["boot"]).complaints.contains("boot 2 clean"))
        try ageBoot(of: house)
        #expect(try house.run(["boot"]).complaints.contains("boot 3 unclean"))
    }

    @Test("remedy --test says what would be done and changes no byte; without it the remedy is applied once")
    func remedies() throws {
        let house = try GuardHouse()
        #expect(try house.run(["boot"]).code == 0)
        let plan = try #require(RemedyPlan(id: "r1", actions: [.observe]))
        let drop = house.folder.file("s/remedies")
        try FileManager.default.createDirectory(atPath: drop, withIntermediateDirectories: true)
        try Data(plan.encode()).write(to: URL(filePath: "\(drop)/one.fbremedy"))
        try Data("no remedy\n".utf8).write(to: URL(filePath: "\(drop)/two.fbremedy"))
        let before = try snapshot(house)
        let tested = try house.run(["remedy", "--test"])
        #expect(tested.output.contains("would: observe") && tested.output.contains("two.fbremedy: refused"))
        #expect(tested.code == 3)
        #expect(try snapshot(house) == before)
        #expect(try house.run(["remedy", "\(drop)/one.fbremedy"]).code == 0)
        #expect(try house.status("mode") == "observe")
        #expect(try house.run(["remedy"]).code == 0)
        #expect(names(drop) == ["one.fbremedy.applied", "two.fbremedy.refused"])
        #expect(try house.status("remedies").contains("r1"))
    }

    @Test("a remedy whose build is not the ordered one is refused, and changes no slot")
    func remedyWithOtherBuild() throws {
        let house = try GuardHouse()
        #expect(try house.run(["boot"]).code == 0)
        try house.lay("drop/build", "well")
        let wrong = Measurement.digest(of: [1])
        let plan = try #require(
            RemedyPlan(id: "r1", actions: [.installBuild(path: "build", agent: wrong, worker: wrong), .observe]))
        let file = house.folder.file("drop/one.fbremedy")
        try Data(plan.encode()).write(to: URL(filePath: file))
        #expect(try house.run(["remedy", file]).code == 3)
        #expect(try house.status("slot_b") == "empty" && house.status("mode") == "normal")
    }

    @Test("the guard stays under 2 MB resident while it watches")
    func resident() async throws {
        let house = try GuardHouse()
        let watcher = try house.watch()
        try await eventually("first start") { house.starts.count == 1 ? true : nil }
        let text = try String(contentsOfFile: "/proc/\(watcher.pid)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS") })
        let kibibytes = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        print("resident: \(kibibytes) KiB")
        #expect(kibibytes < 2_048)
    }

    @Test("a command line that is none says what is wrong")
    func usage() throws {
        let house = try GuardHouse()
        #expect(try house.run(["dance"]).code == 2)
        #expect(try house.run(["boot", "--bogus", "1"]).code == 2)
        #expect(try house.run(["status"]).code == 1)
    }

    // MARK: Parts

    /// Makes the record one of an earlier boot.
    private func ageBoot(of house: GuardHouse) throws {
        let path = house.folder.file("s/guard/record")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("boot=") })
        let body = text.split(separator: " ", maxSplits: 3)[3].replacing(line, with: "boot=earlier")
        try Data(ChecksummedText.seal(PlainText(Array(body.utf8)), title: "firebreak-guard 1")).write(
            to: URL(filePath: path))
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private func snapshot(_ house: GuardHouse) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: house.state) {
            files[name] = FileManager.default.contents(atPath: "\(house.state)/\(name)") ?? Data()
        }
        return files
    }
}
