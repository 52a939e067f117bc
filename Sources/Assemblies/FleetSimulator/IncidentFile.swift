package import CanonicalCoding

/// Past incidents as failure signatures: whom each struck, how surely, when, and what was seen of it.
package struct Incident: Sendable, Decodable {
    package let id: String
    /// The share of the fleet that could be struck; nil where nobody published it.
    let affectedShareOfInstallBase: Double?
    let pFailGivenAffected: Double
    let onset: Onset
    let deviceSilent: String
    let recover: Recovery
    let publishToWithdrawMinutes: Double?

    struct Onset: Sendable, Decodable {
        let model: String
        let meanMin: Double?
        let constMin: Double?
        let periodMin: Double?
    }

    struct Recovery: Sendable, Decodable {
        let manualWasNeeded: Bool
    }

    /// The share where none is published: about that of the most common system in a mixed fleet.
    static let shareUnknown = 0.75
    /// The mean time to the next reboot, scan or other trigger of a latent failure.
    static let latentSeconds = 86_400.0

    /// Bytes of an incident file: two dozen incidents are 20 KiB.
    package static let fileBytesMax = 1 << 20

    /// The incidents of a file.
    ///
    /// - Throws: ``JSONError`` that names the place.
    package static func read(_ bytes: [UInt8]) throws(JSONError) -> [Incident] {
        try CodableJSON.decode([Incident].self, from: bytes, limits: JSONParser.Limits(bytesMax: fileBytesMax))
    }

    package var fault: FaultSignature {
        FaultSignature(
            rate: pFailGivenAffected, affectedShare: affectedShareOfInstallBase ?? Self.shareUnknown,
            onset: onset.signature, silentShare: silentShare, isCuredByWithdrawal: !recover.manualWasNeeded,
            withdrawnAfterMinutes: publishToWithdrawMinutes)
    }

    private var silentShare: Double {
        if deviceSilent.hasPrefix("full") { return 1 }
        return deviceSilent.hasPrefix("partial") ? 0.5 : 0
    }
}

extension Incident.Onset {
    /// A clock or window that had begun when the release was published strikes as soon as it is active: so it was in
    /// both incidents that name one.
    var signature: FaultSignature.Onset {
        if model.hasPrefix("latent") { return .after(meanSeconds: Incident.latentSeconds) }
        if model == "delay" { return .delay(seconds: (constMin ?? 5) * 60) }
        return .after(meanSeconds: (meanMin ?? periodMin ?? 1) * 60)
    }
}
