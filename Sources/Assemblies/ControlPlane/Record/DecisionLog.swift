/// The public log, as the control plane sees it: bytes in, an index out.
///
/// One writer: nobody else appends to it while the control plane runs, so that entries stand in it in the order of
/// their numbers.
package protocol DecisionLog: Sendable {
    /// Appends entries, next to each other, and returns when a published checkpoint has all of them.
    ///
    /// - Returns: The first one's index.
    /// - Throws: Anything; the caller then takes none and all of them for possible, and looks at the tail.
    func append(_ entries: [[UInt8]]) async throws -> Int64

    /// How many entries there are, and the last one's bytes; nil where there is none.
    func tail() async throws -> (count: Int64, last: [UInt8]?)
}
