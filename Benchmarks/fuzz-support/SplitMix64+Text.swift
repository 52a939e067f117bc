extension SplitMix64 {
    /// Up to three changes of a text format: a byte set, flipped, or set to an edge; bytes cut out, repeated, swapped or
    /// put in.
    package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(0..<4) where !bytes.isEmpty {
            let place = number(0..<bytes.count)
            switch number(0..<9) {
            case 0: bytes[place] = UInt8(number(0..<256))
            case 1: bytes[place] ^= 1 << UInt8(number(0..<8))
            case 2: bytes[place] = element(of: Self.edges)
            case 3: bytes[place] = bytes[place] &+ 1
            case 4: bytes.swapAt(place, number(0..<bytes.count))
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + number(1..<5)))
            case 6: bytes.removeSubrange(place...)
            case 7: bytes.insert(element(of: Self.edges), at: place)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
            }
        }
        return bytes
    }

    /// What the formats are made of.
    private static let edges: [UInt8] = [0, 10, 13, 32, 43, 47, 48, 57, 61, 0x7F, 0x80, 0xE2, 0xFF, 112, 120]
}
