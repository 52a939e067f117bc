package import CanonicalCoding

/// Reads incidents from JSON: an array of objects, of which these members are read.
///
/// `id`, `vendor`, `artefact`, `date`, `affectedShareOfInstallBase` (null: unknown), `pFailGivenAffected`,
/// `onset` {`model`, and by model `meanMin`, `constMin`, `periodMin`, `utcStart`, `utcEnd`}, `deviceSilent` (begins with
/// `full`, `partial` or `no`), `recover` {`manualWasNeeded`}, `publishToWithdrawMinutes` (null: unknown), `lesson`.
package enum IncidentFile {
    /// Bytes of an incident file: two dozen incidents are 20 KiB.
    package static let bytesMax = 1 << 20

    /// The incidents of a file.
    ///
    /// - Throws: ``JSONError`` that names the place.
    package static func read(_ bytes: [UInt8]) throws(JSONError) -> [Incident] {
        let entries = try CodableJSON.decode([Entry].self, from: bytes, limits: JSONParser.Limits(bytesMax: bytesMax))
        var incidents: [Incident] = []
        for (index, entry) in entries.enumerated() {
            let incident = try entry.incident(at: "[\(index)]")
            guard !incidents.contains(where: { $0.id == incident.id }) else {
                throw JSONError(.invalidValue, subject: "[\(index)].id", message: "\(incident.id) is there twice")
            }
            incidents.append(incident)
        }
        guard !incidents.isEmpty else {
            throw JSONError(.invalidValue, subject: "", message: "there is no incident in it")
        }
        return incidents
    }

    fileprivate struct Entry: Decodable {
        let id: String
        let vendor: String?
        let artefact: String?
        let date: String?
        let affectedShareOfInstallBase: Double?
        let pFailGivenAffected: Double
        let onset: Onset
        let deviceSilent: String
        let recover: Recovery
        let publishToWithdrawMinutes: Double?
        let lesson: String?

        struct Onset: Decodable {
            let model: String
            let meanMin: Double?
            let constMin: Double?
            let periodMin: Double?
            let utcStart: String?
            let utcEnd: String?
        }

        struct Recovery: Decodable {
            let manualWasNeeded: Bool
        }

        func incident(at place: String) throws(JSONError) -> Incident {
            func check(_ isGood: Bool, _ member: String, _ message: String) throws(JSONError) {
                guard isGood else {
                    throw JSONError(.invalidValue, subject: "\(place).\(member)", message: message)
                }
            }
            try check(!id.isEmpty && id.utf8.count <= 60, "id", "an id has 1 to 60 bytes")
            try check(
                affectedShareOfInstallBase.map { (0...1).contains($0) } ?? true, "affectedShareOfInstallBase",
                "a share is 0 to 1, or null where it is unknown")
            try check((0...1).contains(pFailGivenAffected), "pFailGivenAffected", "a probability is 0 to 1")
            try check(
                publishToWithdrawMinutes.map { (0...60_000).contains($0) } ?? true, "publishToWithdrawMinutes",
                "minutes are 0 to 60000, or null where they are unknown")
            let silent: [(String, Double)] = [("full", 1), ("partial", 0.5), ("no", 0)]
            guard let silentShare = silent.first(where: { deviceSilent.hasPrefix($0.0) })?.1 else {
                throw JSONError(
                    .invalidValue, subject: "\(place).deviceSilent", message: "it begins with full, partial or no")
            }
            return Incident(
                id, [vendor, artefact].compactMap(\.self).joined(separator: ": "), on: date ?? "",
                share: affectedShareOfInstallBase, probability: pFailGivenAffected,
                try onset.onset(at: "\(place).onset"), silent: silentShare, cured: !recover.manualWasNeeded,
                withdrawn: publishToWithdrawMinutes, lesson: lesson ?? "")
        }
    }
}

extension IncidentFile.Entry.Onset {
    /// A clock or a window is taken to begin when the release is published, as it was in the incidents that name one.
    /// `latent-until-data`: the data is the release, and the code that cannot read it is there, so it strikes at once.
    fileprivate func onset(at place: String) throws(JSONError) -> FaultOnset {
        switch model {
        case "immediate", "event", "exponential": return .minutes(try minutes(meanMin, "meanMin", at: place))
        case "delay": return .delay(seconds: try minutes(constMin, "constMin", at: place) * 60)
        case "clock": return .clock(seconds: 0)
        case "flapping": return .flapping(periodSeconds: try minutes(periodMin, "periodMin", at: place) * 60)
        case "window":
            let open = try minuteOfDay(utcStart, "utcStart", at: place)
            let close = try minuteOfDay(utcEnd, "utcEnd", at: place)
            return .window(openSeconds: 0, closeSeconds: Double((close - open + 1440 - 1) % 1440 + 1) * 60)
        case "latent-until-reboot": return .reboot
        case "latent-until-scan": return .scan
        case "latent-until-scan-then-reboot": return .scanThenReboot
        case "latent-until-data": return .minutes(1)
        default:
            throw JSONError(
                .invalidValue, subject: "\(place).model",
                message: "no model is named \(model); there are immediate, event, exponential, delay, clock, flapping, "
                    + "window, latent-until-reboot, latent-until-scan, latent-until-scan-then-reboot and "
                    + "latent-until-data")
        }
    }

    private func minutes(_ value: Double?, _ member: String, at place: String) throws(JSONError) -> Double {
        guard let value, (0...60_000).contains(value) else {
            throw JSONError(
                .invalidValue, subject: "\(place).\(member)", message: "the model \(model) needs minutes, 0 to 60000")
        }
        return value
    }

    /// `06:00` as 360.
    private func minuteOfDay(_ text: String?, _ member: String, at place: String) throws(JSONError) -> Int {
        let parts = (text ?? "").split(separator: ":").map { Int($0) ?? -1 }
        guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else {
            throw JSONError(
                .invalidValue, subject: "\(place).\(member)", message: "the model \(model) needs a time such as 06:00")
        }
        return parts[0] * 60 + parts[1]
    }
}
