/// How a worker ends by its own decision: its exit code.
package enum WorkerExit: Int32, Sendable, CaseIterable {
    /// It was told to, or the agent closed the channel.
    case finished = 0
    /// It was started with an argument that it does not know.
    case usage = 64
    /// The bytes on the channel were no frames.
    case wireBroken = 76
    /// It could not seal itself, and so did not read a byte.
    case sealRefused = 77
    /// Descriptor 3 is no socket.
    case channelMissing = 78
}
