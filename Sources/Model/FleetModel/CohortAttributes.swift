/// What may matter for whether a release works on an endpoint, as the endpoint itself describes it.
///
/// Carried in OpAMP's AgentDescription. Endpoints with equal attributes are one cohort.
package struct CohortAttributes: Hashable, Sendable, Codable {
    /// Operating system: `linux`. OpenTelemetry `os.type`.
    package var os: String
    /// Distribution and version: `debian-12`. OpenTelemetry `os.version`.
    package var osVersion: String
    /// Kernel release, as uname gives it. OpenTelemetry `os.build_id`.
    package var kernel: String
    /// Version of the Firebreak agent. OpenTelemetry `service.version`.
    package var agentVersion: String
    /// Hardware or virtual machine model. OpenTelemetry `host.type`.
    package var model: String
    /// The customer's own tags, sorted by key when encoded. At most `tagCountMax`.
    package var tags: [String: String]

    /// Tags kept of one endpoint: cohorts multiply with each tag, and evidence is needed for each cohort.
    package static let tagCountMax = 16
    /// Bytes kept of one attribute's text: longer texts are cut, since no real value is longer.
    package static let textBytesMax = 128

    package init(
        os: String, osVersion: String, kernel: String, agentVersion: String, model: String,
        tags: [String: String] = [:]
    ) {
        self.os = os
        self.osVersion = osVersion
        self.kernel = kernel
        self.agentVersion = agentVersion
        self.model = model
        self.tags = tags
    }
}
