import FleetModel
import Testing
import TransparencyLog

@Suite("Log machines")
struct MachineTests {
    private func code(_ body: () throws -> Void) -> LogError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? LogError)?.code }
    }

    @Test("from any size to any larger one consistency is proven out of tiles, also where parts were removed")
    func consistency() throws {
        var log = try SampleLog()
        var seen: [SignedCheckpoint] = []
        for count in [0, 1, 1, 3, 200, 51, 1, 255, 300] {
            try log.append(count: count)
            seen.append(try log.checkpoint)
            var whole = log.files
            for path in log.files.keys {
                guard let resource = try? LogResource(path: path), let full = resource.full else { continue }
                if log.files[full.path] != nil { whole[path] = nil }
            }
            for last in seen {
                var machine = CheckpointMachine(trust: try log.trust, last: last)
                try machine.run { whole[$0.path] }
                #expect(machine.newest == (try log.checkpoint))
            }
        }
    }

    @Test("two trees of one log are a split view, with evidence that convicts it, at every pair of sizes")
    func splitView() throws {
        for (common, first, second) in [(0, 1, 1), (3, 1, 5), (4, 4, 9), (0, 8, 300), (255, 1, 2), (7, 300, 20)] {
            var one = try SampleLog()
            try one.append(count: common)
            var other = one
            try one.append(count: first, of: "this")
            try other.append(count: second, of: "that")
            var machine = CheckpointMachine(trust: try one.trust, last: try one.checkpoint)
            let error = #expect(throws: LogError.self) {
                try machine.run { (other.tree.size < one.tree.size && $0 != .checkpoint ? one : other).files[$0.path] }
            }
            #expect(error?.code == .splitView && machine.newest == nil)
            let evidence = try #require(error?.evidence)
            #expect(evidence.isProven(by: try one.trust))
            let stranger = try SampleLog(key: 9)
            #expect(!evidence.isProven(by: try stranger.trust))
            let same = SplitView(
                smaller: evidence.smaller, larger: evidence.smaller, prefixRoot: one.tree.root, proof: [])
            let trust = try one.trust
            #expect(first > second || !same.isProven(by: trust), "a checkpoint does not contradict itself")
        }
    }

    @Test("an older checkpoint is refused and is no split view, with its tiles or without")
    func older() throws {
        var log = try SampleLog()
        try log.append(count: 5)
        let mirror = log
        try log.append(count: 300)
        let last = try log.checkpoint
        #expect(
            code {
                var machine = CheckpointMachine(trust: try log.trust, last: last)
                try machine.run { mirror.files[$0.path] }
            } == .checkpointOlder)
        #expect(
            code {
                var machine = CheckpointMachine(trust: try log.trust, last: last)
                try machine.run { ($0 == .checkpoint ? mirror : log).files[$0.path] }
            } == .checkpointOlder)
    }

    @Test("changed tiles prove nothing and accuse nobody")
    func falseTiles() throws {
        var log = try SampleLog()
        try log.append(count: 200)
        let last = try log.checkpoint
        try log.append(count: 400)
        let files = log.files
        for path in files.keys where path.hasPrefix("tile/") && !path.contains("entries") {
            for change in 0..<2 {
                var bytes = files[path] ?? []
                if change == 0 { bytes = bytes.map { $0 ^ 1 } } else { bytes.removeLast() }
                let refused = code {
                    var machine = CheckpointMachine(trust: try log.trust, last: last)
                    try machine.run { $0.path == path ? bytes : files[$0.path] }
                }
                #expect([nil, .tilesFalse, .tileMalformed].contains(refused), "\(path)")
                let included = code {
                    var machine = try InclusionMachine(
                        checkpoint: try log.checkpoint, index: 300, entry: log.entries[300])
                    try machine.run { $0.path == path ? bytes : files[$0.path] }
                }
                #expect([nil, .tilesFalse, .tileMalformed].contains(included), "\(path)")
                let whole = code {
                    var machine = try TreeMachine(to: try log.checkpoint, checksTiles: true)
                    try machine.run { $0.path == path ? bytes : files[$0.path] }
                }
                let isPart = (try LogResource(path: path)).full != nil
                #expect(whole == .tileOther || isPart && whole == nil, "\(path)")
            }
        }
        let missing = code {
            var machine = CheckpointMachine(trust: try log.trust, last: last)
            try machine.run { $0 == .checkpoint ? files["checkpoint"] : nil }
        }
        #expect(missing == .resourceMissing)
        #expect(
            code {
                var machine = CheckpointMachine(trust: try log.trust, last: last)
                try machine.run { _ in nil }
            } == .resourceMissing)
    }

    @Test("an entry is proven at its own index with its own bytes, and at no other")
    func inclusion() throws {
        var log = try SampleLog()
        try log.append(count: 600)
        let checkpoint = try log.checkpoint
        for index in [0, 1, 255, 256, 511, 512, 599] {
            var machine = try InclusionMachine(
                checkpoint: checkpoint, index: UInt64(index), entry: log.entries[index])
            try machine.run { log.files[$0.path] }
            #expect(machine.proof != nil)
            #expect(
                code {
                    var machine = try InclusionMachine(checkpoint: checkpoint, index: UInt64(index), entry: [1])
                    try machine.run { log.files[$0.path] }
                } == .entryOther)
        }
        #expect(code { _ = try InclusionMachine(checkpoint: checkpoint, index: 600, entry: []) } == .indexBeyond)
    }

    @Test("following gives each entry once, whole or from where it was, and a changed entry is found out")
    func following() throws {
        var log = try SampleLog()
        var tree = TreeAppender()
        var read: [[UInt8]] = []
        for count in [1, 100, 154, 1, 1, 600] {
            try log.append(count: count)
            var machine = try TreeMachine(from: tree, to: try log.checkpoint, checksTiles: true)
            try machine.run { log.files[$0.path] }
            #expect(machine.isDone)
            read += machine.takeUnconfirmed().map(\.entry)
            tree = machine.tree
            #expect(read == log.entries)
        }
        for path in log.files.keys where path.hasPrefix("tile/entries/") {
            let refused = code {
                var machine = try TreeMachine(to: try log.checkpoint, checksTiles: false)
                try machine.run { resource in
                    var bytes = log.files[resource.path]
                    if resource.path == path, let last = bytes?.popLast() { bytes?.append(last ^ 1) }
                    return bytes
                }
            }
            let isOld = (try LogResource(path: path)).full.map { log.files[$0.path] != nil } ?? false
            #expect(refused == .rootOther || isOld && refused == nil, "\(path)")
        }
    }

    @Test("where reading begins, nothing of the tree's edge is believed either")
    func resumedFromEdge() throws {
        var log = try SampleLog()
        try log.append(count: 700)
        let resumed = try TreeAppender(size: 700) { tile throws(LogError) in
            log.files[LogResource.tile(tile).path] ?? []
        }
        #expect(resumed == log.tree && resumed.root == log.tree.root)
    }
}
