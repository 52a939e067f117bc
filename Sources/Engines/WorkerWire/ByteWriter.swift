import FleetModel

extension [UInt8] {
    /// Appends one frame: the header first, its length filled in when `payload` has been written.
    mutating func appendFrame(type: UInt8, payload: (inout [UInt8]) -> Void) {
        let start = count
        append(littleEndian: UInt32(0))
        append(type)
        payload(&self)
        let payloadCount = UInt32(count - start - WireLimit.headerBytes)
        for index in 0..<4 {
            self[start + index] = UInt8(truncatingIfNeeded: payloadCount >> UInt32(8 * index))
        }
    }

    /// UTF-8 after its `u16` length, cut to `bytesMax` between Unicode scalars.
    mutating func append(text: String, bytesMax: Int) {
        let kept = text.cut(toBytes: bytesMax)
        append(littleEndian: UInt16(kept.utf8.count))
        append(contentsOf: kept.utf8)
    }
}
