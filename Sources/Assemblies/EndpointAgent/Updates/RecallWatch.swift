import AgentEngine
import ContentPack
import FleetModel
import UpdateTrust

/// Asks the repository, time and again, whether what the endpoint holds was recalled: a control plane that keeps a recall
/// to itself, or that nobody reaches, is not the only way to learn of it.
struct RecallWatch: Sendable {
    /// Between two looks. The repository's timestamp holds for a day, so that silence is noticed within it; a million
    /// endpoints ask about a hundred times a second in all.
    static let span = Moment.Span.hours(6)
    /// After a look that failed.
    static let retrySpan = Moment.Span.hours(1)
    /// The first look comes after a part of this: endpoints that a power failure starts together do not ask together.
    static let firstSpan = Moment.Span.minutes(10)

    let metadata: ReleaseMetadata
    let driver: UpdateDriver
    let builds: BuildDriver
    let log: AgentLog
    /// Between two looks.
    var span = Self.span
    /// Before the first.
    let first: Moment.Span

    static func first(seed: UInt64) -> Moment.Span {
        .milliseconds(Int64(seed % UInt64(firstSpan.milliseconds)))
    }

    /// Looks until the task is cancelled.
    func run() async {
        var wait = first
        var trouble: TufError.Code?
        while (try? await Task.sleep(for: .milliseconds(wait.milliseconds))) != nil {
            let held = driver.view.held + builds.view.held
            do throws(TufError) {
                let deadline = await driver.downloadDeadline
                let recalls = try await metadata.recalls(among: held, deadline: deadline)
                let ofContent = recalls.filter { $0.pinned.release.pack != AgentBuild.pack }
                if !ofContent.isEmpty { driver.give(.recalls(ofContent, revision: nil)) }
                builds.recall(recalls)
                trouble = nil
                wait = span
            } catch {
                // Told once: what goes on is the same trouble.
                if error.code != trouble {
                    log.trouble(error.code.rawValue, "the repository cannot be asked for recalls: \(error)")
                }
                trouble = error.code
                wait = min(span, Self.retrySpan)
            }
        }
    }
}
