import FleetModel

/// Looks again and again at what there is to be done, until the task is cancelled. A trouble is told when it begins, not
/// each time that it is met.
enum KeeperLoop {
    /// Between two looks.
    static let span = Moment.Span.seconds(1)
    /// After one that failed: a witness has ten seconds each time, and a disk does not mend itself sooner.
    static let retrySpan = Moment.Span.seconds(10)

    static func run(_ look: () async throws -> Void, onTrouble tell: (any Error) -> Void) async {
        var isTroubled = false
        repeat {
            do {
                try await look()
                isTroubled = false
            } catch {
                if !isTroubled, !Task.isCancelled { tell(error) }
                isTroubled = true
            }
        } while await pause(isTroubled ? retrySpan : span)
    }

    /// False when the task was cancelled.
    private static func pause(_ span: Moment.Span) async -> Bool {
        (try? await Task.sleep(for: .milliseconds(span.milliseconds))) != nil
    }
}
