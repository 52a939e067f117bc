import Foundation

/// What the demo found, as it stands in `var/demo/summary.json`. Times are seconds; counts are endpoints.
package struct DemoSummary: Codable, Sendable {
    package var endpoints: Int
    /// True when one endpoint watched this machine's kernel; false when all replayed recordings.
    package var liveSensor: Bool
    package var good: Good
    package var alert: Alert
    package var bad: Bad
    package var log: Log

    /// The public log, as it was audited at the end.
    package struct Log: Codable, Sendable {
        package var address: String
        package var entries: Int
        /// Verdicts that their published evidence gave again.
        package var verdictsReplayed: Int
        package var decisions: [Decision]
        /// Releases that the TUF repository's signed metadata takes back.
        package var repositoryRecalls: Int

        /// Where a decision stands.
        package struct Decision: Codable, Sendable {
            /// Its index in the log.
            package var entry: Int
            package var kind: String
            package var release: String
            package var text: String
        }
    }

    /// The release that is well.
    package struct Good: Codable, Sendable {
        package var release: String
        package var offered: Int
        package var proven: Int
        package var failed: Int
        package var silent: Int
        package var maxExposed: Int
        /// The cap at the moment of the largest exposure.
        package var capAtMaxExposed: Int
        package var capViolations: Int
        package var secondsToComplete: Double
    }

    /// The harmless command that tripped a rule.
    package struct Alert: Codable, Sendable {
        package var rule: String
        /// From the event to the alert at the control plane.
        package var seconds: Double
        /// Processes in the alert's process tree, the one that tripped the rule included.
        package var processes: Int
    }

    /// The release that kills the worker that loads it.
    package struct Bad: Codable, Sendable {
        package var release: String
        package var offered: Int
        package var proven: Int
        package var failed: Int
        package var silent: Int
        package var maxExposed: Int
        package var capAtMaxExposed: Int
        package var capViolations: Int
        /// From publication to the halt.
        package var secondsToHalt: Double
        /// From the halt to the last struck endpoint well again.
        package var secondsToRecovered: Double
        package var endpointsRecovered: Int
        /// What people did between publication and recovery, as the control plane's record of operator actions counts it.
        package var hands: Int
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}
