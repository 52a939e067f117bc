/// The version of the agent, OpenTelemetry's `service.version`: a cohort attribute.
package enum AgentVersion {
    package static let current = "0.1.0"
}
