package import FleetModel

/// What the release lab must have said of a release.
package enum LabRequirement: String, Codable, Hashable, Sendable, CaseIterable {
    /// The lab ran it, and it passed, with or without warnings.
    case passed
    /// The lab did not run it, or it passed.
    case notFailed = "not_failed"
    /// Whatever the lab said: a failed release is let through, and that shows.
    case any

    /// Whether a release may go on.
    ///
    /// - Parameter verdict: The lab's newest; nil when it did not run the release.
    package func admits(_ verdict: LabVerdict?) -> Bool {
        switch (self, verdict) {
        case (.any, _), (_, .passed?), (_, .warned?): true
        case (.notFailed, nil): true
        case (.passed, nil), (_, .failed?): false
        }
    }
}
