/// The generator of Steele, Lea and Flood (2014): one seed, the same numbers on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    /// Up to three changes: a byte set, flipped, or set to an edge; bytes cut out, repeated, swapped or put in.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(0..<4) where !bytes.isEmpty {
            let place = number(0..<bytes.count)
            switch number(0..<9) {
            case 0: bytes[place] = UInt8(number(0..<256))
            case 1: bytes[place] ^= 1 << UInt8(number(0..<8))
            case 2: bytes[place] = Self.edges[number(0..<Self.edges.count)]
            case 3: bytes[place] = bytes[place] &+ 1
            case 4: bytes.swapAt(place, number(0..<bytes.count))
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + number(1..<5)))
            case 6: bytes.removeSubrange(place...)
            case 7: bytes.insert(Self.edges[number(0..<Self.edges.count)], at: place)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
            }
        }
        return bytes
    }

    /// What the formats are made of.
    private static let edges: [UInt8] = [0, 10, 13, 32, 43, 47, 48, 57, 61, 0x7F, 0x80, 0xE2, 0xFF, 112, 120]
}
