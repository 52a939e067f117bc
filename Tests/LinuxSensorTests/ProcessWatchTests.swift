import CLinuxSensor
import FleetModel
import Testing

@testable import LinuxSensor

extension ProcessWatch {
    /// On a machine where nobody tells what was opened to be executed.
    mutating func handle(_ event: firebreak_process_event) -> TelemetryEvent? {
        var executions = ExecutionNames()
        return handle(event, executions: &executions)
    }
}

@Suite struct ProcessWatchTests {
    private func kernelEvent(
        _ kind: firebreak_process_event_kind, _ pid: Int32, parent: Int32 = 0, user: UInt32 = 0, cpu: UInt32 = 0,
        sequence: UInt32 = 0
    ) -> firebreak_process_event {
        firebreak_process_event(
            kind: Int32(kind.rawValue), pid: pid, parent_pid: parent, user: user, cpu: cpu, sequence: sequence,
            nanoseconds: 1)
    }

    private func house() throws -> FakeProc {
        let proc = try FakeProc()
        try proc.add(1, parent: 0, image: "/sbin/init", arguments: ["/sbin/init"], ticks: 1)
        // Its number is below its parent's: process ids wrap.
        try proc.add(20, parent: 900, image: "/usr/bin/vim", arguments: ["vim", "a b"], user: 1000, ticks: 300)
        try proc.add(900, parent: 1, image: "/bin/bash", arguments: ["-bash"], user: 1000, login: "1000", ticks: 200)
        return proc
    }

    /// What is told when 900 has forked 1001, and that has executed something.
    private func executed(_ watch: inout ProcessWatch, hasEnded: Bool = false) throws -> TelemetryEvent {
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_FORK, 1001, parent: 900))
        var executions = ExecutionNames()
        let execution = kernelEvent(FIREBREAK_PROCESS_EXEC, 1001, sequence: 1)
        let handled = watch.handle(execution, hasEnded: hasEnded, executions: &executions)
        return try #require(handled)
    }

    @Test("an execution carries what the process is, who started it and the way from the first process")
    func creation() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files, users: UserNames(path: "/nonexistent"))
        watch.seed()
        let silent1 = watch.handle(kernelEvent(FIREBREAK_PROCESS_FORK, 1001, parent: 900, sequence: 5))
        #expect(silent1 == nil)
        try proc.add(
            1001, parent: 900, image: "/usr/bin/curl (deleted)", arguments: ["curl", "-s", "http://x"], user: 1000,
            login: "1000")
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXEC, 1001, sequence: 6))
        let event = try #require(handled)
        #expect(event.kind == .processCreation)
        #expect(event[.processId] == .integer(1001))
        #expect(event[.image] == .text("/usr/bin/curl"))
        #expect(event[.commandLine] == .text("curl -s http://x"))
        #expect(event[.currentDirectory] == .text("/home/alice"))
        #expect(event[.user] == .text("1000"))
        #expect(event[.logonId] == .integer(1000))
        #expect(event[.parentProcessId] == .integer(900))
        #expect(event[.parentImage] == .text("/bin/bash"))
        #expect(event[.parentCommandLine] == .text("-bash"))
        #expect(event.lineage.map(\.processId) == [1001, 900, 1])
        #expect(watch.incompleteCount == 0)
    }

    @Test("a process that is gone before it can be read still makes an event with its parent, counted as incomplete")
    func gone() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        let event = try executed(&watch)
        #expect(event[.image] == nil)
        #expect(event[.commandLine] == nil)
        #expect(event[.parentImage] == .text("/bin/bash"))
        #expect(event.lineage.map(\.processId) == [1001, 900, 1])
        #expect(watch.incompleteCount == 1)
    }

    @Test("of a process that is known to have ended /proc is not asked: its number may be another's by now")
    func ended() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        try proc.add(1001, parent: 1, image: "/usr/bin/other", arguments: ["other"])
        let event = try executed(&watch, hasEnded: true)
        #expect(event[.image] == nil && event[.commandLine] == nil)
        #expect(event.lineage.map(\.processId) == [1001, 900, 1])
        #expect(watch.incompleteCount == 1)
    }

    @Test("a parent that has just gone is known from before")
    func parentGone() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_FORK, 1001, parent: 20))
        try proc.remove(20)
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXIT, 20, sequence: 1))
        try proc.add(1001, parent: 1, image: "/bin/id", arguments: ["id"])
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXEC, 1001, sequence: 2))
        let event = try #require(handled)
        #expect(event[.parentImage] == .text("/usr/bin/vim"))
        #expect(event[.parentCommandLine] == .text("vim a b"))
        #expect(event.lineage.map(\.image) == ["/bin/id", "/usr/bin/vim", "/bin/bash", "/sbin/init"])
    }

    @Test("an execution whose fork was lost is tied to its parent by what /proc says")
    func lostFork() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        try proc.add(1002, parent: 900, image: "/bin/date", arguments: ["date"])
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXEC, 1002))
        let event = try #require(handled)
        #expect(event.lineage.map(\.image) == ["/bin/date", "/bin/bash", "/sbin/init"])
    }

    @Test("the end of a process is an event; the end of a thread of the kernel is none")
    func termination() throws {
        let proc = try house()
        try proc.add(50, parent: 2, image: nil, arguments: [], ticks: 2)
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXIT, 20))
        let event = try #require(handled)
        #expect(event.kind == .processTermination)
        #expect(event[.image] == .text("/usr/bin/vim"))
        let silent2 = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXIT, 50, sequence: 1))
        #expect(silent2 == nil)
        let silent3 = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXIT, 7777, sequence: 2))
        #expect(silent3 == nil)
    }

    @Test("a gap in the kernel's numbers is counted exactly, for each processor, and over the end of the range")
    func loss() throws {
        var watch = ProcessWatch(files: ProcFiles(root: "/nonexistent"))
        for (cpu, sequence) in [(0, 10), (1, .max - 1), (0, 11), (0, 15), (1, 2), (1, 3)] as [(UInt32, UInt32)] {
            _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_OTHER, 0, cpu: cpu, sequence: sequence))
        }
        // Processor 0 misses 12, 13, 14; processor 1 misses max, 0 and 1.
        #expect(watch.lostCount == 6)
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_OTHER, 0, cpu: .max, sequence: 4711))
        #expect(watch.lostCount == 6)
    }

    @Test("start times come from the ticks since boot")
    func startTimes() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files)
        watch.seed()
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_FORK, 1001, parent: 900))
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXEC, 1001, sequence: 1))
        let event = try #require(handled)
        let shell = try #require(event.lineage[1].startedAt)
        let first = try #require(event.lineage[2].startedAt)
        #expect((shell - first).milliseconds == 1990)
    }

    @Test("who changes its user has the new one in what it does next, and so have those that it starts")
    func userChange() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files, users: UserNames(path: "/nonexistent"))
        watch.seed()
        let before = watch.actor(20, isFresh: true)
        #expect(before?.node.user == "1000")
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_USER, 20, user: 42, sequence: 1))
        let after = watch.actor(20, isFresh: true)
        #expect(after?.node.user == "42")
        #expect(after?.lineage.map(\.user) == ["42", "1000", "0"])
        _ = watch.handle(kernelEvent(FIREBREAK_PROCESS_FORK, 1001, parent: 20, sequence: 2))
        // Gone before it could be read: the user is that of who started it, as changed.
        let handled = watch.handle(kernelEvent(FIREBREAK_PROCESS_EXEC, 1001, sequence: 3))
        #expect(handled?[.user] == .text("42"))
    }

    @Test("without the connector a process is read anew each time, since its number may be another's by now")
    func stale() throws {
        let proc = try house()
        var watch = ProcessWatch(files: proc.files, users: UserNames(path: "/nonexistent"))
        let first = watch.actor(20, isFresh: false)
        #expect(first?.node.image == "/usr/bin/vim")
        try proc.remove(20)
        try proc.add(20, parent: 1, image: "/bin/other", arguments: ["other"])
        let second = watch.actor(20, isFresh: false)
        #expect(second?.node.image == "/bin/other")
        let none = watch.actor(0, isFresh: false)
        #expect(none == nil)
    }

    @Test("a program that only one name was opened for is named by it, and two names are certain of nothing")
    func openedNames() {
        let mask = FileNotice.Mask.openExec
        func opened(_ names: [String]) -> String? {
            var executions = ExecutionNames()
            executions.note(
                names.map { name in
                    FileNotice(
                        mask: mask, processId: 5,
                        name: FileName(directory: KernelBytes.directory(1), name: Array(name.utf8)))
                })
            return executions.certainName(of: 5).map { String(decoding: $0.name, as: UTF8.self) }
        }
        #expect(opened(["true", "ld-linux-x86-64.so.2"]) == "true")
        #expect(opened(["script.sh", "dash", "ld-linux-x86-64.so.2"]) == nil)
        #expect(opened([]) == nil)
    }
}
