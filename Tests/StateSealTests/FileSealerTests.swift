import DurableFiles
import FleetModel
import Glibc
import StateMeasurement
import TestSupport
import Testing

@testable import StateSeal

@Suite("File sealer")
struct FileSealerTests {
    @Test("a quote by a key in a file verifies, and says that it is a file's")
    func quoteVerifies() throws {
        var house = try SealHouse(.file)
        let session = house.session()
        try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .file))
        #expect(house.ledger.standing.text == "verified by file")
        house.facts.mode = .safe
        try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .file))
    }

    @Test("nobody but the owner may read the key")
    func keyMode() throws {
        var house = try SealHouse(.file)
        try house.checkIn(house.session())
        var status = stat()
        #expect(stat("\(house.settings.directory)/key", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("after a restart the seal holds, with the same key and a higher counter")
    func restart() throws {
        var house = try SealHouse(.file)
        let before = try house.checkIn(house.session())
        let after = try house.checkIn(house.session())
        #expect(after.publicKey == before.publicKey)
        #expect(after.state.finding == .held)
        #expect(after.state.counter > before.state.counter)
        #expect(house.ledger.standing == .verified(by: .file))
    }

    @Test("an older copy of all files goes unnoticed on the host, and is seen by the server")
    func wholeRollback() throws {
        var house = try SealHouse(.file)
        try house.checkIn(house.session())
        try house.save()
        for _ in 0..<3 {
            house.facts.commitCount += 1
            try house.checkIn(house.session())
        }
        try house.restore()
        house.facts.commitCount -= 3
        let quote = try house.checkIn(house.session())
        #expect(quote.state.finding == .held)
        #expect(house.isFaulty(.counterWentBack))
    }

    @Test("an older copy of the sealed state alone, or of the journal alone, is found on the host")
    func partialRollback() throws {
        var house = try SealHouse(.file)
        let files = DurableFiles()
        let state = "\(house.settings.directory)/state"
        try house.checkIn(house.session())
        let old = try files.read(state, bytesMax: 4096)
        house.facts.commitCount += 1
        try house.checkIn(house.session())
        try files.write(old, to: state)
        try house.checkIn(house.session())
        #expect(house.isFaulty(.rolledBack))
        try house.checkIn(house.session())
        #expect(house.ledger.standing == .verified(by: .file))
        house.facts.commitCount -= 1
        let quote = try house.checkIn(house.session())
        #expect(quote.state.finding == .rolledBack)
        #expect(house.isFaulty(.rolledBack))
    }

    @Test("a sealed state that was changed, cut, emptied or removed is broken; other programs' is named so")
    func damage() throws {
        for damage in [[UInt8](), [0], [UInt8](repeating: 0, count: 158)] {
            var house = try SealHouse(.file)
            try house.checkIn(house.session())
            try DurableFiles().write(damage, to: "\(house.settings.directory)/state")
            #expect(try house.checkIn(house.session()).state.finding == .broken)
            #expect(house.isFaulty(.sealBroken))
        }
        var house = try SealHouse(.file)
        try house.checkIn(house.session())
        try DurableFiles().remove("\(house.settings.directory)/state")
        #expect(try house.checkIn(house.session()).state.finding == .broken)
        house.facts.workerDigest = SealHouse.digest("9")
        #expect(try house.checkIn(house.session()).state.finding == .otherPrograms)
    }

    @Test("an interruption between the seal and the counter is no rollback")
    func interruption() throws {
        var house = try SealHouse(.file)
        try house.checkIn(house.session())
        let sealer = try FileSealer(settings: house.settings)
        let programs = StateDigest.programs(agent: house.facts.agentDigest, worker: house.facts.workerDigest)
        _ = try sealer.open(programs: programs)
        try sealer.seal(
            SealedState(
                counter: try sealer.counter() + 1, commitCount: house.facts.commitCount,
                recallRevision: house.facts.recallRevision, policyHash: house.facts.policyHash))
        #expect(try house.checkIn(house.session()).state.finding == .held)
        #expect(house.ledger.standing == .verified(by: .file))
    }

    @Test("another key is another key to the server; a key that is none is a trouble")
    func keys() throws {
        var house = try SealHouse(.file)
        try house.checkIn(house.session())
        try DurableFiles().remove("\(house.settings.directory)/key")
        try house.checkIn(house.session())
        #expect(house.isFaulty(.otherKey))
        try DurableFiles().write([1, 2, 3], to: "\(house.settings.directory)/key")
        #expect(throws: SealError.self) { try house.checkIn(house.session()) }
    }

    @Test(
        "without a TPM auto takes a file, and keeps to it",
        .enabled(if: access("/dev/tpmrm0", F_OK) != 0, "this host has a TPM"))
    func automatic() throws {
        var house = try SealHouse(.auto)
        try house.checkIn(house.session())
        #expect(house.ledger.standing == .verified(by: .file))
        try house.checkIn(house.session())
        #expect(house.ledger.standing == .verified(by: .file))
    }

    @Test("a setting is auto, file, tpm or an address of a kind that starts no program")
    func settings() throws {
        #expect(try SealChoice(setting: "auto") == .auto)
        #expect(try SealChoice(setting: "tpm") == .tpm("device:/dev/tpmrm0"))
        #expect(try SealChoice(setting: "swtpm:path=/run/x") == .tpm("swtpm:path=/run/x"))
        for bad in ["", "cmd:rm", "pcap:device:/dev/tpm0", "TPM"] {
            #expect(throws: SealError.self) { try SealChoice(setting: bad) }
        }
    }
}
