import FleetModel
import Foundation
import SwiftProtobuf

/// An endpoint's measured state on its way: a signed quote, which this room does not look into, or why there is none.
package struct StateReport: Hashable, Sendable {
    /// An encoded quote, at most ``ControlWireLimit/stateQuoteBytesMax``; empty when none could be made.
    package var quote: [UInt8]
    /// For a person: why there is no quote. Cut to ``ControlWireLimit/messageBytesMax`` on the wire.
    package var trouble: String

    package init(quote: [UInt8]) {
        self.quote = quote
        trouble = ""
    }

    package init(trouble: String) {
        quote = []
        self.trouble = trouble
    }
}

// MARK: - Wire

extension StateReport {
    init(_ wire: WireStateReport) throws(ControlWireError) {
        try WireValue.requireLength(
            wire.quote.count, atMost: ControlWireLimit.stateQuoteBytesMax, "check_in.state.quote")
        quote = [UInt8](wire.quote)
        trouble = wire.trouble.cut(toBytes: ControlWireLimit.messageBytesMax)
    }

    func wire() throws(ControlWireError) -> WireStateReport {
        try WireValue.requireLength(quote.count, atMost: ControlWireLimit.stateQuoteBytesMax, "check_in.state.quote")
        var wire = WireStateReport()
        wire.quote = Data(quote)
        wire.trouble = trouble.cut(toBytes: ControlWireLimit.messageBytesMax)
        return wire
    }
}
