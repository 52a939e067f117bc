/// The operator's numbers, within their bounds by construction.
package struct BrokerPolicy: Sendable {
    package let deadlineMicroseconds: Int64
    package let denialsPerMinute: Int

    /// - Parameters:
    ///   - deadlineMicroseconds: Cut to 1 ms and `BrokerLimit.deadlineMicrosecondsMax`.
    ///   - denialsPerMinute: Cut to 0, which denies nothing, and `BrokerLimit.denialsPerMinuteMax`.
    package init(
        deadlineMicroseconds: Int64 = BrokerLimit.deadlineMicroseconds,
        denialsPerMinute: Int = BrokerLimit.denialsPerMinute
    ) {
        self.deadlineMicroseconds = min(max(deadlineMicroseconds, 1000), BrokerLimit.deadlineMicrosecondsMax)
        self.denialsPerMinute = min(max(denialsPerMinute, 0), BrokerLimit.denialsPerMinuteMax)
    }
}
