import CanonicalCoding

/// One signature line of a note.
package struct NoteSignature: Hashable, Sendable {
    package let name: String
    package let keyHash: UInt32
    /// What follows the key hash.
    package let bytes: [UInt8]

    package init(name: String, keyHash: UInt32, bytes: [UInt8]) {
        self.name = name
        self.keyHash = keyHash
        self.bytes = bytes
    }

    /// The line with its line feed.
    package var line: String {
        let hash = (0..<4).map { UInt8(truncatingIfNeeded: keyHash >> UInt32(24 - 8 * $0)) }
        return "— \(name) \(Base64.encode(hash + bytes))\n"
    }

    /// From a line without its line feed; nil when it is none.
    init?(line: ArraySlice<UInt8>) {
        guard line.starts(with: "— ".utf8) else { return nil }
        let rest = line.dropFirst("— ".utf8.count)
        guard let space = rest.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let name = String(decoding: rest[..<space], as: UTF8.self)
        guard NoteName.isValid(name),
            let data = Base64.decode(String(decoding: rest[(space + 1)...], as: UTF8.self)), data.count > 4
        else { return nil }
        self.name = name
        keyHash = data.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(data.dropFirst(4))
    }
}

/// A text with signatures (C2SP signed-note). Nothing is said of them before ``verified(by:)``.
package struct SignedNote: Hashable, Sendable {
    /// With its final line feed, without the empty line that ends it.
    package let text: [UInt8]
    package private(set) var signatures: [NoteSignature]

    /// - Parameter text: Ends in a line feed.
    package init(text: [UInt8], signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    package init(_ bytes: [UInt8]) throws(LogError) {
        guard bytes.count <= LogLimit.noteBytesMax else {
            throw LogError(.noteOversized, message: "a note has at most \(LogLimit.noteBytesMax) bytes")
        }
        guard String(validating: bytes, as: UTF8.self) != nil, bytes.allSatisfy({ $0 >= 32 || $0 == 10 }) else {
            throw Self.malformed("the note is no plain text")
        }
        // The last empty line separates: a text may have empty lines of its own.
        guard let end = Self.lastEmptyLine(in: bytes), bytes.last == 10 else {
            throw Self.malformed("no empty line separates the text from signatures")
        }
        text = Array(bytes[..<end])
        let lines = bytes[(end + 1)...].dropLast().split(separator: 10, omittingEmptySubsequences: false)
        guard lines.count <= LogLimit.signatureCountMax else {
            throw LogError(
                .noteOversized, message: "\(lines.count) signatures; at most \(LogLimit.signatureCountMax) are read")
        }
        signatures = try Self.signatures(of: lines)
    }

    /// The signatures of an answer that is nothing but signature lines, as a witness gives it.
    package static func signatureLines(_ bytes: [UInt8]) throws(LogError) -> [NoteSignature] {
        guard bytes.count <= LogLimit.witnessAnswerBytesMax else {
            throw LogError(.noteOversized, message: "more than \(LogLimit.witnessAnswerBytesMax) bytes of signatures")
        }
        guard bytes.last == 10, String(validating: bytes, as: UTF8.self) != nil else {
            throw malformed("these are no signature lines")
        }
        return try signatures(of: bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false))
    }

    private static func signatures(of lines: [ArraySlice<UInt8>]) throws(LogError) -> [NoteSignature] {
        var signatures: [NoteSignature] = []
        for line in lines {
            guard let signature = NoteSignature(line: line) else { throw malformed("a line is no signature") }
            signatures.append(signature)
        }
        return signatures
    }

    /// The place of the second of two line feeds, the last such.
    private static func lastEmptyLine(in bytes: [UInt8]) -> Int? {
        guard bytes.count > 2 else { return nil }
        return (1..<(bytes.count - 1)).last { bytes[$0] == 10 && bytes[$0 - 1] == 10 }
    }

    private static func malformed(_ message: String) -> LogError { LogError(.noteMalformed, message: message) }

    package var bytes: [UInt8] {
        text + [10] + signatures.flatMap { Array($0.line.utf8) }
    }

    /// The signatures of known keys, each key once; those of others are passed over.
    ///
    /// - Throws: `.signatureInvalid` when the signature of a known key does not hold: then the whole note is refused.
    package func verified(by keys: [NoteVerifier]) throws(LogError) -> [(key: NoteVerifier, signature: NoteSignature)] {
        var found: [(key: NoteVerifier, signature: NoteSignature)] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.name == signature.name && $0.keyHash == signature.keyHash }),
                !found.contains(where: { $0.key == key })
            else { continue }
            guard key.isValid(signature.bytes, over: text) else {
                throw LogError(
                    .signatureInvalid, subject: signature.name, message: "the signature does not hold for the text")
            }
            found.append((key, signature))
        }
        return found
    }

    /// Adds signatures; one that is there already, of the same key, is replaced.
    package mutating func add(_ more: [NoteSignature]) {
        for signature in more {
            signatures.removeAll { $0.name == signature.name && $0.keyHash == signature.keyHash }
            signatures.append(signature)
        }
    }
}
