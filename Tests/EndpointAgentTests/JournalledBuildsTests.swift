import AgentEngine
import DurableFiles
import FleetModel
import Synchronization
import TestSupport
import Testing

@testable import EndpointAgent

@Suite("Builds and their journal")
struct JournalledBuildsTests {
    private static let now = Moment(milliseconds: 1_000_000)
    private static let release = PinnedRelease(
        release: ReleaseID(accepted: "firebreak-agent@1.1.0"), digest: digest(0x11))
    private static let offer = BuildInput.offer(ReleaseOffer(pinned: release, location: ""))

    private static func digest(_ byte: UInt8) -> Digest {
        Digest(accepted: String(repeating: String(byte, radix: 16), count: 32))
    }

    private let folder: TemporaryFolder
    private let disk = FullDisk()

    init() throws { folder = try TemporaryFolder("builds") }

    private func builds() -> JournalledBuilds {
        JournalledBuilds(path: folder.file("builds.json"), files: DurableFiles(calls: disk))
    }

    private func onDisk() -> BuildJournal {
        var builds = builds()
        return builds.read()
    }

    /// An agent that runs as `running`, on what the disk holds.
    private func started(running: Digest = digest(0xAA), isOnTrial: Bool = false) -> JournalledBuilds {
        var builds = builds()
        _ = builds.handle(.started(builds.read(), running: running, isOnTrial: isOnTrial), at: Self.now)
        return builds
    }

    private func fill(_ isFull: Bool) { disk.isFull.withLock { $0 = isFull } }

    @Test("on a full disk no build is taken, and none is handed over; when there is room it is")
    func nothingBegins() {
        var builds = started()
        fill(true)
        #expect(builds.handle(Self.offer, at: Self.now).isEmpty && builds.machine.journal == BuildJournal())
        fill(false)
        #expect(builds.handle(Self.offer, at: Self.now).count == 2)
        fill(true)
        var troubles = 0
        let fetched = BuildInput.fetched(Self.release.digest, agent: Self.digest(0xBB))
        #expect(builds.handle(fetched, at: Self.now, onTrouble: { _ in troubles += 1 }).isEmpty)
        #expect(troubles > 0 && builds.machine.journal.attempt == nil, "it may be fetched again")
        fill(false)
        #expect(builds.handle(Self.offer, at: Self.now).isEmpty, "not within a minute")
        #expect(onDisk() == BuildJournal(), "the next step writes what stands")
        #expect(builds.handle(Self.offer, at: Self.now + .minutes(1)).count == 2)
    }

    @Test("on a full disk a build that was recalled is left all the same, and the next step writes it down")
    func retreats() {
        var builds = started()
        _ = builds.handle(Self.offer, at: Self.now)
        _ = builds.handle(.fetched(Self.release.digest, agent: Self.digest(0xBB)), at: Self.now)
        _ = builds.handle(.installed(Self.release.digest), at: Self.now)
        var trying = started(running: Self.digest(0xBB), isOnTrial: true)
        fill(true)
        let recall = BuildInput.recalls([RecalledRelease(pinned: Self.release, reason: "it harms")])
        #expect(trying.handle(recall, at: Self.now).last == .goBack)
        #expect(onDisk().attempt?.stage == .trial)
        fill(false)
        #expect(trying.handle(recall, at: Self.now).isEmpty)
        #expect(onDisk().attempt?.stage == .reverted && onDisk().failed == [Self.release.digest])
    }

    @Test("a journal that is torn is begun anew, and said to be")
    func torn() throws {
        try folder.write("builds.json", "{\"kept\":")
        var troubles = 0
        var builds = builds()
        #expect(builds.read { _ in troubles += 1 } == BuildJournal())
        #expect(troubles == 1)
        _ = builds.handle(.started(BuildJournal(), running: nil, isOnTrial: false), at: Self.now)
        #expect(onDisk() == BuildJournal())
    }
}
