import Glibc
import Testing

@testable import LinuxSensor

@Suite struct ProcFilesTests {
    @Test("the facts of this very process are there")
    func thisProcess() throws {
        let facts = try #require(ProcFiles().facts(of: getpid(), textBytesMax: 100_000, wantsStart: true))
        #expect(facts.image?.hasPrefix("/") == true)
        #expect(facts.commandLine == CommandLine.arguments.joined(separator: " "))
        #expect(facts.user == getuid())
        #expect(facts.parentProcessId == getppid())
        #expect((facts.startTicks ?? 0) > 0)
    }

    @Test("a process that is gone has no facts")
    func gone() {
        #expect(ProcFiles(root: "/nonexistent").facts(of: 1, textBytesMax: 10) == nil)
        #expect(ProcFiles(root: "/nonexistent").processIds().isEmpty)
    }

    @Test("arguments are joined by spaces, zero bytes at the end are dropped, and bad UTF-8 is repaired")
    func commandLines() {
        #expect(ProcFiles.joined(Array("a\0b c\0\0\0".utf8)) == "a b c")
        #expect(ProcFiles.joined([0, 0]) == nil)
        #expect(ProcFiles.joined([]) == nil)
        #expect(ProcFiles.joined([0x61, 0xFF]) == "a\u{FFFD}")
    }

    @Test("a command line is read up to its bound")
    func bounded() throws {
        let proc = try FakeProc()
        try proc.add(7, parent: 1, image: "/bin/x", arguments: [String(repeating: "a", count: 50_000)])
        #expect(proc.files.facts(of: 7, textBytesMax: 1000)?.commandLine?.utf8.count == 1000)
    }

    @Test("a name with spaces and parentheses does not shift the fields of stat")
    func statName() throws {
        let proc = try FakeProc()
        try proc.add(7, parent: 1, image: "/bin/x", arguments: ["x"], ticks: 4321)
        #expect(proc.files.facts(of: 7, textBytesMax: 10, wantsStart: true)?.startTicks == 4321)
        #expect(ProcFiles.startTicks(in: Array("no parenthesis".utf8)) == nil)
    }

    @Test("users are named by /etc/passwd, the first entry of a number counts, and an unknown one is its number")
    func users() {
        let text =
            "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:/bin/sh\n\nbad line\n+::::::\nalice:x:1000:1000::/home/alice:\n"
        #expect(UserNames.parse(Array(text.utf8)) == [0: "root", 1000: "alice"])
        var names = UserNames(path: "/nonexistent")
        #expect(names.name(of: 42, now: 0) == "42")
        var real = UserNames()
        #expect(real.name(of: 0, now: 0) == "root")
    }

    @Test("whether processes of other users can be read is told by the capability for it; what cannot be told is a no")
    func blindness() throws {
        #expect(ProcFiles.canReadOthers(status: Array("Name:\tx\nCapEff:\t0000000000080000\n".utf8)) == true)
        #expect(
            ProcFiles.canReadOthers(status: Array("CapPrm:\t1ffffffffff\nCapEff:\tfffffffffff7ffff\n".utf8)) == false)
        #expect(ProcFiles.canReadOthers(status: Array("CapEff:\tno\n".utf8)) == nil)
        #expect(ProcFiles(root: "/nonexistent").blindness?.contains("CAP_SYS_PTRACE") == true)
    }
}
