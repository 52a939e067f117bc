/// SplitMix64 (Steele, Lea and Flood, 2014): one word of state, so that each part of a simulation has a stream of its
/// own and one seed gives one run on every machine.
package struct SimulationRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64, stream: UInt64 = 0) {
        // Mixed twice: neighbouring seeds would otherwise give one sequence, shifted by a draw.
        state = seed ^ 0x5851_F42D_4C95_7F2D
        state = next() ^ stream &* 0xD1B5_4A32_D192_ED03
        state = next()
    }

    @inline(__always)
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform from 0 up to, not including, 1.
    @inline(__always)
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform from 0 up to, not including, `bound`. The bias is below 2^-32 for every bound used here.
    @inline(__always)
    package mutating func below(_ bound: UInt32) -> UInt32 { UInt32(((next() >> 32) &* UInt64(bound)) >> 32) }

    @inline(__always)
    package mutating func happens(_ probability: Double) -> Bool { probability > 0 && unit() < probability }
}
