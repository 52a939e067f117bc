import FleetModel
import Testing

@testable import LinuxSensor

@Suite struct FileWatchTests {
    private typealias Mask = FileNotice.Mask

    private func kinds(_ watch: inout FileWatch, _ bytes: [UInt8], now: Int64 = 0) -> [EventKind] {
        watch.changes(in: watch.notices(in: bytes.span.bytes), now: now).map(\.kind)
    }

    @Test("creating, writing and closing within a second is one event; after a second it is told again")
    func writing() {
        var watch = FileWatch(exemptProcessIds: [])
        let written = KernelBytes.change(Mask.closeWrite, "log")
        #expect(kinds(&watch, KernelBytes.change(Mask.create, "log") + written + written) == [.fileEvent])
        #expect(kinds(&watch, written, now: SensorLimit.writingMilliseconds - 1) == [])
        #expect(kinds(&watch, written, now: SensorLimit.writingMilliseconds) == [.fileEvent])
        // Another process, another name and another directory are others.
        #expect(kinds(&watch, KernelBytes.change(Mask.closeWrite, by: 10, "log"), now: 1001) == [.fileEvent])
        #expect(kinds(&watch, KernelBytes.change(Mask.closeWrite, "log2"), now: 1001) == [.fileEvent])
        #expect(kinds(&watch, KernelBytes.change(Mask.closeWrite, directory: 2, "log"), now: 1001) == [.fileEvent])
    }

    @Test("a deletion is always told, and what is made anew under the name is told again")
    func deletion() {
        var watch = FileWatch(exemptProcessIds: [])
        #expect(kinds(&watch, KernelBytes.change(Mask.create, "x")) == [.fileEvent])
        #expect(kinds(&watch, KernelBytes.change(Mask.delete, "x")) == [.fileDelete])
        #expect(kinds(&watch, KernelBytes.change(Mask.create, "x")) == [.fileEvent])
    }

    @Test("what the kernel joined into one event comes apart again")
    func joined() {
        var watch = FileWatch(exemptProcessIds: [])
        let bytes = KernelBytes.change(Mask.create | Mask.closeWrite | Mask.delete, "x")
        #expect(kinds(&watch, bytes) == [.fileEvent, .fileDelete])
    }

    @Test("a renaming is the deletion of the old name and an event of the new one, on old kernels too")
    func renaming() {
        var watch = FileWatch(exemptProcessIds: [])
        let record = KernelBytes.fileEvent(
            Mask.rename, processId: 1,
            [
                KernelBytes.record(10, directory: 1, name: Array("old".utf8)),
                KernelBytes.record(12, directory: 1, name: Array("new".utf8)),
            ])
        let changes = watch.changes(in: watch.notices(in: record.span.bytes), now: 0)
        #expect(changes.map(\.kind) == [.fileDelete, .fileEvent])
        #expect(changes.map { String(decoding: $0.name.name, as: UTF8.self) } == ["old", "new"])
        let old = KernelBytes.change(Mask.movedFrom, "old") + KernelBytes.change(Mask.movedTo, "new")
        #expect(kinds(&watch, old) == [.fileDelete, .fileEvent])
    }

    @Test("what exempt processes and directories do is no event")
    func exempt() {
        var watch = FileWatch(exemptProcessIds: [9])
        #expect(kinds(&watch, KernelBytes.change(Mask.create, by: 9, "x")) == [])
        #expect(kinds(&watch, KernelBytes.change(Mask.create | Mask.onDirectory, by: 8, "x")) == [])
        #expect(kinds(&watch, KernelBytes.change(Mask.create, by: 8, "x")) == [.fileEvent])
    }

    @Test("an overflow of the kernel's queue is counted, and so are bytes that are no event")
    func overflow() {
        var watch = FileWatch(exemptProcessIds: [])
        #expect(kinds(&watch, KernelBytes.fileEvent(Mask.overflow, processId: 0, [])) == [])
        #expect(watch.overflowCount == 1)
        #expect(kinds(&watch, [1, 2, 3]) == [])
        #expect(watch.overflowCount == 2)
    }

    @Test("changes that are shed are counted one by one; what exempt processes do is not, and directories are followed")
    func shed() {
        var watch = FileWatch(exemptProcessIds: [8])
        let bytes =
            KernelBytes.change(Mask.create, "a") + KernelBytes.change(Mask.delete, "b")
            + KernelBytes.change(Mask.create, by: 8, "c") + KernelBytes.change(Mask.rename | Mask.onDirectory, "d")
            + KernelBytes.fileEvent(Mask.overflow, processId: 0, [])
        let notices = watch.notices(in: bytes.span.bytes, isShedding: true)
        #expect(notices.map(\.mask) == [Mask.rename | Mask.onDirectory, Mask.overflow])
        #expect(watch.changes(in: notices, now: 0).isEmpty)
        #expect(watch.takeLosses() == 3)
        #expect(watch.takeLosses() == 0)
    }

    @Test("a name whose directory is not known is kept as it is")
    func unknownDirectory() {
        var watch = FileWatch(exemptProcessIds: [])
        let bytes = KernelBytes.change(Mask.create, "x")
        let changes = watch.changes(in: watch.notices(in: bytes.span.bytes), now: 0)
        #expect(changes.map(\.path) == [nil])
        #expect(changes.map { $0.event(at: Moment(milliseconds: 0))[.targetFilename] } == [.text("x")])
    }

    @Test("removals of folders that go in a circle, as no kernel tells them, name nothing and end")
    func circle() {
        var watch = FileWatch(exemptProcessIds: [])
        let gone = KernelBytes.directory(2)
        let change = FileNotice(
            mask: Mask.delete, processId: 9, name: FileName(directory: gone, name: Array("x".utf8)))
        var changes = watch.changes(in: [change], now: 0)
        #expect(changes.map(\.path) == [nil])
        let removal = FileNotice(
            mask: Mask.delete | Mask.onDirectory, processId: 9,
            name: FileName(directory: gone, name: Array("loop".utf8)), target: gone)
        watch.complete(&changes, with: [removal])
        #expect(changes.map(\.path) == [nil])
    }

    @Test("the memory of writings is bounded, and forgetting some tells them twice rather than not at all")
    func bounded() {
        var watch = FileWatch(exemptProcessIds: [], toldCountMax: 8)
        for number in 0..<100 {
            #expect(kinds(&watch, KernelBytes.change(Mask.closeWrite, "f\(number)")) == [.fileEvent])
            #expect(watch.toldCount <= 8)
        }
    }

    @Test("bytes of a name that are no UTF-8 are repaired in the event")
    func repaired() {
        let name = FileName(directory: [], name: [0xFF, 0x61])
        let change = FileWatch.Change(kind: .fileDelete, processId: 7, name: name, path: [0x2F, 0xFF, 0x61])
        let event = change.event(at: Moment(milliseconds: 1))
        #expect(event[.targetFilename] == .text("/\u{FFFD}a"))
        #expect(event[.processId] == .integer(7))
        #expect(event.kind == .fileDelete)
    }
}

@Suite struct MountTableTests {
    @Test("local file systems are watched once each, where most of them shows; windows into the kernel are not")
    func local() {
        let text = """
            22 27 0:21 / /proc rw,relatime - proc proc rw
            27 1 254:0 /sub /bound rw - ext4 /dev/vda rw
            28 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
            29 1 254:0 / /again rw - ext4 /dev/vda rw
            30 1 0:40 / /media/a\\040b\\134 rw - vfat /dev/sdb rw
            31 1 0:41 / /home rw - nfs server:/home rw
            32 1 0:42 / /dev/shm rw - tmpfs tmpfs rw
            33 short
            34 1 0:43 / /no-dash rw relatime tmpfs tmpfs rw
            """
        #expect(MountTable.localMountPoints(in: Array(text.utf8)) == ["/", "/media/a b\\", "/dev/shm"])
    }

    @Test("no bytes whatever make it fail")
    func hostile() {
        KernelBytes.broken(Array("30 1 0:40 / /media/a\\040b rw - vfat /dev/sdb rw\n".utf8)) { bytes in
            _ = MountTable.localMountPoints(in: bytes)
        }
    }
}
