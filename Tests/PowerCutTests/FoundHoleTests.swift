import AgentEngine
import DurableFiles
@testable import EndpointAgent
import FleetModel
import Testing

/// Holes that the sweep found, each by name.
@Suite("Power cuts: holes that were found")
struct FoundHoleTests {
    /// What a kill of the process leaves, taken up by another process.
    private func afterKill(of disk: CutDisk) -> CutDisk { CutDisk(disk.now.disk) }

    private func survivors(of disk: CutDisk) -> [DiskState] {
        var numbers = SeededNumbers(seed: 1)
        return disk.now.disk.survivors(numbers: &numbers)
    }

    private func journal(_ revision: UInt64) -> UpdateJournal {
        UpdateJournal(
            bootID: "boot-1", proven: [], commitCount: 0, foothold: .init(generation: nil), attempt: nil, settled: [],
            recalled: [], recallRevision: revision)
    }

    /// Otherwise a recall that was heard is obeyed until the power goes, and is forgotten then.
    @Test("a journal whose rename was not made durable before a kill is made so before it is believed")
    func journalBelievedTooEarly() throws {
        let disk = CutDisk()
        let files = DurableFiles(calls: disk)
        try files.makeDirectory(CutEndpoint.state)
        let store = JournalStore(path: CutEndpoint.journal, files: files)
        try store.write(journal(1))
        // Open, write, fsync, rename; the fsync of the directory is not reached.
        disk.cut(at: 4)
        #expect(throws: FileError.self) { try store.write(journal(2)) }

        let next = afterKill(of: disk)
        #expect(survivors(of: next).count > 1, "the rename may be lost")
        let read = JournalStore(path: CutEndpoint.journal, files: DurableFiles(calls: next)).read()
        guard case .intact(let believed) = read else { return #expect(Bool(false), "it is whole") }
        #expect(believed == journal(2))
        for survivor in survivors(of: next) {
            let store = JournalStore(path: CutEndpoint.journal, files: DurableFiles(calls: CutDisk(survivor)))
            guard case .intact(let found) = store.read() else { return #expect(Bool(false), "it is whole") }
            #expect(found == believed)
        }
    }

    @Test("a directory that a killed run has made and not made durable is made so by the next")
    func directoryTakenForDurable() throws {
        let disk = CutDisk()
        disk.cut(at: 1)
        #expect(throws: FileError.self) { try DurableFiles(calls: disk).makeDirectory("/state") }

        let next = afterKill(of: disk)
        let files = DurableFiles(calls: next)
        try files.makeDirectory("/state")
        try files.write([1], to: "/state/file")
        for survivor in survivors(of: next) { #expect(survivor.content(of: "/state/file") == [1]) }
    }
}
