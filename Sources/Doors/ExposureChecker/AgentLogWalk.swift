import FleetModel
import Foundation

/// Reads one agent's own log and holds what the agent saw and did against the ledger's debits.
struct AgentLogWalk {
    /// Bytes of one log, 64 MiB: about 300,000 lines, months of an endpoint that takes many releases a day.
    static let fileBytesMax = 64 << 20
    /// How much earlier than its debit an agent may have seen an offer, by the two clocks, in milliseconds. Server and
    /// agent count from different readings of the wall clock; a quarter of a second is far more than two such clocks
    /// drift apart in an hour, and far less than a round trip that skipped the ledger would be ahead.
    static let clockToleranceMilliseconds: Int64 = 250

    /// What one line says, as far as it matters here. A log has other members and other kinds of line.
    private struct Line: Decodable {
        var atMilliseconds: Int64
        var kind: String
        var endpoint: String?
        var release: String?
        var stage: String?

        enum CodingKeys: String, CodingKey {
            case atMilliseconds = "at_ms"
            case kind, endpoint, release, stage
        }
    }

    let release: ReleaseID
    /// When each endpoint was first debited for the release.
    let debits: [EndpointID: Int64]
    private(set) var offersSeen = 0
    private(set) var violations: [ExposureViolation] = []

    init(release: ReleaseID, debits: [EndpointID: Int64]) {
        self.release = release
        self.debits = debits
    }

    /// Reads the log at `path`, and before it the older half that rotation has put beside it, if there is one.
    ///
    /// A line that was cut off by the agent's end is passed over, whether it is the last or the next start went on
    /// behind it. Any other line that is not understood is a violation: a check that cannot be made has failed.
    mutating func read(path: String) {
        var endpoint: EndpointID?
        if FileManager.default.fileExists(atPath: path + ".1") { read(file: path + ".1", &endpoint) }
        read(file: path, &endpoint)
    }

    private mutating func read(file path: String, _ endpoint: inout EndpointID?) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? Int, size <= Self.fileBytesMax,
            let data = try? Data(contentsOf: URL(filePath: path))
        else {
            violate(.logUnreadable, endpoint, "\(path) cannot be read or has more than \(Self.fileBytesMax) bytes")
            return
        }
        let subject = (path as NSString).lastPathComponent
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        for (index, bytes) in lines.enumerated() where !bytes.isEmpty {
            guard let line = Self.line(in: bytes) else {
                violate(.logUnreadable, endpoint, "\(subject) line \(index + 1) is not understood")
                continue
            }
            if let text = line.endpoint { endpoint = EndpointID(text) }
            take(line, of: endpoint, place: "\(subject) line \(index + 1)")
        }
    }

    /// What a line says; of a line that begins with a torn one, what follows the tear.
    private static func line(in bytes: Data) -> Line? {
        let decoder = JSONDecoder()
        if let line = try? decoder.decode(Line.self, from: bytes) { return line }
        let start = Data("{\"".utf8)
        var searched = bytes.dropFirst()
        while let found = searched.range(of: start) {
            if let line = try? decoder.decode(Line.self, from: bytes[found.lowerBound...]) { return line }
            searched = bytes[found.upperBound...]
        }
        return nil
    }

    private mutating func take(_ line: Line, of endpoint: EndpointID?, place: String) {
        guard line.release == release.text else { return }
        switch line.kind {
        case "offer":
            offersSeen += 1
            guard let endpoint else {
                return violate(.logUnreadable, nil, "\(place): an offer before the endpoint's id")
            }
            guard let debit = debits[endpoint] else {
                return violate(.offerWithoutDebit, endpoint, "\(place): an offer that the ledger does not have")
            }
            if line.atMilliseconds + Self.clockToleranceMilliseconds < debit {
                violate(
                    .offerBeforeDebit, endpoint,
                    "\(place): seen at \(line.atMilliseconds) ms, and the debit was written at \(debit) ms")
            }
        case "stage":
            guard let stage = line.stage.flatMap(ReleaseStage.init(rawValue:)) else {
                return violate(.logUnreadable, endpoint, "\(place): a stage that is not understood")
            }
            guard stage != .refused, endpoint.flatMap({ debits[$0] }) == nil else { return }
            violate(.activationWithoutDebit, endpoint, "\(place): entered \(stage.rawValue) without a debit")
        default:
            break
        }
    }

    private mutating func violate(_ kind: ExposureViolation.Kind, _ endpoint: EndpointID?, _ message: String) {
        violations.append(ExposureViolation(kind: kind, sequence: nil, endpoint: endpoint, message: message))
    }
}
