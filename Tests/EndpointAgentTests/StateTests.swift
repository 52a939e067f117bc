import AgentEngine
import ControlWire
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("EndpointAgent: state")
struct StateTests {
    @Test("an identity is made once, is a UUID, and stays")
    func identity() throws {
        let folder = try TemporaryFolder("state")
        let first = try StateDirectory(path: folder.path, files: DurableFiles())
        let identity = try first.identity()
        #expect(
            EndpointID.accepts(identity.text) && identity.instanceUID[6] >> 4 == 4 && identity.instanceUID[8] >> 6 == 2)
        first.lock.release()
        #expect(try StateDirectory(path: folder.path, files: DurableFiles()).identity() == identity)
    }

    @Test("a damaged identity is made anew before enrolment, and is an error after it")
    func damagedIdentity() throws {
        let folder = try TemporaryFolder("state")
        let state = try StateDirectory(path: folder.path, files: DurableFiles())
        let identity = try state.identity()
        try Data("{".utf8).write(to: URL(filePath: folder.file("identity.json")))
        #expect(try state.identity() != identity)
        try state.store(credential: "secret")
        try Data("{".utf8).write(to: URL(filePath: folder.file("identity.json")))
        let error = #expect(throws: AgentError.self) { try state.identity() }
        #expect(error?.code == .stateUnusable)
    }

    @Test("the credential is its owner's alone, and an empty file is none")
    func credential() throws {
        let folder = try TemporaryFolder("state")
        let state = try StateDirectory(path: folder.path, files: DurableFiles())
        #expect(try state.credential() == nil)
        try state.store(credential: "abc")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("credential"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try state.credential() == "abc")
        try Data().write(to: URL(filePath: folder.file("credential")))
        #expect(try state.credential() == nil)
    }

    @Test("a journal is read back as it was written; anything cut off it is damage")
    func journal() throws {
        let folder = try TemporaryFolder("state")
        let store = JournalStore(path: folder.file("journal.json"), files: DurableFiles())
        guard case .absent = store.read() else { return #expect(Bool(false), "no file is no journal") }
        let pinned = PinnedRelease(
            release: ReleaseID(accepted: "linux-core@1.0.0"),
            digest: Digest(accepted: String(repeating: "a", count: 64)))
        let journal = UpdateJournal(
            bootID: "b",
            proven: [ProvenGeneration(pinned: pinned, commitNumber: 1, committedAt: Moment(milliseconds: 1))],
            commitCount: 1, foothold: .init(generation: pinned), attempt: nil, settled: [],
            recalled: [RecalledRelease(pinned: pinned, reason: "bad")], recallRevision: 3)
        try store.write(journal)
        guard case .intact(let read) = store.read() else { return #expect(Bool(false), "it was written whole") }
        #expect(read == journal && read.isSound)
        let bytes = try Data(contentsOf: URL(filePath: store.path))
        for count in 0..<bytes.count {
            try bytes.prefix(count).write(to: URL(filePath: store.path))
            guard case .damaged = store.read() else {
                return #expect(Bool(false), "\(count) of \(bytes.count) bytes are taken for a journal")
            }
        }
    }

    @Test("the lab's switches are read as they are; without a readable file every protection is on")
    func lab() throws {
        let folder = try TemporaryFolder("state")
        let lab = LabFile(path: folder.file("lab.json"))
        #expect(lab.read() == .all)
        try Data("{\"shadow\":false,\"revert\":true}".utf8).write(to: URL(filePath: lab.path))
        #expect(lab.read() == LabProtections(shadow: false, revert: true))
        for broken in ["", "{", "{\"shadow\":false}", "{\"shadow\":0,\"revert\":0}"] {
            try Data(broken.utf8).write(to: URL(filePath: lab.path))
            #expect(lab.read() == .all)
        }
    }

    @Test("a distribution is named from os-release, quoted or not")
    func osRelease() {
        #expect(HostDescription.osRelease("ID=debian\nVERSION_ID=\"12\"\n") == "debian-12")
        #expect(HostDescription.osRelease("NAME=x\nID='arch'\n") == "arch")
        #expect(HostDescription.osRelease("nonsense") == "unknown")
        let host = HostDescription.read(tags: [:])
        #expect(!host.cohort.kernel.isEmpty && !host.hostName.isEmpty)
    }

    @Test("a bell wakes its waiter at once, keeps one ring for later, and lets go when time or task is over")
    func bell() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        let kept = await bell.wait(upTo: .hours(1))
        let over = await bell.wait(upTo: .milliseconds(1))
        #expect(kept && !over)
        let waiting = Task { await bell.wait(upTo: .hours(1)) }
        waiting.cancel()
        let cancelled = await waiting.value
        #expect(!cancelled)
        async let rung = bell.wait(upTo: .hours(1))
        bell.ring()
        #expect(await rung)
    }

    @Test("a bell whose time is over before its waiter is there lets the waiter go", .timeLimit(.minutes(1)))
    func bellExpiresEarly() async {
        let bell = Bell()
        let turn = bell.takeTurn()
        bell.expire(turn)
        let early = await bell.wait(for: turn)
        #expect(!early)
        let next = bell.takeTurn()
        bell.expire(turn)
        bell.ring()
        #expect(await bell.wait(for: next), "a timer that outlives its turn is no news to the next")
    }
}
