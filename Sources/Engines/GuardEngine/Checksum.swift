/// CRC-32/ISO-HDLC (ITU-T V.42, RFC 1952 clause 8): tells a torn or damaged file from a whole one. It is no signature.
package enum Checksum {
    /// One entry for each half byte: small enough for a program that is to stay tiny.
    private static let table: [UInt32] = [
        0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158, 0x5005_713C,
        0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4, 0xA00A_E278, 0xBDBD_F21C,
    ]

    package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let table = Self.table
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            sum = sum >> 4 ^ table[Int(sum & 15)]
            sum = sum >> 4 ^ table[Int(sum & 15)]
        }
        return ~sum
    }
}

/// Text whose first line begins `TITLE crc=XXXXXXXX `, where the sum is of every byte behind that space.
package enum ChecksummedText {
    private static let label: PlainText = " crc="
    /// Bytes of the eight hex digits and the space behind them.
    private static let fieldBytes = 9

    /// `title crc=… body`.
    package static func seal(_ body: PlainText, title: PlainText) -> [UInt8] {
        (title + label + PlainText(hex: Checksum.crc32(body.bytes[...])) + " " + body).bytes
    }

    /// The body behind title and sum.
    ///
    /// - Returns: Nil unless the title is this one and the sum holds: the file is then torn, or another's.
    package static func open(_ bytes: [UInt8], title: PlainText) -> PlainText? {
        let head = (title + label).bytes
        guard bytes.count >= head.count + fieldBytes, bytes.starts(with: head) else { return nil }
        let body = bytes[(head.count + fieldBytes)...]
        let wanted = (PlainText(hex: Checksum.crc32(body)) + " ").bytes
        guard bytes[head.count..<head.count + fieldBytes].elementsEqual(wanted) else { return nil }
        return PlainText(body)
    }
}
