/// What holds the key that signs an endpoint's measured state.
package enum SealStrength: String, Hashable, Sendable, CaseIterable {
    /// A TPM 2.0: the key cannot leave it.
    case tpm
    /// A file. Weaker: whoever is root on the host can copy the key.
    case file
}

/// Whether an endpoint's measured state verifies, as the control plane shows it.
///
/// One text in JSON and on screens: `not measured`, `verified by tpm`, `verified by file`, `does not verify: WHY`.
package enum StateStanding: Hashable, Sendable {
    /// It has never sent a quote: an older agent, or one of another maker.
    case notMeasured
    case verified(by: SealStrength)
    /// For a person: which check failed.
    case unverified(String)

    /// Bytes of the reason at most, cut: a sentence and its code.
    package static let reasonBytesMax = 256

    private static let notMeasuredText = "not measured"
    private static let verifiedPrefix = "verified by "
    private static let unverifiedPrefix = "does not verify: "

    package var text: String {
        switch self {
        case .notMeasured: Self.notMeasuredText
        case .verified(let strength): Self.verifiedPrefix + strength.rawValue
        case .unverified(let reason): Self.unverifiedPrefix + reason
        }
    }

    /// The standing that `text` stands for; nil when it is none.
    package init?(_ text: String) {
        if text == Self.notMeasuredText {
            self = .notMeasured
        } else if text.hasPrefix(Self.verifiedPrefix) {
            guard let strength = SealStrength(rawValue: String(text.dropFirst(Self.verifiedPrefix.count)))
            else {
                return nil
            }
            self = .verified(by: strength)
        } else if text.hasPrefix(Self.unverifiedPrefix) {
            let reason = text.dropFirst(Self.unverifiedPrefix.count)
            guard reason.utf8.count <= Self.reasonBytesMax else { return nil }
            self = .unverified(String(reason))
        } else {
            return nil
        }
    }

    /// Whether somebody should look at the endpoint.
    package var isTrouble: Bool { if case .unverified = self { true } else { false } }
}

extension StateStanding: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let standing = StateStanding(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text.prefix(80))\" is no standing of a measured state"
            )
        }
        self = standing
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
