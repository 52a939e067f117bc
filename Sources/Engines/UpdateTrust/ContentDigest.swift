package import FleetModel

import struct Crypto.SHA256

/// SHA-256 (FIPS 180-4), the one hash of releases, members and keys.
package enum ContentDigest {
    package static func sha256(_ bytes: ArraySlice<UInt8>) -> Digest {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Digest(accepted: Hexadecimal.encode(Array(hasher.finalize())))
    }

    package static func sha256(_ bytes: [UInt8]) -> Digest { sha256(bytes[...]) }
}
