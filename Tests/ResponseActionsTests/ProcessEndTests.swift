import FleetModel
import Foundation
import Glibc
import Testing

@testable import ResponseActions
@testable import ResponseEngine

@Suite("Ending a process")
struct ProcessEndTests {
    /// A process that sleeps until it is ended.
    final class Sleeper: Sendable {
        let id: Int32

        init() throws {
            var child: pid_t = 0
            let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
            defer { for argument in arguments { free(argument) } }
            try #require(posix_spawn(&child, "/usr/bin/sleep", nil, nil, arguments, nil) == 0)
            id = child
        }

        deinit { end() }

        /// Ends it, and takes it off the process table. The signal that ended it, the first time.
        @discardableResult
        func end() -> Int32? {
            var status: Int32 = 0
            _ = kill(id, SIGKILL)
            return waitpid(id, &status, 0) == id ? status & 0x7F : nil
        }

        /// Whether it has not ended, not even as a zombie.
        var isRunning: Bool {
            var event = siginfo_t()
            return waitid(P_PID, id_t(id), &event, WEXITED | WNOHANG | WNOWAIT) == 0 && event.si_signo == 0
        }

        func start() throws -> Moment { try #require(ProcessEnd.start(of: id)) }
    }

    @Test("the process that was seen is ended, and its record was on disk before")
    func ends() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        let (id, start) = (sleeper.id, try sleeper.start())
        let file = scratch.state + "/responses/a-000001.json"
        let door = try ResponseDoor(state: scratch.state) { step in
            if step == .journaled { #expect(Scratch.exists(file) && ProcessEnd.start(of: id) == start) }
            return true
        }
        let record = try door.carryOut(
            Samples.kill(sleeper.id, startedAt: start, seenAt: start + .milliseconds(20)),
            protected: Samples.protected, at: Samples.now)
        #expect(record.state == .done && record.note.isEmpty)
        #expect(!sleeper.isRunning)
        #expect(try door.journal.records().records == [record])
    }

    @Test("another process that has the number now is left alone, and nothing is recorded")
    func reusedNumber() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        let start = try sleeper.start()
        let door = try ResponseDoor(state: scratch.state)
        let before = [
            Samples.kill(sleeper.id, seenAt: start + .milliseconds(-1)),
            Samples.kill(sleeper.id, startedAt: start + .seconds(-60), seenAt: start + .seconds(1)),
        ]
        for record in before {
            let error = #expect(throws: ResponseError.self) {
                try door.carryOut(record, protected: Samples.protected, at: Samples.now)
            }
            #expect(error?.code == .subjectGone)
        }
        #expect(sleeper.isRunning)
        #expect(try door.journal.records().records.isEmpty)
    }

    @Test("a process that has become a protected program since is left alone")
    func becameProtected() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        let start = try sleeper.start()
        // Wherever sleep really lies: on this list it is ours.
        let list = ProtectedList(ownFolders: ["/usr/bin", "/bin"])
        let error = #expect(throws: ResponseError.self) {
            try ResponseDoor(state: scratch.state).carryOut(
                Samples.kill(sleeper.id, seenAt: start + .seconds(1)), protected: list, at: Samples.now)
        }
        #expect(error?.code == .subjectRefused && sleeper.isRunning)
    }

    @Test("cut short before the act, the process lives on, and recovery does not end it later")
    func cut() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        let start = try sleeper.start()
        let cut = Cut(after: .journaled)
        let error = #expect(throws: ResponseError.self) {
            try ResponseDoor(state: scratch.state, afterStep: cut.goesOn).carryOut(
                Samples.kill(sleeper.id, seenAt: start + .seconds(1)), protected: Samples.protected, at: Samples.now)
        }
        #expect(error?.code == .interrupted)
        let recovered = try ResponseDoor(state: scratch.state).recover(at: Samples.now)
        #expect(recovered.settled.map(\.state) == [.failed] && sleeper.isRunning)
    }

    @Test("a process that has ended is told as gone")
    func gone() throws {
        let scratch = try Scratch()
        let sleeper = try Sleeper()
        let start = try sleeper.start()
        let id = sleeper.id
        sleeper.end()
        let error = #expect(throws: ResponseError.self) {
            try ResponseDoor(state: scratch.state).carryOut(
                Samples.kill(id, seenAt: start + .seconds(1)), protected: Samples.protected, at: Samples.now)
        }
        #expect(error?.code == .subjectGone)
    }

    @Test("a denial is a line in a log, no file of its own, and known after a restart but for a torn line")
    func denial() throws {
        let scratch = try Scratch()
        let subject = ProcessSubject(
            processId: 7, startedAt: nil, seenAt: Samples.now, image: "/tmp/evil", commandLine: "", user: "ada")
        let record = ResponseRecord(
            id: ResponseID(number: 1), at: Samples.now, release: Samples.release, rule: "r", action: .deny(subject))
        let door = try ResponseDoor(state: scratch.state)
        door.note(denial: record, at: Samples.now)
        let lines = try String(contentsOfFile: scratch.state + "/responses/denials.log", encoding: .utf8)
        #expect(lines.contains("\"/tmp/evil\"") && lines.hasSuffix("\n") && lines.split(separator: "\n").count == 1)
        #expect(try door.journal.records().records.isEmpty)
        try Data((lines + lines.prefix(40)).utf8).write(to: URL(filePath: scratch.state + "/responses/denials.log"))
        let history = try ResponseDoor(state: scratch.state).history()
        #expect(history == [record.with(.done, at: Samples.now)])
    }
}
