/// Takes frames out of a stream of bytes that arrive in any portions.
///
/// It holds no more than what has arrived and never reserves by a claimed length, so a liar costs its own bytes only.
/// After an error it stays in error: nothing after a bad length can be trusted.
struct FrameSplitter: Sendable {
    private var buffer: [UInt8] = []
    private var position = 0
    private var failure: WireError?

    /// Bytes that wait for the rest of their frame, or to be taken.
    var pendingCount: Int { buffer.count - position }

    mutating func append(_ bytes: [UInt8]) throws(WireError) {
        if let failure { throw failure }
        // A caller that takes frames after each portion never holds more than one incomplete frame and one portion.
        let pendingMax = WireLimit.headerBytes + 4 + WireLimit.programBytesMax + WireLimit.chunkBytesMax
        guard bytes.count <= WireLimit.chunkBytesMax, pendingCount + bytes.count <= pendingMax else {
            throw fail(
                WireError(.misused, subject: "decoder", message: "take the frames out before handing over more bytes"))
        }
        if position == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 4 * WireLimit.chunkBytesMax)
            position = 0
        } else if position > WireLimit.chunkBytesMax {
            buffer.removeFirst(position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next complete frame; nil when more bytes are needed.
    mutating func next(payloadBytesMax: (UInt8) -> Int?) throws(WireError) -> (type: UInt8, payload: ArraySlice<UInt8>)?
    {
        if let failure { throw failure }
        guard pendingCount >= WireLimit.headerBytes else { return nil }
        var count = 0
        for index in 0..<4 { count |= Int(buffer[position + index]) << (8 * index) }
        let type = buffer[position + 4]
        // Checked before the payload has arrived: a length out of bounds is refused at its fifth byte.
        guard let countMax = payloadBytesMax(type) else {
            throw fail(WireError(.unknownFrame, subject: "frame \(type)", message: "end the connection"))
        }
        guard count <= countMax else {
            throw fail(
                WireError(
                    .oversized, subject: "frame \(type)",
                    message: "\(count) bytes, \(countMax) allowed; end the connection"))
        }
        let start = position + WireLimit.headerBytes
        guard buffer.count - start >= count else { return nil }
        position = start + count
        return (type, buffer[start..<start + count])
    }

    mutating func fail(_ error: WireError) -> WireError {
        failure = error
        buffer = []
        position = 0
        return error
    }
}

/// Reads the agent's frames, in the worker.
package struct AgentFrameDecoder: Sendable {
    private var splitter = FrameSplitter()

    package init() {}

    /// Hands over one portion, at most `WireLimit.chunkBytesMax` bytes. Take all frames out before the next portion.
    package mutating func append(_ bytes: [UInt8]) throws(WireError) { try splitter.append(bytes) }

    /// The next frame; nil when more bytes are needed.
    ///
    /// - Throws: what is wrong with the frame; the same error ever after.
    package mutating func next() throws(WireError) -> AgentFrame? {
        guard let (type, payload) = try splitter.next(payloadBytesMax: AgentFrame.payloadBytesMax) else { return nil }
        do throws(WireError) {
            return try AgentFrame(type: type, payload: payload)
        } catch {
            throw splitter.fail(error)
        }
    }
}

/// Reads a worker's frames, in the agent.
package struct WorkerFrameDecoder: Sendable {
    private var splitter = FrameSplitter()

    package init() {}

    /// Hands over one portion, at most `WireLimit.chunkBytesMax` bytes. Take all frames out before the next portion.
    package mutating func append(_ bytes: [UInt8]) throws(WireError) { try splitter.append(bytes) }

    /// The next frame; nil when more bytes are needed.
    ///
    /// - Throws: what is wrong with the frame; the same error ever after.
    package mutating func next() throws(WireError) -> WorkerFrame? {
        guard let (type, payload) = try splitter.next(payloadBytesMax: WorkerFrame.payloadBytesMax) else { return nil }
        do throws(WireError) {
            return try WorkerFrame(type: type, payload: payload)
        } catch {
            throw splitter.fail(error)
        }
    }
}
