import FleetModel
import UpdateTrust

/// Something that lets its bearer in: an operator's token, the enrolment secret, an endpoint's credential.
struct Secret: Sendable {
    let text: String
    /// SHA-256 of the text. Secrets are compared by it: how long a comparison of digests takes tells nothing of the
    /// secret.
    let digest: Digest

    /// Characters of a secret that a person put into a file: 128 bits in hex.
    static let digitsMin = 32
    private static let randomBytes = 32

    init(_ text: String) {
        self.text = text
        digest = Self.digest(of: text)
    }

    static func digest(of text: String) -> Digest { ContentDigest.sha256(Array(text.utf8)) }

    /// 256 bits from the kernel's generator (getrandom).
    static func random() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret(
            Hexadecimal.encode((0..<randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }

    func matches(_ other: String) -> Bool { Self.digest(of: other) == digest }
}
