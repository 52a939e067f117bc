/// SHA-256 (FIPS 180-4), streamed: what a build is known by. It names builds that were refused and proves that a copy
/// is what was ordered; whom to trust is decided by the agent's trust code, never here.
package struct Measurement: Sendable {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var pending: [UInt8] = []
    private var schedule = [UInt32](repeating: 0, count: 64)
    private var byteCount: UInt64 = 0

    private static let blockBytes = 64

    package init() {}

    package static func digest(of bytes: [UInt8]) -> DigestText {
        var measurement = Measurement()
        measurement.update(bytes[...])
        return measurement.finished()
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        byteCount += UInt64(bytes.count)
        var rest = bytes
        if !pending.isEmpty {
            let taken = rest.prefix(Self.blockBytes - pending.count)
            pending += taken
            rest = rest.dropFirst(taken.count)
            guard pending.count == Self.blockBytes else { return }
            let block = pending
            pending.removeAll(keepingCapacity: true)
            compress(block[...])
        }
        while rest.count >= Self.blockBytes {
            compress(rest.prefix(Self.blockBytes))
            rest = rest.dropFirst(Self.blockBytes)
        }
        pending += rest
    }

    /// The digest of everything that was given.
    package consuming func finished() -> DigestText {
        let bits = byteCount * 8
        var tail: [UInt8] = [0x80]
        while (pending.count + tail.count) % Self.blockBytes != Self.blockBytes - 8 { tail.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        update(tail[...])
        var raw: [UInt8] = []
        for word in state {
            for shift in stride(from: 24, through: 0, by: -8) {
                raw.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
            }
        }
        return DigestText(measured: PlainText(hex: raw))
    }

    private mutating func compress(_ block: ArraySlice<UInt8>) {
        var place = block.startIndex
        for index in 0..<16 {
            schedule[index] =
                UInt32(block[place]) << 24 | UInt32(block[place + 1]) << 16 | UInt32(block[place + 2]) << 8
                | UInt32(block[place + 3])
            place += 4
        }
        for index in 16..<64 {
            let first = schedule[index - 15]
            let second = schedule[index - 2]
            let small = Self.rotated(first, 7) ^ Self.rotated(first, 18) ^ first >> 3
            let large = Self.rotated(second, 17) ^ Self.rotated(second, 19) ^ second >> 10
            schedule[index] = schedule[index - 16] &+ small &+ schedule[index - 7] &+ large
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        let constants = Self.constants
        for index in 0..<64 {
            let sumE = Self.rotated(e, 6) ^ Self.rotated(e, 11) ^ Self.rotated(e, 25)
            let first = h &+ sumE &+ (e & f ^ ~e & g) &+ constants[index] &+ schedule[index]
            let sumA = Self.rotated(a, 2) ^ Self.rotated(a, 13) ^ Self.rotated(a, 22)
            let second = sumA &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        let added = [a, b, c, d, e, f, g, h]
        for index in 0..<8 { state[index] &+= added[index] }
    }

    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static let constants: [UInt32] = [
        0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
        0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
        0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
        0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
        0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
        0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
        0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
        0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
    ]
}
