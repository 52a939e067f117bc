import CanonicalCoding
package import FleetModel
import LinuxSensor
import UpdateTrust

/// A recording with a label for each event: ordinary work, or part of an attack.
package struct LabRecording: Sendable {
    package let fileName: String
    /// SHA-256 of the file.
    package let digest: Digest
    package let events: [Event]
    /// Lines of a kind that the sensor does not have, which were passed over.
    package let skippedCount: Int

    package struct Event: Sendable {
        package let event: TelemetryEvent
        /// Counted from 1, as editors do.
        package let line: Int
        /// The attack's technique and step, or ``unnamedAttack``; nil for ordinary work.
        package let attack: String?
    }

    /// What an attack is called whose label does not name it.
    package static let unnamedAttack = "attack"

    /// Labels of a whole recording.
    package enum Labels: Sendable {
        case benign
        case attack
        /// A table: see ``LabelTable``.
        case table([UInt8], fileName: String)
    }

    /// Reads a recording of lines as the sensor writes them, or of flat Sigma events as Sysmon for Linux names them.
    ///
    /// - Throws: ``LabError`` with `.recordingUnreadable` or `.labelsUnreadable`.
    package init(_ bytes: [UInt8], fileName: String, labels: Labels) throws(LabError) {
        self.fileName = fileName
        digest = ContentDigest.sha256(bytes)
        guard bytes.count <= SensorLimit.recordingBytesMax else {
            throw LabError(
                .recordingUnreadable, subject: fileName,
                message: "larger than \(SensorLimit.recordingBytesMax) bytes; split it")
        }
        let table = try Self.table(labels)
        var events: [Event] = []
        var skipped = 0
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            guard let event = try Self.event(Array(line), subject: "\(fileName):\(index + 1)") else {
                skipped += 1
                continue
            }
            let attack: String? =
                switch labels {
                case .benign: nil
                case .attack: Self.unnamedAttack
                case .table: table?.attacks[index]
                }
            events.append(Event(event: event, line: index + 1, attack: attack))
        }
        guard !events.isEmpty else {
            throw LabError(.recordingUnreadable, subject: fileName, message: "it holds no event that the sensor has")
        }
        self.events = events
        skippedCount = skipped
    }

    private static func table(_ labels: Labels) throws(LabError) -> LabelTable? {
        guard case .table(let bytes, let name) = labels else { return nil }
        return try LabelTable(bytes, fileName: name)
    }

    /// The event of a line; nil for a flat event of a kind that the sensor does not have.
    private static func event(_ line: [UInt8], subject: String) throws(LabError) -> TelemetryEvent? {
        do throws(JSONError) {
            let limits = JSONParser.Limits(bytesMax: SensorLimit.recordingLineBytesMax)
            let value = try JSONParser.parse(line, limits: limits)
            if case .object(let object) = value, object["EventID"] != nil { return FlatSigmaEvent.event(object) }
        } catch {
            throw LabError(.recordingUnreadable, subject: subject, message: error.description)
        }
        do throws(SensorError) {
            return try RecordingLine.decode(line, subject: subject)
        } catch {
            throw LabError(.recordingUnreadable, subject: subject, message: error.message)
        }
    }
}

/// Labels of a recording's events: lines of `number TAB label`, the number counted from 0, the label `benign` or
/// `attack`; further columns name the technique and the step. A first line that begins with `line` is a heading.
///
/// Events without a line are benign.
package struct LabelTable: Sendable {
    /// By the number of the event's line: what the attack is called.
    package let attacks: [Int: String]

    /// - Throws: ``LabError`` with `.labelsUnreadable`.
    package init(_ bytes: [UInt8], fileName: String) throws(LabError) {
        guard bytes.count <= LabLimit.labelBytesMax else {
            throw LabError(
                .labelsUnreadable, subject: fileName, message: "larger than \(LabLimit.labelBytesMax) bytes; split it")
        }
        var attacks: [Int: String] = [:]
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            let cells = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            if index == 0, cells[0] == "line" { continue }
            guard cells.count >= 2, let number = Int(cells[0]), number >= 0, ["benign", "attack"].contains(cells[1])
            else {
                throw LabError(
                    .labelsUnreadable, subject: "\(fileName):\(index + 1)", message: "no number, tab and label")
            }
            guard cells[1] == "attack" else { continue }
            let name = cells.dropFirst(2).filter { !$0.isEmpty }.joined(separator: " ")
            attacks[number] = name.isEmpty ? LabRecording.unnamedAttack : name
        }
        self.attacks = attacks
    }
}
