/// The version of the agent, OpenTelemetry's `service.version`: a cohort attribute.
package enum AgentVersion {
    package static let current = "1.0.0"
}
