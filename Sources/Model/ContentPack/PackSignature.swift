package import FleetModel

import CanonicalCoding

/// The signature of a pack, and the block at fixed offsets that carries it.
///
/// Block: the ustar header of the member `signature` (512 bytes) and its 512 bytes of content. Everything behind it,
/// ``bodyOffset`` to the end, is what was signed. A verifier therefore checks the signature before it has read one
/// length or name that an attacker could have chosen.
package struct PackSignature: Equatable, Sendable {
    /// SHA-256 of the raw public key.
    package let keyID: Digest
    /// The 64 bytes of the Ed25519 signature (RFC 8032).
    package let signature: [UInt8]

    /// Where the signed bytes begin.
    package static let bodyOffset = 1_024
    /// Bytes of an Ed25519 signature.
    package static let signatureBytes = 64
    private static let contentBytes = 512
    private static let title = "firebreak-pack-signature-v1"
    private static let keyLabel = "keyid: "
    private static let signatureLabel = "ed25519: "

    /// - Precondition: `signature` has 64 bytes.
    package init(keyID: Digest, signature: [UInt8]) {
        precondition(signature.count == Self.signatureBytes, "an Ed25519 signature has 64 bytes")
        self.keyID = keyID
        self.signature = signature
    }

    /// What is signed for a body with this digest. The first line keeps a signature on a pack from being one on
    /// anything else that the same key signs.
    package static func message(bodyDigest: Digest) -> [UInt8] {
        Array("firebreak-pack-v1\n".utf8) + bodyDigest.bytes
    }

    /// The 1,024 bytes at the start of a pack.
    package var block: [UInt8] {
        let text =
            "\(Self.title)\n\(Self.keyLabel)\(keyID.text)\n\(Self.signatureLabel)\(Base64.encode(signature))\n"
        var content = Array(text.utf8)
        content += Array(repeating: UInt8(ascii: "\n"), count: Self.contentBytes - content.count)
        return TarHeader.block(name: PackMemberName.signature, length: Self.contentBytes) + content
    }

    /// Reads the block at the start of a pack.
    ///
    /// - Throws: ``PackError`` with `.truncated` below 1,024 bytes, and `.malformed` unless the block is byte for
    ///   byte what ``block`` gives: there is one block for one signature.
    package init(block bytes: ArraySlice<UInt8>) throws(PackError) {
        guard bytes.count >= Self.bodyOffset else {
            throw PackError(
                .truncated, message: "the file has \(bytes.count) bytes and a pack has more than \(Self.bodyOffset)")
        }
        let block = bytes.prefix(Self.bodyOffset)
        let lines = block.dropFirst(TarHeader.blockBytes).split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
        let malformed = PackError(
            .malformed, subject: PackMemberName.signature,
            message: "the file does not begin with a pack's signature block")
        guard lines.count == 4,
            let keyText = Self.text(of: lines[1], after: Self.keyLabel), Digest.accepts(keyText),
            let signatureText = Self.text(of: lines[2], after: Self.signatureLabel),
            let signature = Base64.decode(signatureText), signature.count == Self.signatureBytes
        else { throw malformed }
        self.init(keyID: Digest(accepted: keyText), signature: signature)
        guard block.elementsEqual(self.block) else { throw malformed }
    }

    private static func text(of line: ArraySlice<UInt8>, after label: String) -> String? {
        guard line.starts(with: label.utf8) else { return nil }
        return String(validating: line.dropFirst(label.utf8.count), as: UTF8.self)
    }
}
