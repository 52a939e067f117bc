import FuzzSupport

extension SplitMix64 {
    /// Up to `changes` changes: a byte set, flipped, or set to an edge; bytes cut out, repeated or swapped.
    mutating func mutated(_ bytes: [UInt8], changes: Int, keepingLength: Bool) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(1..<(changes + 1)) where !bytes.isEmpty {
            let place = number(0..<bytes.count)
            switch number(0..<(keepingLength ? 5 : 8)) {
            case 0: bytes[place] = UInt8(number(0..<256))
            case 1: bytes[place] ^= 1 << UInt8(number(0..<8))
            case 2: bytes[place] = element(of: [0, 1, 2, 0x22, 0x5C, 0x75, 0x7F, 0x80, 0xFE, 0xFF])
            case 3: bytes[place] = bytes[place] &+ 1
            case 4: bytes.swapAt(place, number(0..<bytes.count))
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + number(1..<5)))
            case 6: bytes.removeSubrange(place...)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 8)], at: place)
            }
        }
        return bytes
    }

    /// The program with one or two of its numbers changed a little, or to another number of it.
    mutating func mutatedWords(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        // A header has words up to its classes, of one byte each; the texts at the end are changed as words too.
        let wordCount = bytes.count / 4
        for _ in 0..<number(1..<3) where wordCount > 100 {
            let place = 4 * number(0..<wordCount)
            let other = 4 * number(0..<wordCount)
            var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
            switch number(0..<6) {
            case 0: word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[other + $1]) << UInt32(8 * $1) }
            case 1: word = word &+ 1
            case 2: word = word &- 1
            case 3: word = element(of: [0, 1, 2, 3, UInt32.max, UInt32.max - 1])
            case 4: word ^= 1 << UInt32(number(0..<32))
            default: word = UInt32(number(0..<256))
            }
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index)) }
        }
        return bytes
    }
}
