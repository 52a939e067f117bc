import DurableFiles
import FleetModel
import Foundation
import Glibc
import Testing

@testable import ResponseActions
@testable import ResponseEngine

@Suite("Quarantine", .enabled(if: geteuid() == 0, "owners and modes are root's to give"))
struct QuarantineTests {
    /// Where files are held: on the same file system, or on another, so that content is copied.
    enum Way: CaseIterable { case moved, copied }

    struct House {
        let scratch: Scratch
        let other: Scratch?
        let way: Way

        init(_ way: Way) throws {
            self.way = way
            scratch = try Scratch()
            other = way == .copied ? try Scratch(in: "/dev/shm") : nil
            try scratch.write()
        }

        func door(limit: ResponseLimit = ResponseLimit(), cut: Cut? = nil) throws -> ResponseDoor {
            try ResponseDoor(
                state: scratch.state, quarantine: other.map { $0.path + "/quarantine" }, limit: limit,
                afterStep: { cut?.goesOn($0) ?? true })
        }

        var heldFolder: String { (other?.path ?? scratch.state) + "/quarantine" }

        func names(_ path: String) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
        }
    }

    @Test("a file is held under its action's name, closed to everyone, and comes back exactly", arguments: Way.allCases)
    func thereAndBack(_ way: Way) throws {
        let house = try House(way)
        let before = try #require(Scratch.look(house.scratch.file))
        let door = try house.door()
        let done = try door.carryOut(
            Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        #expect(done.state == .done && done.before?.isCopied == (way == .copied))
        #expect(!Scratch.exists(house.scratch.file) && house.names(house.scratch.path + "/home").isEmpty)
        #expect(house.names(house.heldFolder) == ["a-000001"])
        let held = try #require(Scratch.look(house.heldFolder + "/a-000001"))
        #expect(held.mode & 0o7777 == 0 && held.owner == 0 && held.group == 0 && held.content == before.content)
        #expect(try door.journal.records().records == [done])

        let undone = try door.restore(done.id, replaces: false, at: Samples.now + .seconds(5))
        #expect(undone.state == .undone && Scratch.look(house.scratch.file) == before)
        #expect(house.names(house.heldFolder).isEmpty)
        let error = #expect(throws: ResponseError.self) {
            try door.restore(done.id, replaces: false, at: Samples.now)
        }
        #expect(error?.code == .wrongState)
    }

    @Test(
        "cut short after any step, the file is in one place and whole, and recovery makes the record say which",
        arguments: Way.allCases, ResponseStep.allCases)
    func cutTaking(_ way: Way, _ step: ResponseStep) throws {
        let house = try House(way)
        let before = try #require(Scratch.look(house.scratch.file))
        let cut = Cut(after: step)
        let error: ResponseError?
        do {
            _ = try house.door(cut: cut).carryOut(
                Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
            error = nil
        } catch let thrown as ResponseError { error = thrown }
        #expect((error?.code == .interrupted) == cut.wasReached)
        try Self.expectWhole(house, before, "\(way) \(step)")
        // Recovery may be cut short as well, and asked again.
        for inner in ResponseStep.allCases { _ = try house.door(cut: Cut(after: inner)).recover(at: Samples.now) }
        let recovered = try house.door().recover(at: Samples.now)
        #expect(recovered.errors.isEmpty)
        let record = try #require(try house.door().journal.records().records.first)
        #expect(record.state == .done || record.state == .failed, "\(way) \(step): \(record.state)")
        #expect((record.state == .failed) == Scratch.exists(house.scratch.file))
        #expect(house.names(house.heldFolder) == (record.state == .done ? ["a-000001"] : []))
        #expect(house.names(house.scratch.path + "/home") == (record.state == .done ? [] : ["evil"]))
        if record.state == .done {
            _ = try house.door().restore(record.id, replaces: false, at: Samples.now)
        }
        #expect(Scratch.look(house.scratch.file) == before, "\(way) \(step)")
    }

    @Test(
        "cut short after any step of putting back, the file is whole, and can be put back",
        arguments: Way.allCases, ResponseStep.allCases)
    func cutRestoring(_ way: Way, _ step: ResponseStep) throws {
        let house = try House(way)
        let before = try #require(Scratch.look(house.scratch.file))
        let done = try house.door().carryOut(
            Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        let cut = Cut(after: step)
        do {
            _ = try house.door(cut: cut).restore(done.id, replaces: false, at: Samples.now)
            #expect(!cut.wasReached)
        } catch let error as ResponseError { #expect(error.code == .interrupted && cut.wasReached) }
        try Self.expectWhole(house, before, "\(way) \(step)")
        for inner in ResponseStep.allCases { _ = try house.door(cut: Cut(after: inner)).recover(at: Samples.now) }
        let recovered = try house.door().recover(at: Samples.now)
        #expect(recovered.errors.isEmpty)
        let record = try house.door().journal.record(done.id)
        #expect(record.state == .done || record.state == .undone)
        #expect((record.state == .undone) == Scratch.exists(house.scratch.file), "\(way) \(step)")
        if record.state == .done {
            _ = try house.door().restore(record.id, replaces: false, at: Samples.now)
        }
        #expect(Scratch.look(house.scratch.file) == before, "\(way) \(step)")
        #expect(house.names(house.heldFolder).isEmpty && house.names(house.scratch.path + "/home") == ["evil"])
    }

    /// The content is somewhere, under one of the names that recovery knows.
    private static func expectWhole(_ house: House, _ before: Scratch.Look, _ place: String) throws {
        let candidates =
            house.names(house.heldFolder).map { house.heldFolder + "/" + $0 }
            + house.names(house.scratch.path + "/home").map { house.scratch.path + "/home/" + $0 }
        #expect(candidates.contains { Scratch.content(of: $0) == before.content }, "\(place): \(candidates)")
    }

    @Test("every step is reached by one of the two ways, so that the cuts are not idle")
    func everyStep() throws {
        var idle = Set(ResponseStep.allCases)
        for way in Way.allCases {
            for step in ResponseStep.allCases {
                let house = try House(way)
                let cut = Cut(after: step)
                if let door = try? house.door(cut: cut),
                    let done = try? door.carryOut(
                        Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
                {
                    _ = try? door.restore(done.id, replaces: false, at: Samples.now)
                }
                if cut.wasReached { idle.remove(step) }
            }
        }
        #expect(idle.isEmpty)
    }

    @Test("a file that took the name at that moment goes back, and what was meant is told as not done")
    func swapped() throws {
        let house = try House(.moved)
        let file = house.scratch.file
        let door = try ResponseDoor(state: house.scratch.state) { step in
            if step == .journaled {
                rename(file, file + ".away")
                try? Data("innocent".utf8).write(to: URL(filePath: file))
            }
            return true
        }
        let record = try door.carryOut(Samples.quarantine(file), protected: Samples.protected, at: Samples.now)
        #expect(record.state == .failed && record.note.contains("another file took its name"))
        #expect(Scratch.content(of: file) == Array("innocent".utf8) && house.names(house.heldFolder).isEmpty)
        #expect(Scratch.content(of: file + ".away") == Scratch.content)
    }

    @Test("copied across file systems, what is removed is what was copied, whoever renames at that moment")
    func swappedCopy() throws {
        let house = try House(.copied)
        let file = house.scratch.file
        let door = try ResponseDoor(state: house.scratch.state, quarantine: house.heldFolder) { step in
            if step == .copied {
                rename(file, file + ".away")
                try? Data("innocent".utf8).write(to: URL(filePath: file))
            }
            return true
        }
        _ = try door.carryOut(Samples.quarantine(file), protected: Samples.protected, at: Samples.now)
        #expect(Scratch.content(of: file) == Array("innocent".utf8))
        #expect(Scratch.content(of: file + ".away") == Scratch.content)
    }

    @Test("links, folders, pipes, files with two names and protected files are refused, and stay as they are")
    func refused() throws {
        let house = try House(.moved)
        let home = house.scratch.path + "/home"
        symlink(house.scratch.file, home + "/link")
        symlink(home, house.scratch.path + "/way")
        mkfifo(home + "/pipe", 0o600)
        mkdir(home + "/folder", 0o700)
        try? Data("x".utf8).write(to: URL(filePath: home + "/two"))
        link(home + "/two", home + "/names")
        let door = try house.door()
        let before = house.names(home)
        for path in [
            home + "/link", house.scratch.path + "/way/evil", home + "/pipe", home + "/folder", home + "/two",
            "/etc/hostname", home + "/none", "/proc/self/exe",
        ] {
            let error = #expect(throws: ResponseError.self, "\(path)") {
                try door.carryOut(Samples.quarantine(path), protected: Samples.protected, at: Samples.now)
            }
            #expect(
                error?.code == .subjectRefused || error?.code == .subjectGone, "\(path): \(String(describing: error))")
        }
        #expect(house.names(home) == before && house.names(house.heldFolder).isEmpty)
        #expect(try door.journal.records().records.isEmpty)
    }

    @Test("the quarantine is bounded in files, in bytes and in the size of one, and says so")
    func bounds() throws {
        let house = try House(.moved)
        let bytes = Int64(Scratch.content.count)
        func expectFull(_ change: (inout ResponseLimit) -> Void) throws {
            var limit = ResponseLimit()
            change(&limit)
            let error = try #require(
                #expect(throws: ResponseError.self) {
                    try house.door(limit: limit).carryOut(
                        Samples.quarantine(house.scratch.file, number: 9), protected: Samples.protected, at: Samples.now
                    )
                })
            #expect(error.code == .quarantineFull && error.message.contains("by hand"))
            #expect(Scratch.exists(house.scratch.file))
        }
        try expectFull { $0.fileBytesMax = bytes - 1 }
        let first = house.scratch.path + "/home/first"
        try house.scratch.write(to: first)
        _ = try house.door().carryOut(Samples.quarantine(first), protected: Samples.protected, at: Samples.now)
        try expectFull { $0.heldCountMax = 1 }
        try expectFull { $0.heldBytesMax = 2 * bytes - 1 }
    }

    @Test("what lies in the place is not overwritten but with force, and a folder never")
    func placeTaken() throws {
        let house = try House(.moved)
        let before = try #require(Scratch.look(house.scratch.file))
        let door = try house.door()
        let done = try door.carryOut(
            Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        mkdir(house.scratch.file, 0o700)
        for replaces in [false, true] {
            let error = #expect(throws: ResponseError.self) {
                try door.restore(done.id, replaces: replaces, at: Samples.now)
            }
            #expect(error?.code == .placeTaken)
        }
        rmdir(house.scratch.file)
        try? Data("newer".utf8).write(to: URL(filePath: house.scratch.file))
        let error = #expect(throws: ResponseError.self) {
            try door.restore(done.id, replaces: false, at: Samples.now)
        }
        #expect(error?.code == .placeTaken && error?.message.contains("--force") == true)
        #expect(Scratch.content(of: house.scratch.file) == Array("newer".utf8))
        _ = try door.restore(done.id, replaces: true, at: Samples.now)
        #expect(Scratch.look(house.scratch.file) == before)
    }

    @Test("a held file that was changed is not put back")
    func damaged() throws {
        let house = try House(.moved)
        let door = try house.door()
        let done = try door.carryOut(
            Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        try Data("changed".utf8).write(to: URL(filePath: house.heldFolder + "/a-000001"))
        let error = #expect(throws: ResponseError.self) {
            try door.restore(done.id, replaces: false, at: Samples.now)
        }
        #expect(error?.code == .damaged && !Scratch.exists(house.scratch.file))
    }

    @Test("two processes are not at work on it at once")
    func busy() throws {
        let house = try House(.moved)
        let door = try house.door()
        let lock = try FileLock(house.scratch.state + "/responses/lock")
        let error = #expect(throws: ResponseError.self) {
            try door.carryOut(Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        }
        #expect(error?.code == .busy)
        lock.release()
        #expect(throws: Never.self) {
            try door.carryOut(Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        }
    }

    @Test("old records give way, but none that holds a file")
    func pruning() throws {
        let house = try House(.moved)
        var limit = ResponseLimit()
        limit.recordCountMax = 2
        let door = try house.door(limit: limit)
        let done = try door.carryOut(
            Samples.quarantine(house.scratch.file), protected: Samples.protected, at: Samples.now)
        for number in 2..<6 {
            try house.scratch.write()
            let record = try door.carryOut(
                Samples.quarantine(house.scratch.file, number: number), protected: Samples.protected, at: Samples.now)
            _ = try door.restore(record.id, replaces: false, at: Samples.now)
        }
        let kept = try door.journal.records().records.map(\.id.number)
        #expect(kept.contains(done.id.number) && kept.count <= 3 && kept.last == 5)
    }
}
