import CanonicalCoding
import Crypto

/// What a file's signatures are over, in the parts in which it is at hand: the canonical form of `signed` (TUF 4.2.1).
struct TufMessage: Sendable {
    private let head: [UInt8]
    /// The targets that were scanned, without their braces; empty when they are in the head.
    private let targets: ArraySlice<UInt8>
    private let tail: [UInt8]

    /// - Parameter targets: What is missing between the braces of the member `targets`.
    /// - Returns: nil when the value holds a fraction, which has no canonical form.
    init?(_ signed: JSONObject, targets: ArraySlice<UInt8> = []) {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        for (index, member) in TufJSON.ordered(signed).enumerated() {
            guard let part = TufJSON.canonical(.object([member.name: member.value])) else { return nil }
            // Without the braces around the member.
            let text = (index > 0 ? Array(",".utf8) : []) + part.dropFirst().dropLast()
            if !targets.isEmpty, member.name == "targets" {
                head += text.dropLast()
                tail = Array("}".utf8)
            } else if tail.isEmpty {
                head += text
            } else {
                tail += text
            }
        }
        self.head = Array("{".utf8) + head
        self.targets = targets
        self.tail = tail + Array("}".utf8)
    }

    /// Of the whole, without a copy of it.
    var digest: SHA256Digest {
        var hash = SHA256()
        hash.update(data: head)
        hash.update(data: targets)
        hash.update(data: tail)
        return hash.finalize()
    }

    /// The whole, for an algorithm that reads it twice.
    var bytes: [UInt8] { head + targets + tail }
}
