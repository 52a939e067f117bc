import Foundation
import SystemPackage

/// The endpoint-side protections that the demo switches off, so that the ramp alone must save the fleet. Agents started
/// with `--lab` read this file at each decision.
struct LabSwitches: Codable, Sendable {
    /// A release first runs in a second worker beside the active one.
    var shadow: Bool
    /// A trial that failed goes back to the previous generation.
    var revert: Bool

    static let protected = LabSwitches(shadow: true, revert: true)
    static let unprotected = LabSwitches(shadow: false, revert: false)

    /// Writes the file in one step: an agent sees the old switches or the new ones, never half.
    func write(to path: FilePath) throws {
        try JSONEncoder().encode(self).write(to: URL(filePath: path.string), options: .atomic)
    }
}
