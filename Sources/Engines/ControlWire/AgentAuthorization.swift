/// What an agent shows to be let in: the value of its `Authorization` header.
package enum AgentAuthorization: Hashable, Sendable {
    /// The fleet's enrolment secret, for the first check-in: `Enrolment <secret>`.
    case enrolment(String)
    /// The endpoint's own credential: `Bearer <credential>`. Operators' tokens have the same form.
    case credential(String)

    /// The header's value.
    package var header: String {
        switch self {
        case .enrolment(let secret): "Enrolment \(secret)"
        case .credential(let credential): "Bearer \(credential)"
        }
    }

    /// Reads a header's value. Nil for any other scheme, an empty secret, one longer than
    /// ``ControlWireLimit/secretBytesMax``, and one with other characters than visible ASCII.
    package init?(header: String) {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let secret = String(parts[1])
        guard (1...ControlWireLimit.secretBytesMax).contains(secret.utf8.count),
            secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        // RFC 9110 clause 11.1: the scheme's name is case-insensitive.
        switch parts[0].lowercased() {
        case "enrolment": self = .enrolment(secret)
        case "bearer": self = .credential(secret)
        default: return nil
        }
    }
}
