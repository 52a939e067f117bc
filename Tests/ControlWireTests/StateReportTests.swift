import FleetModel
import Foundation
import SwiftProtobuf
import Testing

@testable import ControlWire

@Suite("State reports")
struct StateReportTests {
    @Test("a quote, a trouble and nothing at all each read back as themselves")
    func roundTrip() throws {
        for state in [StateReport(quote: [1, 2, 3]), StateReport(trouble: "the TPM is gone"), nil] {
            let report = CheckInReport(state: state)
            #expect(try CheckInReport(decoding: try report.encoded()) == report)
        }
    }

    @Test("an agent or a server from before the measured state is understood")
    func olderPeers() throws {
        let report = try CheckInReport(decoding: try WireCheckIn().serializedBytes())
        #expect(report.state == nil)
        let directive = try Directive(decoding: try WireDirective().serializedBytes())
        #expect(directive.stateNonce == nil)
        let json = try ManagementJSON.encode(ManagementGoldenTests.endpoint)
        let older = String(decoding: json, as: UTF8.self).replacing(#","state_standing":"verified by tpm""#, with: "")
        #expect(older.utf8.count < json.count)
        let summary = try ManagementJSON.decode(EndpointSummary.self, from: Array(older.utf8))
        #expect(summary.stateStanding == .notMeasured)
    }

    @Test("a quote beyond its bound is refused on either side, and a long trouble is cut")
    func bounds() throws {
        let long = StateReport(quote: [UInt8](repeating: 0, count: ControlWireLimit.stateQuoteBytesMax + 1))
        #expect(throws: ControlWireError.self) { try CheckInReport(state: long).encoded() }
        var wire = WireCheckIn()
        wire.state.quote = Data(long.quote)
        let bytes: [UInt8] = try wire.serializedBytes()
        #expect(throws: ControlWireError.self) { try CheckInReport(decoding: bytes) }
        let trouble = CheckInReport(state: StateReport(trouble: String(repeating: "x", count: 4096)))
        let read = try CheckInReport(decoding: try trouble.encoded())
        #expect(read.state?.trouble.utf8.count == ControlWireLimit.messageBytesMax)
    }

    @Test("a nonce has 16 bytes", arguments: [1, 15, 17, 4096])
    func nonces(count: Int) throws {
        var wire = WireDirective()
        wire.stateNonce = Data(repeating: 1, count: count)
        let bytes: [UInt8] = try wire.serializedBytes()
        #expect(throws: ControlWireError.self) { try Directive(decoding: bytes) }
    }
}
