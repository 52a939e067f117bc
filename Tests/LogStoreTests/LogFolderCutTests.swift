import DurableFiles
import FleetModel
import Foundation
import Glibc
import LogStore
import Testing
import TransparencyLog

/// A log on a simulated disk, and what must be true of it after any failure.
struct CutLog {
    static let folder = "/log"
    let disk = SimulatedDisk(folder: "/log")
    let signer: NoteSigner
    let trust: LogTrust

    init() throws {
        signer = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 7, count: 32))
        trust = try LogTrust(keys: [signer.verifier])
    }

    func open() throws(LogStoreError) -> LogFolder {
        try LogFolder(
            Self.folder, signer: signer, at: Moment(milliseconds: 0), files: DurableFiles(calls: disk))
    }

    static func entry(_ index: Int) -> [UInt8] { Array("entry \(index)".utf8) }

    /// The published checkpoint as a reader sees it; nil when there is none.
    func published() throws -> SignedCheckpoint? { try disk.content("/log/checkpoint").map(trust.accept) }

    /// Reads the whole tree as a stranger does, tiles included.
    func verifyAll() throws -> [[UInt8]] {
        let checkpoint = try #require(try published())
        var machine = try TreeMachine(to: checkpoint, checksTiles: true)
        try machine.run { disk.content("/log/\($0.path)") }
        #expect(machine.isDone)
        return machine.takeUnconfirmed().map(\.entry)
    }

    /// Whether what was published before is the beginning of what is published now.
    func continues(_ last: SignedCheckpoint?) throws -> SignedCheckpoint? {
        guard disk.content("/log/checkpoint") != nil || last != nil else { return nil }
        var machine = CheckpointMachine(trust: trust, last: last)
        try machine.run { disk.content("/log/\($0.path)") }
        return machine.newest
    }
}

@Suite("LogFolder under failure")
struct LogFolderCutTests {
    /// Appends that cross no tile, one, and a level: what is there before, and what is added.
    static let shapes: [(before: Int, added: Int)] = [(0, 1), (3, 2), (250, 10), (255, 1), (250, 270)]

    private func prepared(_ before: Int) throws -> CutLog {
        let log = try CutLog()
        var folder = try log.open()
        if before > 0 {
            _ = try folder.append((0..<before).map(CutLog.entry), at: Moment(milliseconds: 0))
        }
        return log
    }

    /// Calls that an append makes.
    private func callCount(_ shape: (before: Int, added: Int)) throws -> Int {
        let log = try prepared(shape.before)
        var folder = try log.open()
        log.disk.arm(nil, at: 0)
        _ = try folder.append(
            (shape.before..<shape.before + shape.added).map(CutLog.entry), at: Moment(milliseconds: 0))
        return log.disk.calls
    }

    /// After a start: the tree is whole, continues what anybody saw, and has what was there and all or nothing of the rest.
    private func check(_ log: CutLog, _ shape: (before: Int, added: Int), seen: SignedCheckpoint?, isAcknowledged: Bool)
        throws
    {
        var folder = try log.open()
        _ = try log.continues(seen)
        let entries = try log.verifyAll()
        #expect(entries.count == shape.before || entries.count == shape.before + shape.added)
        #expect(!isAcknowledged || entries.count == shape.before + shape.added)
        #expect(entries == (0..<entries.count).map(CutLog.entry))
        #expect(!log.disk.files.contains { $0.hasSuffix(".writing") || $0.hasSuffix(".next") })
        let after = try #require(try log.published())
        // Others than those that were lost: the log must not have promised these to anybody.
        let range = try folder.append([Array("another".utf8)], at: Moment(milliseconds: 0))
        #expect(range == UInt64(entries.count)..<UInt64(entries.count + 1))
        _ = try log.continues(after)
        #expect(try log.verifyAll() == entries + [Array("another".utf8)])
    }

    /// Every third call in the suite; `make power-cut-sweep` takes every one, a minute and a half.
    static let step = ProcessInfo.processInfo.environment["POWER_CUT_SWEEP"] == "all" ? 1 : 3

    @Test("whichever call of an append fails, the tree stays whole and what was seen stays true")
    func everyCallFails() throws {
        var reached = 0
        for shape in Self.shapes {
            for call in stride(from: 0, to: try callCount(shape), by: Self.step) {
                for number in [ENOSPC, EIO] {
                    let log = try prepared(shape.before)
                    var folder = try log.open()
                    log.disk.arm(.fails(number), at: call)
                    let added = (shape.before..<shape.before + shape.added).map(CutLog.entry)
                    var isAcknowledged = false
                    do throws(LogStoreError) {
                        _ = try folder.append(added, at: Moment(milliseconds: 0))
                        isAcknowledged = true
                    } catch {
                        #expect(error.code == .fileFailed)
                        let suspended = #expect(throws: LogStoreError.self) {
                            _ = try folder.append(added, at: Moment(milliseconds: 0))
                        }
                        #expect(suspended?.code == .suspended)
                        reached += 1
                    }
                    log.disk.arm(nil, at: 0)
                    let seen = try log.published()
                    try check(log, shape, seen: seen, isAcknowledged: isAcknowledged)
                }
            }
        }
        print("append: \(reached) failures of calls checked")
        #expect(reached > 100)
    }

    @Test(
        "after whichever call of an append the power goes, whatever survives, the tree is whole and continues what was seen"
    )
    func everyCut() throws {
        var cuts = 0
        for shape in Self.shapes {
            for call in stride(from: 0, to: try callCount(shape), by: Self.step) {
                for survival in SimulatedDisk.Survival.allCases {
                    let log = try prepared(shape.before)
                    var folder = try log.open()
                    log.disk.arm(.stops, at: call)
                    let added = (shape.before..<shape.before + shape.added).map(CutLog.entry)
                    let isAcknowledged = (try? folder.append(added, at: Moment(milliseconds: 0))) != nil
                    // A web server may have served it in the moment before the cut.
                    let seen = try log.published()
                    log.disk.powerCut(survival)
                    try check(log, shape, seen: seen, isAcknowledged: isAcknowledged)
                    cuts += 1
                }
            }
        }
        print("append: \(cuts) cuts checked")
        #expect(cuts > 200)
    }

    @Test("a start that is itself cut, after every call, is mended by the next")
    func cutStarts() throws {
        let shape = (before: 250, added: 10)
        var cuts = 0
        for appendCall in stride(from: 0, to: try callCount(shape), by: 11) {
            for startCall in stride(from: 0, to: 400, by: Self.step) {
                let log = try prepared(shape.before)
                var folder = try log.open()
                log.disk.arm(.stops, at: appendCall)
                _ = try? folder.append((250..<260).map(CutLog.entry), at: Moment(milliseconds: 0))
                let seen = try log.published()
                log.disk.powerCut(.nothing)
                log.disk.arm(.stops, at: startCall)
                let isWhole = (try? log.open()) != nil && log.disk.calls <= startCall
                let seenAgain = try log.published() ?? seen
                log.disk.powerCut(.nothing)
                try check(log, shape, seen: seenAgain, isAcknowledged: false)
                cuts += 1
                if isWhole { break }
            }
        }
        print("start: \(cuts) cuts checked")
        #expect(cuts > 100)
    }

    @Test("the sweep bites: on a disk that forgets what was fsynced, an append that was acknowledged is missed")
    func sweepBites() throws {
        let log = try prepared(3)
        var folder = try log.open()
        log.disk.lieAboutContent()
        _ = try folder.append([CutLog.entry(3)], at: Moment(milliseconds: 0))
        let seen = try log.published()
        log.disk.powerCut(.nothing)
        #expect(throws: (any Error).self) { _ = try log.open() }
        #expect(throws: (any Error).self) { _ = try log.continues(seen) }
        #expect(throws: (any Error).self) { _ = try log.verifyAll() }
    }
}
