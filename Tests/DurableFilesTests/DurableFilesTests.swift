import DurableFiles
import Foundation
import Glibc
import Testing

@Suite("DurableFiles")
struct DurableFilesTests {
    private let old = Array("the old content".utf8)
    private let new = Array("the new content, which is longer".utf8)

    @Test("what is written is read back, with the mode that was asked for, and nothing is left over")
    func writeAndRead() throws {
        let scratch = try Scratch()
        let files = DurableFiles()
        try files.write(old, to: scratch["a"], mode: 0o644)
        try files.write(new, to: scratch["a"])
        #expect(try files.read(scratch["a"], bytesMax: 100) == new)
        var status = stat()
        #expect(stat(scratch["a"], &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try files.names(in: scratch.path) == ["a"])
    }

    @Test("whichever call fails, with whichever error, the write says so and the file is whole: old or new")
    func everyCallFails() throws {
        var reached = 0
        for call in FailingCalls.Call.allCases {
            for after in 0..<4 {
                for number in [ENOSPC, EIO, EROFS, EDQUOT] {
                    let scratch = try Scratch()
                    try DurableFiles().write(old, to: scratch["a"])
                    let calls = FailingCalls(call, errno: number, after: after)
                    let error = #expect(throws: (any Error).self, "\(call) \(after)") {
                        try DurableFiles(calls: calls).write(new, to: scratch["a"])
                        if !calls.hasFailed || call == .close { throw CancellationError() }
                    }
                    let now = try DurableFiles().read(scratch["a"], bytesMax: 100)
                    #expect(now == old || now == new)
                    #expect(try DurableFiles().names(in: scratch.path) == ["a"], "a failed write takes no room")
                    guard let error = error as? FileError else { continue }
                    reached += 1
                    #expect((error.code == .diskFull) == (number == ENOSPC || number == EDQUOT))
                    #expect(call != .write && call != .rename || now == old, "before the rename nothing has changed")
                }
            }
        }
        #expect(reached >= 4 * 9, "open 3, write, read, fsync 2, close, rename")
    }

    @Test("a disk that keeps half and says that all is well is found out")
    func lyingDisk() throws {
        let scratch = try Scratch()
        let error = #expect(throws: FileError.self) {
            try DurableFiles(calls: LyingCalls()).write(new, to: scratch["a"])
        }
        #expect(error?.code == .notWhatWasWritten)
    }

    @Test("the leftover of an interrupted write is no hindrance")
    func leftover() throws {
        let scratch = try Scratch()
        try Data("half".utf8).write(to: URL(filePath: scratch["a"] + DurableFiles.temporarySuffix))
        try DurableFiles().write(new, to: scratch["a"])
        #expect(try DurableFiles().read(scratch["a"], bytesMax: 100) == new)
    }

    @Test("a file that is longer than its reader allows is refused, one that is missing is named so")
    func boundedReads() throws {
        let scratch = try Scratch()
        try DurableFiles().write(new, to: scratch["a"])
        #expect(try DurableFiles().read(scratch["a"], bytesMax: new.count) == new)
        let long = #expect(throws: FileError.self) { try DurableFiles().read(scratch["a"], bytesMax: new.count - 1) }
        #expect(long?.code == .oversized)
        let missing = #expect(throws: FileError.self) { try DurableFiles().read(scratch["b"], bytesMax: 1) }
        #expect(missing?.code == .notFound)
    }

    @Test("a path that was replaced by a link is not followed")
    func links() throws {
        let scratch = try Scratch()
        try DurableFiles().write(old, to: scratch["a"])
        #expect(symlink(scratch["a"], scratch["link"]) == 0)
        #expect(throws: FileError.self) { try DurableFiles().read(scratch["link"], bytesMax: 100) }
        try DurableFiles().write(new, to: scratch["link"])
        #expect(try DurableFiles().read(scratch["a"], bytesMax: 100) == old)
    }

    @Test("removing is idempotent, and directories are made with those above them")
    func removeAndMake() throws {
        let scratch = try Scratch()
        let files = DurableFiles()
        try files.makeDirectory(scratch["one/two/three"])
        try files.write(old, to: scratch["one/two/three/a"])
        try files.remove(scratch["one/two/three/a"])
        try files.remove(scratch["one/two/three/a"])
        #expect(try files.names(in: scratch["one/two/three"]).isEmpty)
        #expect(throws: FileError.self) { try files.names(in: scratch["nowhere"]) }
    }

    @Test(
        "a really full disk is a full disk by its code, and nothing is left of the try",
        .enabled(if: geteuid() == 0, "mounting a tiny file system needs root"))
    func tinyFileSystem() throws {
        let scratch = try Scratch()
        try #require(
            mount("tmpfs", scratch.path, "tmpfs", 0, "size=64k") == 0, "mount: \(String(cString: strerror(errno)))")
        defer { umount2(scratch.path, Int32(MNT_DETACH)) }
        let files = DurableFiles()
        try files.write(old, to: scratch["a"])
        let error = #expect(throws: FileError.self) {
            try files.write([UInt8](repeating: 7, count: 128 << 10), to: scratch["a"])
        }
        #expect(error?.code == .diskFull)
        #expect(try files.read(scratch["a"], bytesMax: 100) == old)
        #expect(try files.names(in: scratch.path) == ["a"])
    }
}

@Suite("FileLock")
struct FileLockTests {
    @Test("a directory has one user at a time, and the next when that one has gone")
    func lock() throws {
        let scratch = try Scratch()
        var first: FileLock? = try FileLock(scratch["lock"])
        let error = #expect(throws: FileError.self) { _ = try FileLock(scratch["lock"]) }
        #expect(error?.code == .locked && first != nil)
        first = nil
        let second = try FileLock(scratch["lock"])
        let holder = try DurableFiles().read(scratch["lock"], bytesMax: 64)
        #expect(String(decoding: holder, as: UTF8.self) == "\(getpid())\n", "the lock's file names its holder")
        second.release()
        second.release()
        _ = try FileLock(scratch["lock"])
    }

    @Test("a lock that is let go of is free, also while a child that was just forked has a copy of it")
    func forkedCopy() throws {
        let scratch = try Scratch()
        let lock = try FileLock(scratch["lock"])
        let held = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == scratch["lock"]
            })
        let copy = dup(try #require(Int32(held)))
        defer { close(copy) }
        #expect(throws: FileError.self) { _ = try FileLock(scratch["lock"]) }
        lock.release()
        _ = try FileLock(scratch["lock"])
    }
}
