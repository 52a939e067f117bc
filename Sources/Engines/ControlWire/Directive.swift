package import FleetModel
import Foundation
import SwiftProtobuf

/// What the control plane tells our own agent beside OpAMP's fields: the custom message `directive`.
package struct Directive: Hashable, Sendable {
    /// The control plane's clock. For the log: an endpoint decides by its own.
    package var serverNow: Moment
    /// The highest alert sequence that is durable at the server; the endpoint may forget alerts up to it.
    package var alertsAcknowledged: UInt64
    package var recallRevision: UInt64
    /// All recalled releases when the agent's revision is not the current one, and after them those that are taken back
    /// from this endpoint and not from everyone, with any revision, until it has dropped them.
    package var recalls: [RecallNotice]
    /// What the endpoint's next quote is to answer, ``ControlWireLimit/stateNonceBytes`` bytes; nil from a server that asks
    /// for none.
    package var stateNonce: [UInt8]?

    package init(
        serverNow: Moment, alertsAcknowledged: UInt64, recallRevision: UInt64, recalls: [RecallNotice] = [],
        stateNonce: [UInt8]? = nil
    ) {
        self.stateNonce = stateNonce
        self.serverNow = serverNow
        self.alertsAcknowledged = alertsAcknowledged
        self.recallRevision = recallRevision
        self.recalls = recalls
    }
}

/// A release that no endpoint may run any longer.
package struct RecallNotice: Hashable, Sendable {
    package var release: ReleaseID
    package var digest: Digest
    /// For a person. Cut to ``ControlWireLimit/messageBytesMax`` on the wire.
    package var reason: String

    package init(release: ReleaseID, digest: Digest, reason: String) {
        self.release = release
        self.digest = digest
        self.reason = reason
    }
}

// MARK: - Wire

extension Directive {
    init(decoding bytes: [UInt8]) throws(ControlWireError) {
        let wire = try WireValue.message(
            WireDirective.self, from: bytes, bytesMax: ControlWireLimit.replyBytesMax, subject: "directive")
        try WireValue.requireCount(wire.recalls.count, atMost: ControlWireLimit.recallCountMax, "directive.recalls")
        serverNow = try WireValue.moment(wire.serverUnixMs, "directive.server_unix_ms")
        alertsAcknowledged = wire.alertsAcknowledged
        recallRevision = wire.recallRevision
        guard wire.stateNonce.isEmpty || wire.stateNonce.count == ControlWireLimit.stateNonceBytes else {
            throw ControlWireError(
                .invalidValue, subject: "directive.state_nonce",
                message: "\(wire.stateNonce.count) bytes; a nonce has \(ControlWireLimit.stateNonceBytes)")
        }
        stateNonce = wire.stateNonce.isEmpty ? nil : [UInt8](wire.stateNonce)
        recalls = []
        for (index, recall) in wire.recalls.enumerated() {
            let subject = "directive.recalls[\(index)]"
            recalls.append(
                RecallNotice(
                    release: ReleaseID(
                        pack: try WireValue.identifier(recall.pack, "\(subject).pack"),
                        version: try WireValue.identifier(recall.version, "\(subject).version")),
                    digest: try WireValue.digest(recall.digest, "\(subject).digest"),
                    reason: recall.reason.cut(toBytes: ControlWireLimit.messageBytesMax)))
        }
    }

    func encoded() throws(ControlWireError) -> [UInt8] {
        try WireValue.requireCount(recalls.count, atMost: ControlWireLimit.recallCountMax, "directive.recalls")
        var wire = WireDirective()
        wire.serverUnixMs = UInt64(max(0, serverNow.milliseconds))
        wire.alertsAcknowledged = alertsAcknowledged
        wire.recallRevision = recallRevision
        wire.stateNonce = Data(stateNonce ?? [])
        wire.recalls = recalls.map { recall in
            var row = WireRecall()
            row.pack = recall.release.pack.text
            row.version = recall.release.version.text
            row.digest = Data(recall.digest.bytes)
            row.reason = recall.reason.cut(toBytes: ControlWireLimit.messageBytesMax)
            return row
        }
        return try WireValue.bytes(wire, subject: "directive")
    }
}
