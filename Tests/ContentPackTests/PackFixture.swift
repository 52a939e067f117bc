import ContentPack
import FleetModel

/// A small pack, and a stand-in for SHA-256: these tests are about form, not about cryptography.
enum PackFixture {
    static func digest(_ bytes: ArraySlice<UInt8>) -> Digest {
        var words: [UInt64] = [1, 2, 3, 4]
        for byte in bytes {
            for index in words.indices {
                words[index] = (words[index] ^ UInt64(byte)) &* 0x100_0000_01B3 &+ UInt64(index)
            }
        }
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        return Digest(bytes: bytes) ?? Digest(accepted: String(repeating: "0", count: 64))
    }

    static let signature = PackSignature(keyID: digest([7]), signature: (0..<64).map { UInt8($0) })

    static var draft: UnsignedPack.Draft {
        UnsignedPack.Draft(
            release: ReleaseID(accepted: "linux-core@1.4.0"), schemaVersion: 1, releaseNotes: "First.\n",
            rules: [
                PackManifest.Rule(
                    id: "b-rule", title: "B", level: "high", status: "stable", file: "rules/b.yml",
                    tags: ["attack.t1059"]),
                PackManifest.Rule(
                    id: "a-rule", title: "A", level: "low", status: "test", file: "rules/a.yml", tags: []),
            ],
            program: Array("FBPROGRAM".utf8), costBound: 1_000, chaos: nil,
            files: [
                PackFile(name: "rules/b.yml", bytes: Array(repeating: 98, count: 700)),
                PackFile(name: "rules/a.yml", bytes: []),
                PackFile(name: "examples/a-rule.json", bytes: Array(repeating: 32, count: 512)),
            ])
    }

    static func unsigned(_ change: (inout UnsignedPack.Draft) -> Void = { _ in }) throws -> UnsignedPack {
        var draft = draft
        change(&draft)
        return try UnsignedPack(draft, digest: digest)
    }

    static func bytes(_ change: (inout UnsignedPack.Draft) -> Void = { _ in }) throws -> [UInt8] {
        try unsigned(change).signed(by: signature).bytes
    }

    static func read(_ bytes: [UInt8]) throws(PackError) -> PackContents {
        try PackContents(reading: UnverifiedPack(bytes), digest: digest)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
