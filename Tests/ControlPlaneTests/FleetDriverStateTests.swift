import ControlWire
import enum Crypto.Curve25519
import FleetModel
import FleetStore
import StateMeasurement
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Measured state of endpoints")
struct FleetDriverStateTests {
    /// What measures beside a test agent: a key in memory, and the nonce of the last reply.
    private struct Measurer {
        var key = Curve25519.Signing.PrivateKey()
        var nonce = StateQuote.noNonce
        var counter: UInt64 = 5

        func quote(_ endpoint: EndpointID) throws -> StateReport {
            let digest = Digest(accepted: String(repeating: "1", count: 64))
            let state = MeasuredState(
                facts: MeasuredFacts(
                    agentVersion: "1", agentDigest: digest, workerDigest: digest, policyHash: nil, active: [],
                    proven: [], commitCount: 0, recallRevision: 0, bootID: "boot", mode: .normal),
                counter: counter, finding: .held)
            let attest = StateQuote.fileStatement(
                StateDigest.binding(endpoint: endpoint, nonce: nonce, state: try state.digest()))
            let quote = StateQuote(
                strength: .file, publicKey: Array(key.publicKey.rawRepresentation), attest: attest,
                signature: Array(try key.signature(for: attest)), nonce: nonce, state: state)
            return StateReport(quote: try quote.encoded())
        }
    }

    /// One check-in of the first agent with this report, and its standing after it.
    private func checkIn(
        _ house: DriverHouse, _ measurer: inout Measurer, _ report: StateReport?
    ) async throws -> StateStanding {
        var message = house.agents[0].next()
        message.report?.state = report
        let reply = try await house.driver.checkIn(message)
        house.agents[0].take(reply)
        measurer.nonce = reply.directive?.stateNonce ?? StateQuote.noNonce
        return try await house.driver.endpoint(house.agents[0].endpoint).stateStanding
    }

    private func measure(_ house: DriverHouse, _ measurer: inout Measurer) async throws -> StateStanding {
        try await checkIn(house, &measurer, try measurer.quote(house.agents[0].endpoint))
    }

    @Test("an endpoint that sends no state is not measured, and is given no nonce")
    func notMeasured() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        #expect(try await checkIn(house, &measurer, nil) == .notMeasured)
        #expect(measurer.nonce == StateQuote.noNonce)
    }

    @Test("the first quote has no nonce and verifies nothing; the next ones do, each with a nonce of its own")
    func verified() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        #expect(try await measure(house, &measurer).text == "does not verify: no nonce yet (state.no_nonce)")
        var nonces: Set<[UInt8]> = []
        for _ in 0..<4 {
            nonces.insert(measurer.nonce)
            #expect(try await measure(house, &measurer) == .verified(by: .file))
        }
        #expect(nonces.count == 4)
    }

    @Test("a restart forgets neither the key nor the counter, and the standing goes on")
    func restart() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        for _ in 0..<2 { _ = try await measure(house, &measurer) }
        try await house.driver.flush()
        let again = try await house.restarted()
        #expect(try await measure(again, &measurer) == .verified(by: .file))
        #expect(try await measure(again, &measurer) == .verified(by: .file))

        var other = Measurer()
        other.nonce = measurer.nonce
        #expect(try await measure(again, &other).text.hasSuffix("(state.other_key)"))
        measurer.nonce = other.nonce
        measurer.counter = 4
        #expect(try await measure(again, &measurer).text.hasSuffix("(state.counter_went_back)"))
        measurer.counter = 5
        #expect(try await measure(again, &measurer) == .verified(by: .file))
    }

    @Test("a lost transaction leaves the pinned key to be written with the next one")
    func failedCommit() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        _ = try await measure(house, &measurer)
        house.gate.set(.fails)
        var lost = house.agents[0].next()
        lost.report?.state = try measurer.quote(house.agents[0].endpoint)
        let message = lost
        await #expect(throws: ControlRefusal.self) { try await house.driver.checkIn(message) }
        house.gate.set(.none)
        house.time.pass(.seconds(60))
        #expect(try await house.store.fleet().statePins.isEmpty)
        measurer.nonce = StateQuote.noNonce
        for _ in 0..<2 { _ = try await measure(house, &measurer) }
        #expect(try await house.store.fleet().statePins.map(\.counter) == [5])
    }

    @Test("an endpoint that was measured and then sends a trouble, no state or a bare heartbeat does not verify")
    func stopsMeasuring() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        for _ in 0..<2 { _ = try await measure(house, &measurer) }
        let trouble = try await checkIn(house, &measurer, StateReport(trouble: "the TPM is gone"))
        #expect(trouble.text == "does not verify: the TPM is gone (state.trouble)")
        #expect(try await measure(house, &measurer) == .verified(by: .file))
        #expect(try await checkIn(house, &measurer, nil).text.hasSuffix("(state.missing)"))
        #expect(try await measure(house, &measurer) == .verified(by: .file))
        var heartbeat = house.agents[0].next()
        heartbeat.report = nil
        _ = try await house.driver.checkIn(heartbeat)
        let standing = try await house.driver.endpoint(house.agents[0].endpoint).stateStanding
        #expect(standing.text.hasSuffix("(state.missing)"))
    }

    @Test("a quote that is none does not verify, and the check-in is taken all the same")
    func garbage() async throws {
        let house = try await DriverHouse()
        try await house.enrol(1)
        var measurer = Measurer()
        let standing = try await checkIn(house, &measurer, StateReport(quote: [0, 1, 2]))
        #expect(standing.text.hasSuffix("(state.malformed)"))
    }
}
