/// The bounds of one worker as its agent sees it.
package enum WorkerLimit {
    /// Frames that wait for the agent. When full, the socket is read no further, so that the worker waits and not the
    /// agent's memory pays; a worker that waits answers no ping, which is for the agent's deadline to judge.
    package static let eventCountMax = 1024
    /// Bytes that wait to be written to the worker: about 2,000 events of 500 bytes, a second at a busy host's rate.
    /// Past it events are refused to the sender, which counts them. A program may always be sent to a worker that has
    /// taken everything else.
    package static let outboundBytesMax = 1024 * 1024
    /// Room that is made for one frame before it is written; most need less.
    static let usualFrameBytes = 512
    /// Processor seconds that a worker has from its last answered ping. A worker in an endless loop ends by this even
    /// when its agent is gone or stuck; the agent's own deadline is shorter.
    package static let processorSecondsMax: UInt64 = 20
    /// Milliseconds from the end of its channel to SIGKILL for a worker that does not end by itself.
    package static let closingMilliseconds: Int32 = 1000
    /// Bytes kept of what a worker writes to standard error before it dies.
    package static let lastWordsBytesMax = 2048
}
