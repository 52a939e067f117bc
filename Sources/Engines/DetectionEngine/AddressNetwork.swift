/// A network of IPv4 or IPv6 addresses (RFC 4632; RFC 4291 clause 2.3). An IPv4 address written as IPv6 is IPv6.
package struct AddressNetwork: Hashable, Sendable {
    /// The network's own address: the bits after the prefix are zero.
    package let address: NetworkAddress
    /// Bits: 0 to 32 or 0 to 128.
    package let prefixLength: Int

    /// The network; nil when the prefix is longer than the address, or the address has bits after the prefix.
    package init?(address: NetworkAddress, prefixLength: Int) {
        guard (0...address.bitCount).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
        guard address.value & ~mask == 0 else { return nil }
    }

    /// The network that `text` names, as in `10.0.0.0/8` or `fe80::/10`; an address alone is a network of one. Nil
    /// when it is none, or has bits after its prefix: most likely a slip.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        guard let address = NetworkAddress(parsing: Array(bytes[..<slash]).span) else { return nil }
        var prefixLength = address.bitCount
        if slash < bytes.endIndex {
            let digits = bytes[(slash + 1)...]
            guard (1...3).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
            guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
            prefixLength = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        }
        self.init(address: address, prefixLength: prefixLength)
    }

    /// Whether `other` lies in the network. An address of the other version never does.
    package func contains(_ other: NetworkAddress) -> Bool {
        other.isVersion6 == address.isVersion6 && other.value & mask == address.value
    }

    /// Ones where the prefix is, in the address's own bits.
    private var mask: UInt128 {
        let all: UInt128 = address.isVersion6 ? .max : UInt128(UInt32.max)
        // A shift by the whole width gives zero (smart shift), which is the mask of no bits.
        return all & (all << UInt128(address.bitCount - prefixLength))
    }
}

/// An Internet address, without allocation.
package struct NetworkAddress: Hashable, Sendable {
    package let isVersion6: Bool
    /// The address as a number: 32 bits are used for IPv4.
    package let value: UInt128

    package init(isVersion6: Bool, value: UInt128) {
        self.isVersion6 = isVersion6
        self.value = isVersion6 ? value : value & UInt128(UInt32.max)
    }

    /// Bytes of the longest address in text: IPv6 whose last 32 bits are written as IPv4 (RFC 4291 clause 2.2).
    package static let textBytesMax = 45

    /// 32 or 128.
    package var bitCount: Int { isVersion6 ? 128 : 32 }

    /// 4 or 16 bytes in network order.
    var bytes: [UInt8] {
        stride(from: bitCount - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
    }

    /// The address that `text` is, whole; nil when it is none. A zone (`%eth0`) is refused.
    package init?(parsing text: Span<UInt8>) {
        guard (2...Self.textBytesMax).contains(text.count) else { return nil }
        var gap: Int?
        var hasColon = false
        for index in 0..<text.count where text[index] == UInt8(ascii: ":") {
            hasColon = true
            guard index + 1 < text.count, text[index + 1] == UInt8(ascii: ":") else { continue }
            guard gap == nil else { return nil }
            gap = index
        }
        guard hasColon else {
            guard let value = Self.version4(text) else { return nil }
            self.init(isVersion6: false, value: UInt128(value))
            return
        }
        guard let gap else {
            guard let all = Self.groups(text, isEnd: true), all.count == 8 else { return nil }
            self.init(isVersion6: true, value: all.value)
            return
        }
        guard let before = Self.groups(text.extracting(0..<gap), isEnd: false),
            let after = Self.groups(text.extracting((gap + 2)..<text.count), isEnd: true),
            before.count + after.count < 8
        else { return nil }
        self.init(isVersion6: true, value: before.value << UInt128(16 * (8 - before.count)) | after.value)
    }

    /// Four decimal numbers. A leading zero is refused: some read it as octal.
    private static func version4(_ text: Span<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var (digits, parts) = (0, 0)
        for index in 0...text.count {
            let byte = index < text.count ? text[index] : UInt8(ascii: ".")
            switch byte {
            case UInt8(ascii: "."):
                guard digits > 0, parts < 4 else { return nil }
                value = value << 8 | part
                (part, digits, parts) = (0, 0, parts + 1)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard digits == 0 || part != 0 else { return nil }
                part = part * 10 + UInt32(byte - 48)
                digits += 1
                guard part <= 255 else { return nil }
            default: return nil
            }
        }
        return parts == 4 ? value : nil
    }

    /// Groups of 16 bits between colons, at most eight; at the end of the address the last two perhaps written as IPv4.
    /// No text, no groups.
    private static func groups(_ text: Span<UInt8>, isEnd: Bool) -> (value: UInt128, count: Int)? {
        guard !text.isEmpty else { return (0, 0) }
        var (value, count, start): (UInt128, Int, Int) = (0, 0, 0)
        while start <= text.count {
            var end = start
            var isVersion4 = false
            while end < text.count, text[end] != UInt8(ascii: ":") {
                isVersion4 = isVersion4 || text[end] == UInt8(ascii: ".")
                end += 1
            }
            let part = text.extracting(start..<end)
            if isVersion4 {
                guard isEnd, end == text.count, count <= 6, let tail = version4(part) else { return nil }
                return (value << 32 | UInt128(tail), count + 2)
            }
            guard count < 8, let group = hexGroup(part) else { return nil }
            value = value << 16 | UInt128(group)
            count += 1
            start = end + 1
        }
        return (value, count)
    }

    /// One to four hexadecimal digits.
    private static func hexGroup(_ text: Span<UInt8>) -> UInt16? {
        guard (1...4).contains(text.count) else { return nil }
        var value: UInt16 = 0
        for index in 0..<text.count {
            switch text[index] {
            case 48...57: value = value << 4 | UInt16(text[index] - 48)
            case 97...102: value = value << 4 | UInt16(text[index] - 87)
            case 65...70: value = value << 4 | UInt16(text[index] - 55)
            default: return nil
            }
        }
        return value
    }
}
