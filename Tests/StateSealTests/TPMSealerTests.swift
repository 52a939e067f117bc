import DurableFiles
import FleetModel
import StateMeasurement
import TestSupport
import Testing

@testable import StateSeal

@Suite("TPM sealer", .enabled(if: Swtpm.isInstalled, "swtpm is not installed: scripts/install-packages.sh test"))
struct TPMSealerTests {
    /// A house whose TPM is a simulator that keeps its state in the house's own folder.
    private func house() async throws -> (SealHouse, Swtpm) {
        let folder = try TemporaryFolder("swtpm")
        let tpm = try await Swtpm(in: folder)
        return (try SealHouse(.tpm(tpm.address)), tpm)
    }

    @Test("a quote of the TPM verifies, again and again, and through a change of the facts")
    func quoteVerifies() async throws {
        var (house, tpm) = try await house()
        let session = house.session()
        let first = try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .tpm))
        #expect(first.state.finding == .first)
        let second = try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .tpm))
        #expect(second.state == first.state)
        house.facts.commitCount += 1
        let third = try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .tpm))
        #expect(third.state.counter == first.state.counter + 1)
        tpm.stop()
    }

    @Test("after a restart of the agent the key is the same, the seal holds, and the counter has gone up")
    func restart() async throws {
        var (house, tpm) = try await house()
        let before = try house.checkIn(house.session())
        let after = try house.checkIn(house.session())
        #expect(after.publicKey == before.publicKey)
        #expect(after.state.finding == .held)
        #expect(after.state.counter > before.state.counter)
        #expect(house.ledger.standing == .verified(by: .tpm))
        tpm.stop()
    }

    @Test("another nonce, a replayed quote, a changed state and another endpoint fail by their own reasons")
    func quotesAreBound() async throws {
        var (house, tpm) = try await house()
        let session = house.session()
        let quote = try house.checkIn(session)
        house.take(quote)
        #expect(house.isFaulty(.replayed))
        _ = house.nextNonce()
        house.take(try session.quote(house.facts, endpoint: house.endpoint, nonce: [UInt8](repeating: 99, count: 16)))
        #expect(house.isFaulty(.otherNonce))
        var changed = try session.quote(house.facts, endpoint: house.endpoint, nonce: house.nextNonce())
        changed.state.facts.mode = .observe
        house.take(changed)
        #expect(house.isFaulty(.otherState))
        let other = EndpointID(accepted: String(repeating: "b2", count: 16))
        house.take(try session.quote(house.facts, endpoint: other, nonce: house.nextNonce()))
        #expect(house.isFaulty(.otherState))
        try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .tpm))
        tpm.stop()
    }

    @Test("an older copy of the state directory is found by the agent, and shows at the server")
    func rollback() async throws {
        var (house, tpm) = try await house()
        try house.checkIn(house.session())
        try house.save()
        house.facts.commitCount += 1
        try house.checkIn(house.session())
        try house.restore()
        house.facts.commitCount -= 1
        let quote = try house.checkIn(house.session())
        #expect(quote.state.finding == .rolledBack)
        #expect(house.isFaulty(.rolledBack))
        tpm.stop()
    }

    @Test("a counter only goes up, and one that root deleted and that is made anew begins above it")
    func counterIsMonotonic() async throws {
        let (house, tpm) = try await house()
        let index = house.settings.counterIndex
        let last = try count(at: index, of: tpm, advancing: 3)
        try tpm.undefine(index: index)
        #expect(try count(at: index, of: tpm, advancing: 0) > last)
        tpm.stop()
    }

    /// Opens the TPM for this alone: the simulator serves one connection at a time.
    private func count(at index: UInt32, of tpm: Swtpm, advancing times: Int) throws -> UInt64 {
        let device = try TPMDevice(address: tpm.address)
        let first = try device.counter(at: index)
        for _ in 0..<times { try device.advanceCounter(at: index) }
        let last = try device.counter(at: index)
        #expect(last == first + UInt64(times))
        return last
    }

    private func prepared(_ settings: SealSettings) throws -> SealSettings {
        try DurableFiles().makeDirectory(settings.directory)
        return settings
    }

    @Test("another TPM's key is another key, and a stored key of another TPM is refused by name")
    func otherTPM() async throws {
        var (house, tpm) = try await house()
        try house.checkIn(house.session())
        let others = try TemporaryFolder("swtpm")
        let other = try await Swtpm(in: others)
        house.settings.choice = .tpm(other.address)
        do {
            try house.checkIn(house.session())
            Issue.record("a key of another TPM was taken")
        } catch let error as SealError {
            #expect(error.code == .foreignBlob)
        }
        try DurableFiles().remove("\(house.settings.directory)/tpm-key")
        try DurableFiles().remove("\(house.settings.directory)/tpm-state")
        try house.checkIn(house.session())
        #expect(house.isFaulty(.otherKey))
        tpm.stop()
        other.stop()
    }

    @Test("a register that somebody else extended fails the quote, and keeps the seal shut")
    func extendedRegister() async throws {
        let (house, tpm) = try await house()
        let settings = try prepared(house.settings)
        let device = try TPMDevice(address: tpm.address)
        try device.resetRegister(settings.register)
        try device.extendRegister(settings.register, by: SealHouse.digest("7").bytes)
        let sealed = try device.seal([1, 2, 3], to: settings.register)
        guard case .bytes(let bytes) = try device.unseal(sealed, by: settings.register) else {
            Issue.record("a seal did not open to the value that it was made for")
            return
        }
        #expect(bytes == [1, 2, 3])
        try device.extendRegister(settings.register, by: SealHouse.digest("8").bytes)
        guard case .refused = try device.unseal(sealed, by: settings.register) else {
            Issue.record("a seal opened to another value of the register")
            return
        }
        tpm.stop()
    }

    @Test("an extension between two quotes of one state shows as another register")
    func extendedBetween() async throws {
        var (house, tpm) = try await house()
        let sealer = try TPMSealer(address: tpm.address, settings: try prepared(house.settings))
        let state = MeasuredState(facts: house.facts, counter: try sealer.counter(), finding: .first)
        let programs = StateDigest.programs(agent: house.facts.agentDigest, worker: house.facts.workerDigest)
        #expect(try sealer.open(programs: programs) == .nothing)
        house.take(try sealer.quote(state, endpoint: house.endpoint, nonce: house.nextNonce()))
        #expect(house.ledger.standing == .verified(by: .tpm))
        try sealer.extendForTest(by: SealHouse.digest("8").bytes)
        house.take(try sealer.quote(state, endpoint: house.endpoint, nonce: house.nextNonce()))
        #expect(house.isFaulty(.otherRegister))
        tpm.stop()
    }

    @Test("other programs cannot open the seal: shown until they have proved themselves")
    func otherPrograms() async throws {
        var (house, tpm) = try await house()
        try house.checkIn(house.session())
        house.facts.agentDigest = SealHouse.digest("9")
        let session = house.session()
        try house.checkIn(session)
        #expect(house.isFaulty(.sealBroken))
        session.acceptPrograms()
        try house.checkIn(session)
        #expect(house.ledger.standing == .verified(by: .tpm))
        tpm.stop()
    }

    @Test("a sealed state that was removed or damaged is broken, and is no first start")
    func damage() async throws {
        var (house, tpm) = try await house()
        let path = "\(house.settings.directory)/tpm-state"
        try house.checkIn(house.session())
        try DurableFiles().remove(path)
        #expect(try house.checkIn(house.session()).state.finding == .broken)
        #expect(house.isFaulty(.sealBroken))
        for damage in [[UInt8](), [0xFF, 0xFF, 0xFF], [UInt8](repeating: 0, count: 300)] {
            try DurableFiles().write(damage, to: path)
            #expect(try house.checkIn(house.session()).state.finding == .broken)
        }
        #expect(try house.checkIn(house.session()).state.finding == .held)
        tpm.stop()
    }

    @Test("a TPM that was used and does not answer is a trouble and no file is taken instead")
    func noSilentDowngrade() async throws {
        var (house, tpm) = try await house()
        try house.checkIn(house.session())
        tpm.stop()
        do {
            try house.checkIn(house.session())
            Issue.record("a quote was made without the TPM")
        } catch let error as SealError {
            #expect(error.code == .tpmGone)
        }
        house.settings.choice = .auto
        do {
            try house.checkIn(house.session())
            Issue.record("a file was taken in the place of the TPM")
        } catch let error as SealError {
            #expect(error.code == .tpmGone)
        }
    }

    @Test("a TPM that went away and came back is opened anew by the next call, with the same key and a higher counter")
    func tpmRestart() async throws {
        let folder = try TemporaryFolder("swtpm")
        let first = try await Swtpm(in: folder)
        var house = try SealHouse(.tpm(first.address))
        let session = house.session()
        let before = try house.checkIn(session)
        first.stop()
        #expect(throws: SealError.self) {
            try session.quote(house.facts, endpoint: house.endpoint, nonce: house.nextNonce())
        }
        let second = try await Swtpm(in: folder)
        let after = try house.checkIn(session)
        #expect(after.publicKey == before.publicKey)
        #expect(house.ledger.standing == .verified(by: .tpm))
        second.stop()
    }

    @Test("how long quotes take is told")
    func times() async throws {
        var (house, tpm) = try await house()
        let clock = ContinuousClock()
        let session = house.session()
        let first = try clock.measure { try house.checkIn(session) }
        var quotes: [Duration] = []
        for _ in 0..<20 { quotes.append(try clock.measure { try house.checkIn(session) }) }
        var changes: [Duration] = []
        for _ in 0..<10 {
            house.facts.commitCount += 1
            changes.append(try clock.measure { try house.checkIn(session) })
        }
        #expect(house.ledger.standing == .verified(by: .tpm))
        quotes.sort()
        changes.sort()
        print("swtpm: first \(first), quote median \(quotes[10]) worst \(quotes[19]), with a change \(changes[5])")
        tpm.stop()
    }
}
