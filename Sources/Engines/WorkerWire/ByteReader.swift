/// Reads the values of one payload in order. Every read is checked against what is left.
struct ByteReader<Frame: Sendable> {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    /// What is read. Named only where it is refused: to name every frame costs a third of what a worker does.
    private let frame: Frame

    init(_ bytes: ArraySlice<UInt8>, frame: Frame) {
        self.bytes = bytes
        self.frame = frame
        position = bytes.startIndex
    }

    mutating func byte() throws(WireError) -> UInt8 {
        guard position < bytes.endIndex else { throw cutShort() }
        defer { position += 1 }
        return bytes[position]
    }

    /// An unsigned integer, little endian, in its full width.
    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type = Value.self) throws(WireError)
        -> Value
    {
        var value: Value = 0
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            value |= Value(try byte()) << Value(shift)
        }
        return value
    }

    /// UTF-8 after a `u16` length of at most `bytesMax`. Invalid UTF-8 is refused: the writer has repaired it, so it
    /// can only come from a writer that is not ours.
    mutating func text(_ subject: String, bytesMax: Int) throws(WireError) -> String {
        let count = Int(try integer(UInt16.self))
        guard count <= bytesMax else {
            throw WireError(
                .oversized, subject: "\(frame).\(subject)",
                message: "\(count) bytes, \(bytesMax) allowed; end the worker")
        }
        guard count <= bytes.endIndex - position else { throw cutShort() }
        let raw = bytes[position..<position + count]
        position += count
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw WireError(.malformed, subject: "\(frame).\(subject)", message: "no valid UTF-8; end the worker")
        }
        return text
    }

    /// A count before a list, in one byte, of at most `countMax`.
    mutating func count(_ subject: String, countMax: Int) throws(WireError) -> Int {
        let count = Int(try byte())
        guard count <= countMax else {
            throw WireError(
                .oversized, subject: "\(frame).\(subject)",
                message: "\(count) items, \(countMax) allowed; end the worker")
        }
        return count
    }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { position = bytes.endIndex }
        return Array(bytes[position...])
    }

    /// Refuses bytes after the last value, so that a payload has one reading only.
    func finish() throws(WireError) {
        guard position == bytes.endIndex else {
            throw WireError(
                .malformed, subject: "\(frame)", message: "\(bytes.endIndex - position) bytes too many; end the worker")
        }
    }

    private func cutShort() -> WireError {
        WireError(.malformed, subject: "\(frame)", message: "the payload ends before its last value; end the worker")
    }
}
