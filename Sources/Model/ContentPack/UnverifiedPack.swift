/// The bytes of a pack file, of which nothing is believed yet.
package struct UnverifiedPack: Sendable {
    /// The whole file. Its SHA-256 is the release's digest.
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The signature that the file claims to have, read at fixed offsets.
    package func signature() throws(PackError) -> PackSignature {
        guard bytes.count <= PackLimits.fileBytesMax else {
            throw PackError(
                .oversized, message: "the file has \(bytes.count) bytes; at most \(PackLimits.fileBytesMax) are allowed"
            )
        }
        return try PackSignature(block: bytes[...])
    }

    /// The bytes that the signature covers. Empty when the file is shorter than its signature block.
    package var body: ArraySlice<UInt8> { bytes.dropFirst(PackSignature.bodyOffset) }
}
