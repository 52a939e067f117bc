/// What the driver of a ``TufClientMachine`` brings.
package enum TufRequest: Equatable, Sendable {
    /// A file of the client's own folder. Absent is an ordinary answer.
    case own(_ file: String, bytesMax: Int)
    /// A file of the repository, relative to the metadata's base address, percent-encoded.
    ///
    /// `mayBeAbsent` says whether the repository's "not found" is an answer; any other failure is never one.
    case fetch(_ path: String, bytesMax: Int, mayBeAbsent: Bool)
}

/// What a request brought.
package enum TufReply: Equatable, Sendable {
    case bytes([UInt8])
    case absent

    func required(_ file: String) throws(TufError) -> [UInt8] {
        guard case .bytes(let bytes) = self else {
            throw TufError(.unavailable, subject: file, message: "the repository does not have it")
        }
        return bytes
    }
}

/// First store, then ask. Neither: what was begun is over.
package struct TufStep: Equatable, Sendable {
    /// A verified file, byte for byte as it was served, under the name that the client's folder gives it.
    package struct StoredFile: Equatable, Sendable {
        package let name: String
        package let bytes: [UInt8]
    }

    package var stored: StoredFile?
    package var request: TufRequest?

    init(request: TufRequest? = nil) { self.request = request }

    func storing(_ role: String, _ bytes: [UInt8]) -> TufStep {
        var step = self
        step.stored = StoredFile(name: "\(role.percentEncoded).json", bytes: bytes)
        return step
    }

    static func bound(_ length: Int64?, else usual: Int) -> Int {
        guard let length else { return usual }
        return Int(min(length, Int64(TufLimits.metadataBytesMax)))
    }
}

extension String {
    /// Every byte but RFC 3986's unreserved characters as `%XX`: a role's name is one part of a path, whatever is in it.
    package var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
