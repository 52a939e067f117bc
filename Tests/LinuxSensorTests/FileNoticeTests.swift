import CLinuxSensor
import Glibc
import Testing

@testable import LinuxSensor

@Suite struct FileNoticeTests {
    private typealias Mask = FileNotice.Mask

    @Test("events of a group are taken apart: what happened, who did it, directory, name and the file itself")
    func events() throws {
        let created = KernelBytes.fileEvent(
            Mask.create, processId: 12,
            [
                KernelBytes.record(2, directory: 1, name: Array("a b".utf8)),
                KernelBytes.record(1, directory: 200, name: nil),
            ])
        let renamed = KernelBytes.fileEvent(
            Mask.rename, processId: 13,
            [
                KernelBytes.record(10, directory: 1, name: [0xFF, 0x41]),
                KernelBytes.record(12, directory: 2, name: Array("new".utf8)),
            ])
        let bytes = created + renamed
        let (notices, strayBytesCount) = FileNotice.decode(bytes.span.bytes)
        #expect(strayBytesCount == 0)
        try #require(notices.count == 2)
        #expect(notices[0].mask == Mask.create)
        #expect(notices[0].processId == 12)
        #expect(notices[0].name == FileName(directory: KernelBytes.directory(1), name: Array("a b".utf8)))
        #expect(notices[0].target == KernelBytes.directory(200))
        #expect(notices[1].oldName == FileName(directory: KernelBytes.directory(1), name: [0xFF, 0x41]))
        #expect(notices[1].newName == FileName(directory: KernelBytes.directory(2), name: Array("new".utf8)))
    }

    @Test("an event that claims to be longer than what was read, or shorter than its header, ends the list")
    func lengths() {
        let good = KernelBytes.change(Mask.create, "x")
        for length in [0, 23, UInt32(good.count) + 1, .max] as [UInt32] {
            var bad = KernelBytes()
            bad.put(length)
            let bytes = good + bad.bytes + Array(good[4...])
            let (notices, strayBytesCount) = FileNotice.decode(bytes.span.bytes)
            #expect(notices.count == 1)
            #expect(strayBytesCount == good.count)
        }
    }

    @Test("a handle that claims to be longer than its record gives no name, and the others are still read")
    func handles() {
        var record = KernelBytes.record(2, directory: 1, name: Array("x".utf8))
        record[12] = 127
        let bytes =
            KernelBytes.fileEvent(Mask.create, processId: 1, [record, KernelBytes.record(1, directory: 5, name: nil)])
        let notices = FileNotice.decode(bytes.span.bytes).notices
        #expect(notices.map(\.name) == [nil])
        #expect(notices.map(\.target) == [KernelBytes.directory(5)])
    }

    @Test("no bytes whatever make it fail")
    func hostile() {
        let bytes =
            KernelBytes.fileEvent(
                Mask.rename, processId: 13,
                [
                    KernelBytes.record(10, directory: 1, name: Array("old".utf8)),
                    KernelBytes.record(12, directory: 2, name: Array("new".utf8)),
                    KernelBytes.record(1, directory: 2, name: nil),
                ]) + KernelBytes.change(Mask.create, "x")
        var noticesCount = 0
        var watch = FileWatch(exemptProcessIds: [])
        KernelBytes.broken(bytes) { broken in
            noticesCount += FileNotice.decode(broken.span.bytes).notices.count
            _ = watch.changes(in: watch.notices(in: broken.span.bytes), now: 0)
        }
        #expect(noticesCount > 1000)
    }

    @Test("a handle of any length and content gives a path or none, and never reads past its end")
    func hostileHandles() throws {
        let mountPoint = ScratchFolder.mountPoint
        var id = [UInt8](repeating: 0, count: Int(FIREBREAK_FILE_SYSTEM_ID_BYTES))
        try #require(firebreak_file_system_id(mountPoint, &id) == 0)
        var path = [CChar](repeating: 0, count: 64)
        func resolve(_ key: [UInt8]) -> Int {
            // Without a byte to spare, so that a sanitizer sees a read past the end.
            let exact = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: key.count)
            defer { exact.deallocate() }
            _ = exact.initialize(from: key)
            return firebreak_directory_path(mountPoint, exact.baseAddress, key.count, &path, path.count)
        }
        for count in 0..<16 { #expect(resolve(Array((id + [1, 0, 0, 0, 1, 0, 0, 0]).prefix(count))) < 0) }
        var claim = KernelBytes(bytes: id)
        claim.put(UInt32.max)
        claim.put(Int32(1))
        #expect(resolve(claim.bytes + [1, 2, 3]) == -Int(EINVAL))
        var large = KernelBytes(bytes: id)
        large.put(UInt32(129))
        large.put(Int32(1))
        #expect(resolve(large.bytes + Array(repeating: 7, count: 200)) == -Int(EINVAL))
        // Of another file system.
        #expect(resolve(KernelBytes.directory(1)) == -Int(ESTALE))
        KernelBytes.broken(id + KernelBytes.directory(1).dropFirst(8), rounds: 500) { _ = resolve($0) }
    }
}
