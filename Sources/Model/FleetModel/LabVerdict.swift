/// What the release lab says of a pack.
package enum LabVerdict: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every stage ran and found nothing.
    case passed
    /// Nothing failed, and someone should look, or a stage was left out.
    case warned
    /// A stage failed, or could not be run.
    case failed
}
