/// The bounds of the wire between agent and worker. Either side refuses a frame that breaks one.
package enum WireLimit {
    /// Version of the frames. Agent and worker are shipped together; a difference means a mixed installation, and the
    /// agent refuses the worker.
    package static let version: UInt16 = 3
    /// Bytes before a payload: `u32` length (little endian, of the payload alone) and `u8` frame type.
    package static let headerBytes = 5
    /// A program, at most 16 MiB: the pack format allows no larger one.
    package static let programBytesMax = 16 * 1024 * 1024
    /// An encoded event, at most 64 KiB: the event encoding allows no larger one.
    package static let eventBytesMax = 64 * 1024
    /// Payload of a frame from the worker, at most 40 KiB: a match with everything at its longest takes 34 KiB.
    package static let replyBytesMax = 40 * 1024
    /// Bytes handed to a decoder at once. One read of the socket, which never returns more than its buffer's 64 KiB.
    package static let chunkBytesMax = 64 * 1024

    /// A rule's id: a UUID is 36 bytes.
    package static let ruleIDBytesMax = 64
    package static let titleBytesMax = 256
    /// A level: the longest of Sigma's, `informational`, is 13 bytes.
    package static let levelBytesMax = 16
    /// A rule's licence may oblige an alert to carry its author whole.
    package static let authorBytesMax = 512
    package static let tagBytesMax = 64
    /// Tags of a rule: SigmaHQ's longest list has 14.
    package static let tagCountMax = 16
    /// Bytes kept of one matched value: enough to see why it matched; the agent holds the whole event.
    package static let valueBytesMax = 1024
    /// Matched fields in one match: no event carries more than the schema has.
    package static let fieldCountMax = 32
    /// An error code: `program.chaos_refused` is 21 bytes.
    package static let codeBytesMax = 64
    package static let messageBytesMax = 512
}
