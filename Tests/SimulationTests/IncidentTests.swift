import CanonicalCoding
import FleetSimulator
import Glibc
import Testing

@Suite("Incidents")
struct IncidentTests {
    /// A collection of the same incidents that lies beside some checkouts.
    static let collection = "../shared/incidents.json"
    static let hasCollection = access(collection, R_OK) == 0

    @Test("the catalogue holds 24 incidents with names of their own, and numbers that can be")
    func catalogue() {
        let all = IncidentCatalogue.all
        #expect(all.count == 24 && Set(all.map(\.id)).count == 24)
        for incident in all {
            #expect((0...1).contains(incident.probability) && (0...1).contains(incident.silentShare))
            #expect(incident.affectedShare.map { $0 > 0 && $0 <= 1 } ?? true)
            #expect(!incident.title.isEmpty && !incident.lesson.isEmpty && incident.date.count == 10, "\(incident.id)")
        }
    }

    @Test(
        "the catalogue gives the same signatures as the collection",
        .enabled(if: hasCollection, "there is no ../shared/incidents.json"))
    func sameAsCollection() throws {
        let read = try IncidentFile.read(try Self.bytes(of: Self.collection))
        #expect(read.map(\.id) == IncidentCatalogue.all.map(\.id))
        for (ours, theirs) in zip(IncidentCatalogue.all, read) {
            #expect(ours.fault == theirs.fault, "\(ours.id)")
            #expect(ours.date == theirs.date, "\(ours.id)")
        }
    }

    private static let good = """
        [{"id":"a","pFailGivenAffected":0.5,"affectedShareOfInstallBase":null,"onset":{"model":"delay","constMin":5},
        "deviceSilent":"partial","recover":{"manualWasNeeded":false},"publishToWithdrawMinutes":null}]
        """

    @Test("a file gives signatures: null shares are unknown, and partial silence is half")
    func file() throws {
        let incident = try #require(try IncidentFile.read(Array(Self.good.utf8)).first)
        #expect(
            incident.fault
                == FaultSignature(
                    rate: 0.5, affectedShare: Incident.shareUnknown, onset: .delay(seconds: 300), silentShare: 0.5,
                    isCuredByWithdrawal: true))
    }

    @Test("every model of a file's onset has its case")
    func models() throws {
        let models: [(String, FaultOnset)] = [
            (#""immediate","meanMin":1"#, .after(meanSeconds: 60)), (#""event","meanMin":2"#, .after(meanSeconds: 120)),
            (#""exponential","meanMin":10"#, .after(meanSeconds: 600)), (#""clock""#, .clock(seconds: 0)),
            (#""window","utcStart":"23:30","utcEnd":"00:30""#, .window(openSeconds: 0, closeSeconds: 3_600)),
            (#""flapping","periodMin":5"#, .flapping(periodSeconds: 300)), (#""latent-until-reboot""#, .reboot),
            (#""latent-until-scan""#, .scan), (#""latent-until-scan-then-reboot""#, .scanThenReboot),
            (#""latent-until-data""#, .after(meanSeconds: 60)),
        ]
        for (model, onset) in models {
            let text = Self.good.replacing(#""delay","constMin":5"#, with: model)
            #expect(try IncidentFile.read(Array(text.utf8)).first?.onset == onset, "\(model)")
        }
    }

    @Test(
        "a bad file is refused with the place",
        arguments: [
            ("0.5", "1.5", "[0].pFailGivenAffected"), ("0.5", "\"x\"", "[0].pFailGivenAffected"),
            ("\"delay\"", "\"soon\"", "[0].onset.model"), ("\"constMin\":5", "\"x\":5", "[0].onset.constMin"),
            ("\"constMin\":5", "\"constMin\":-5", "[0].onset.constMin"), ("partial", "maybe", "[0].deviceSilent"),
            ("\"id\":\"a\"", "\"id\":\"\"", "[0].id"), ("\"id\":\"a\",", "", "[0]"),
            (
                "\"affectedShareOfInstallBase\":null", "\"affectedShareOfInstallBase\":7",
                "[0].affectedShareOfInstallBase"
            ),
            ("\"publishToWithdrawMinutes\":null", "\"publishToWithdrawMinutes\":-1", "[0].publishToWithdrawMinutes"),
        ])
    func badFile(old: String, new: String, place: String) {
        let text = Self.good.replacing(old, with: new)
        #expect(text != Self.good)
        let error = #expect(throws: JSONError.self) { try IncidentFile.read(Array(text.utf8)) }
        #expect(error?.subject.hasPrefix(place) == true, "\(error.map { "\($0)" } ?? "nothing")")
    }

    @Test("a file without incidents, or with one twice, is refused")
    func emptyOrTwice() {
        #expect(throws: JSONError.self) { try IncidentFile.read(Array("[]".utf8)) }
        let twice = "[\(Self.good.dropFirst().dropLast()),\(Self.good.dropFirst().dropLast())]"
        let error = #expect(throws: JSONError.self) { try IncidentFile.read(Array(twice.utf8)) }
        #expect(error?.subject == "[1].id")
    }

    static func bytes(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: IncidentFile.bytesMax)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
