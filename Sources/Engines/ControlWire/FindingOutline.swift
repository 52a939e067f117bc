import CanonicalCoding
package import FleetModel

/// What lists show of an OCSF Detection Finding, read from its JSON without taking it apart further.
///
/// Reading it is also the check that an alert is one: what cannot be outlined is refused and not stored.
package struct FindingOutline: Hashable, Sendable {
    /// `finding_info.analytic.uid`: the rule's id.
    package let rule: String
    /// `finding_info.title`: the rule's title.
    package let title: String
    /// `severity`: OCSF's word.
    package let severity: String
    /// `time`: when the event happened, by the endpoint's clock.
    package let occurredAt: Moment

    /// The class of Detection Findings (OCSF 1.x, class 2004).
    package static let classUID: Int64 = 2004
    /// Levels of nesting: a process tree nests two levels for each of its 16 processes.
    static let depthMax = 64
    /// Bytes kept of a rule's id, of its title, and of a severity.
    static let textBytesMax = 256

    package init(decoding finding: [UInt8]) throws(ControlWireError) {
        do throws(JSONError) {
            let document = JSONReader(
                try JSONParser.parse(
                    finding,
                    limits: JSONParser.Limits(bytesMax: ControlWireLimit.findingBytesMax, depthMax: Self.depthMax)))
            let classUID = try document.member("class_uid")
            guard try classUID.integer() == Self.classUID else {
                throw classUID.refusal("not \(Self.classUID): only Detection Findings are taken")
            }
            let info = try document.member("finding_info")
            rule = try info.member("analytic").member("uid").string().cut(toBytes: Self.textBytesMax)
            title = try info.member("title").string().cut(toBytes: Self.textBytesMax)
            severity = try document.member("severity").string().cut(toBytes: Self.textBytesMax)
            occurredAt = Moment(milliseconds: try document.member("time").integer(in: 0...CanonicalJSON.integerMax))
        } catch {
            throw ControlWireError(error, subject: "finding")
        }
    }
}
