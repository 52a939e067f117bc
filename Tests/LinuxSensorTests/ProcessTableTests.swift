import FleetModel
import Testing

@testable import LinuxSensor

@Suite struct ProcessTableTests {
    private func node(_ id: Int32, parent: Int32 = 0, image: String = "/bin/sh") -> ProcessNode {
        ProcessNode(
            processId: id, parentProcessId: parent, image: image, commandLine: image, user: "root", startedAt: nil)
    }

    private let moment = Moment(milliseconds: 5)

    @Test("lineage goes from the process to those that started it, also when they have ended")
    func lineage() {
        var table = ProcessTable()
        table.adopt(node(1, image: "/sbin/init"))
        table.fork(parent: 1, child: 10, at: moment)
        table.execute(10, image: "/bin/sshd", commandLine: "sshd", user: "root")
        table.fork(parent: 10, child: 11, at: moment)
        table.execute(11, image: "/bin/bash", commandLine: "bash -l", user: "alice")
        table.fork(parent: 11, child: 12, at: moment)
        #expect(table.end(11)?.image == "/bin/bash")
        table.execute(12, image: "/usr/bin/id", commandLine: "id", user: "alice")
        #expect(table.lineage(of: 12).map(\.image) == ["/usr/bin/id", "/bin/bash", "/bin/sshd", "/sbin/init"])
        #expect(table.parent(of: 12)?.commandLine == "bash -l")
    }

    @Test("a forked process is what its parent is until it executes")
    func forkInherits() {
        var table = ProcessTable()
        table.adopt(node(10, image: "/usr/bin/python3"))
        table.fork(parent: 10, child: 11, at: moment)
        let child = table.node(of: 11)
        #expect(child?.image == "/usr/bin/python3")
        #expect(child?.parentProcessId == 10)
        #expect(child?.startedAt == moment)
    }

    @Test("an execution that could not be read leaves no trace of the image that forked")
    func unknownImage() {
        var table = ProcessTable()
        table.adopt(node(10, image: "/bin/bash"))
        table.fork(parent: 10, child: 11, at: moment)
        table.execute(11, image: nil, commandLine: nil, user: nil)
        #expect(table.node(of: 11)?.image == "")
        #expect(table.node(of: 11)?.user == "root")
    }

    @Test("a process id that is used again does not inherit the former's children")
    func reusedId() {
        var table = ProcessTable()
        table.adopt(node(1, image: "/sbin/init"))
        table.adopt(node(10, parent: 1, image: "/bin/first"))
        table.fork(parent: 10, child: 11, at: moment)
        table.fork(parent: 1, child: 10, at: moment)
        table.execute(10, image: "/bin/second", commandLine: "second", user: "root")
        #expect(table.parent(of: 11)?.image == "/bin/first")
        #expect(table.lineage(of: 10).map(\.image) == ["/bin/second", "/sbin/init"])
    }

    @Test("ended processes give way first, then new ones are not remembered and counted")
    func bounded() {
        var table = ProcessTable(countMax: 8, endedCountMax: 4)
        for id in Int32(1)...4 { table.adopt(node(id)) }
        for id in Int32(1)...4 { _ = table.end(id) }
        for id in Int32(11)...18 { table.adopt(node(id)) }
        #expect(table.count == 8)
        #expect(table.untrackedCount == 0)
        table.adopt(node(19))
        #expect(table.count == 8)
        #expect(table.untrackedCount == 1)
        #expect(table.node(of: 19) == nil)
    }

    @Test("a hundred thousand short processes leave the table within its bounds")
    func churn() {
        var table = ProcessTable(countMax: 64, endedCountMax: 16)
        table.adopt(node(1))
        for number in 0..<100_000 {
            let id = Int32(2 + number % 30_000)
            table.fork(parent: 1, child: id, at: moment)
            _ = table.end(id)
        }
        #expect(table.count <= 1 + 16)
    }

    @Test("a lineage has at most sixteen processes, and its texts are cut")
    func lineageBounds() {
        var table = ProcessTable()
        table.adopt(node(1, image: String(repeating: "\u{E9}", count: 4000)))
        for id in Int32(2)...40 { table.fork(parent: id - 1, child: id, at: moment) }
        let lineage = table.lineage(of: 40)
        #expect(lineage.count == TelemetryEvent.lineageCountMax)
        #expect(lineage.allSatisfy { $0.image.utf8.count <= SensorLimit.lineageTextBytesMax })
    }

    @Test("a process that has just ended is still known, until its number is used again or it is forgotten")
    func lately() {
        var table = ProcessTable(countMax: 100, endedCountMax: 1)
        table.adopt(node(1, image: "/sbin/init"))
        table.adopt(node(10, parent: 1, image: "/bin/first"))
        table.adopt(node(11, parent: 1, image: "/bin/other"))
        _ = table.end(10)
        #expect(table.node(of: 10) == nil)
        #expect(table.lately(10)?.image == "/bin/first")
        #expect(table.lineage(of: 10).map(\.image) == ["/bin/first", "/sbin/init"])
        table.fork(parent: 11, child: 10, at: moment)
        #expect(table.lately(10)?.image == "/bin/other")
        _ = table.end(10)
        _ = table.end(11)
        #expect(table.lately(10) == nil)
        #expect(table.lately(11)?.image == "/bin/other")
    }
}
