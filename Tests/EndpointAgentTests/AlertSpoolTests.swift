import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import WorkerWire

@Suite("AlertSpool")
struct AlertSpoolTests {
    private func spool(_ folder: TemporaryFolder, files: DurableFiles = DurableFiles()) throws -> AlertSpool {
        try AlertSpool(directory: folder.path, files: files, freshStart: 5000)
    }

    @Test("what was taken is there after a restart, in order, until it is acknowledged")
    func survives() throws {
        let folder = try TemporaryFolder("spool")
        var first = try spool(folder)
        for number in 0..<3 {
            let isTaken = first.append(Array("finding \(number)".utf8))
            #expect(isTaken)
        }
        var second = try spool(folder)
        let batch = second.batch()
        #expect(batch.map { String(decoding: $0.finding, as: UTF8.self) } == (0..<3).map { "finding \($0)" })
        second.acknowledge(through: batch[1].sequence)
        #expect(try spool(folder).waiting == [batch[2].sequence])
    }

    @Test("no sequence is used twice, whenever the agent is killed")
    func sequences() throws {
        let folder = try TemporaryFolder("spool")
        var used: [UInt64] = []
        for _ in 0..<5 {
            var spool = try spool(folder)
            for _ in 0..<3 { _ = spool.append([1]) }
            used += spool.waiting
            spool.acknowledge(through: .max)
        }
        #expect(used == used.sorted() && Set(used).count == used.count && used.first == 5000)
        // A reservation that is lost begins far above what was used before.
        try Data().write(to: URL(filePath: folder.file("reserved")))
        #expect(
            try AlertSpool(directory: folder.path, files: DurableFiles(), freshStart: 1_000_000).nextSequence
                == 1_000_000)
    }

    @Test("a batch stays within a check-in, and a file that is torn is given up and counted")
    func batches() throws {
        let folder = try TemporaryFolder("spool")
        var spool = try spool(folder)
        for _ in 0..<100 { _ = spool.append([UInt8](repeating: 65, count: 20_000)) }
        try Data().write(to: URL(filePath: folder.file("\(spool.waiting[0]).json")))
        let batch = spool.batch()
        #expect(batch.count > 10 && batch.count <= ControlWireLimit.alertCountMax)
        #expect(batch.reduce(0) { $0 + $1.finding.count } <= AlertSpool.batchBytesMax)
        #expect(spool.lost == 1)
    }

    @Test("an alert that cannot be read now is kept, holds back those behind it, and is sent when it can be read")
    func unreadable() throws {
        let folder = try TemporaryFolder("spool")
        let disk = FullDisk()
        var spool = try spool(folder, files: DurableFiles(calls: disk))
        for number: UInt8 in 1...3 { _ = spool.append([number]) }
        disk.unreadable.withLock { [second = spool.waiting[1]] in $0 = "/\(second).json" }
        #expect(spool.batch().map(\.finding) == [[1]])
        disk.unreadable.withLock { $0 = nil }
        #expect(spool.batch().map(\.finding) == [[1], [2], [3]] && spool.lost == 0)
    }

    @Test("a spool that is full takes no more, counts it, and keeps the first")
    func full() throws {
        let folder = try TemporaryFolder("spool")
        for number in 0..<AlertSpool.countMax {
            try Data([1]).write(to: URL(filePath: folder.file("\(number + 1).json")))
        }
        var spool = try spool(folder)
        let isTaken = spool.append([1])
        #expect(!isTaken && spool.lost == 1 && spool.waiting.first == 1)
    }

    @Test("a full disk loses the alert, says so, and nothing else")
    func fullDisk() throws {
        let folder = try TemporaryFolder("spool")
        let disk = FullDisk()
        var spool = try spool(folder, files: DurableFiles(calls: disk))
        disk.isFull.withLock { $0 = true }
        let isTaken = spool.append([1])
        disk.isFull.withLock { $0 = false }
        let isTakenLater = spool.append([2])
        #expect(!isTaken && isTakenLater && spool.lost == 1 && spool.batch().map(\.finding) == [[2]])
    }
}

@Suite("RuleRateLimit")
struct RuleRateLimitTests {
    @Test("a rule raises a burst, then a trickle; what is held back is told with the next")
    func limits() {
        var limit = RuleRateLimit()
        var now = Moment(milliseconds: 0)
        let first = (0..<25).map { _ in limit.admit("a", at: now) }
        #expect(first.count { $0 != nil } == RuleRateLimit.burst)
        let other = limit.admit("b", at: now)
        #expect(other == 0, "rules do not pay for each other")
        now = now + RuleRateLimit.refill
        let heldBack = limit.admit("a", at: now)
        let again = limit.admit("a", at: now)
        #expect(heldBack == 15 && again == nil)
    }

    private static func match(_ rule: String, _ command: String, process: Int64) -> DetectionFingerprint {
        DetectionFingerprint(
            RuleMatch(
                sequence: 0, ruleID: rule, title: "", level: "low", tags: [], author: "",
                fields: [
                    .init(field: .processId, value: .integer(process)),
                    .init(field: .commandLine, value: .text(command)),
                ]))
    }

    @Test("the same rule with the same values is told once, and how often it came again with the next")
    func same() {
        var limit = RuleRateLimit()
        var now = Moment(milliseconds: 0)
        let first = limit.admit(Self.match("a", "rm", process: 1), at: now)
        let repeated = (2...6).map { limit.admit(Self.match("a", "rm", process: $0), at: now) }
        let other = limit.admit(Self.match("a", "mv", process: 7), at: now)
        #expect(first == .init(heldBack: 0, repeats: 0) && other == .init(heldBack: 0, repeats: 0))
        #expect(repeated.allSatisfy { $0 == nil })
        now = now + RuleRateLimit.sameSpan
        #expect(limit.admit(Self.match("a", "rm", process: 8), at: now) == .init(heldBack: 0, repeats: 5))
    }

    @Test("more different things than are kept are still told, and the newest stay told apart")
    func manyDifferent() {
        var limit = RuleRateLimit()
        let now = Moment(milliseconds: 0)
        for number in 0...RuleRateLimit.sameCountMax {
            let moment = now + .milliseconds(Int64(number))
            #expect(limit.admit(Self.match("rule \(number)", "x", process: 1), at: moment) != nil)
        }
        let newest = RuleRateLimit.sameCountMax
        #expect(
            limit.admit(Self.match("rule \(newest)", "x", process: 2), at: now + .milliseconds(Int64(newest))) == nil)
    }

    @Test("a clock that goes back neither floods nor silences")
    func clock() {
        var limit = RuleRateLimit()
        _ = (0..<20).map { _ in limit.admit("a", at: Moment(milliseconds: 1_000_000)) }
        let back = limit.admit("a", at: Moment(milliseconds: 0))
        let later = limit.admit("a", at: Moment(milliseconds: 0) + RuleRateLimit.refill)
        #expect(back == nil && later != nil)
    }
}
