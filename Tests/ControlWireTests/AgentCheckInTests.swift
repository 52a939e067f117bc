import FleetModel
import Foundation
import SwiftProtobuf
import Testing

@testable import ControlWire

@Suite("Check-in")
struct AgentCheckInTests {
    @Test("what has happened since a release became active arrives, and of an older agent nothing is known")
    func bakeConditions() throws {
        var report = Samples.reports[0]
        #expect(report.rebooted == nil && report.fullScan == nil && report.usedSeconds == nil)
        (report.rebooted, report.fullScan, report.usedSeconds) = (true, true, 3600)
        let read = try CheckInReport(decoding: try CheckInReport(releases: [report]).encoded())
        #expect(read.releases == [report])
        #expect(try CheckInReport(decoding: try Samples.checkInReport.encoded()) == Samples.checkInReport)
        #expect(try report.wire.jsonString().contains("\"usedSeconds\":\"3600\""))
    }

    @Test("a check-in arrives as it was sent")
    func roundTrip() throws {
        #expect(try AgentCheckIn(decoding: Samples.checkIn.encoded()) == Samples.checkIn)
    }

    @Test("a heartbeat says nothing but who and when, and arrives so")
    func heartbeat() throws {
        let heartbeat = AgentCheckIn(endpoint: Samples.endpoint, sequence: 1)
        let bytes = try heartbeat.encoded()
        #expect(bytes.count < 32)
        #expect(try AgentCheckIn(decoding: bytes) == heartbeat)
    }

    @Test("every stage, failure and component survives the wire", arguments: ReleaseStage.allCases)
    func stages(stage: ReleaseStage) throws {
        let failures: [FailureKind?] = stage == .reverted ? FailureKind.allCases + [nil] : [nil]
        for failure in failures {
            var checkIn = Samples.checkIn
            checkIn.report?.releases[0].stage = stage
            checkIn.report?.releases[0].failure = failure
            #expect(try AgentCheckIn(decoding: checkIn.encoded()).report == checkIn.report)
        }
    }

    @Test("OpAMP's status of a stage reads back as a stage that speaks no better of the release")
    func packageStatuses() {
        let read = ReleaseStage.allCases.map { ReleaseStage($0.packageStatus) }
        #expect(read == [.downloading, .staged, .trial, .trial, .committed, .reverted, .reverted])
        #expect(ReleaseStage(.UNRECOGNIZED(9)) == nil)
    }

    @Test("what is no protobuf is refused as malformed")
    func garbage() {
        #expect(refusalCode { try AgentCheckIn(decoding: [0xFF, 0xFF, 0xFF]) } == .malformed)
        #expect(refusalCode { try AgentCheckIn(decoding: Array("GET / HTTP/1.1".utf8)) } == .malformed)
        #expect(refusalCode { try AgentCheckIn(decoding: []) } == .missing)
    }

    @Test("a body above its bound is refused before it is parsed, with 413; everything else with 400")
    func oversized() {
        let bytes = [UInt8](repeating: 0, count: ControlWireLimit.requestBytesMax + 1)
        #expect(refusalCode { try AgentCheckIn(decoding: bytes) } == .oversized)
        #expect(ControlWireError.Code.allCases.filter { $0.httpStatus == 413 } == [.oversized])
        #expect(Set(ControlWireError.Code.allCases.map(\.httpStatus)) == [400, 413])
    }

    @Test("an instance_uid has 16 bytes", arguments: [1, 15, 17, 32])
    func instanceUID(count: Int) {
        #expect(refusal(changing: { $0.instanceUid = Data(count: count) }) == .invalidValue)
    }

    @Test("too many attributes, components, packages, releases or alerts are refused")
    func tooMany() {
        #expect(
            refusal(changing: { message in
                message.agentDescription.nonIdentifyingAttributes = Array(
                    repeating: OpAMPKeyValue(), count: ControlWireLimit.attributeCountMax + 1)
            }) == .tooMany)
        #expect(
            refusal(changing: { message in
                for number in 0...ControlWireLimit.componentCountMax {
                    message.health.componentHealthMap["\(number)"] = OpAMPComponentHealth()
                }
            }) == .tooMany)
        #expect(
            refusal(changing: { message in
                for number in 0...ControlWireLimit.packageCountMax {
                    message.packageStatuses.packages["p\(number)"] = OpAMPPackageStatus()
                }
            }) == .tooMany)
        #expect(
            refusal(changingReport: { wire in
                wire.releases = Array(repeating: wire.releases[0], count: ControlWireLimit.releaseCountMax + 1)
            }) == .tooMany)
        #expect(
            refusal(changingReport: { wire in
                wire.alerts = Array(repeating: WireAlert(), count: ControlWireLimit.alertCountMax + 1)
            }) == .tooMany)
    }

    @Test("an alert, hash or finding that is too long is refused")
    func tooLong() {
        let limit = ControlWireLimit.findingBytesMax
        #expect(refusal(changingReport: { $0.alerts[0].detectionFinding = Data(count: limit + 1) }) == .tooLong)
        let hash = Data(count: ControlWireLimit.signatureBytesMax + 1)
        #expect(refusal(changing: { $0.packageStatuses.serverProvidedAllPackagesHash = hash }) == .tooLong)
        #expect(refusal(changing: { $0.remoteConfigStatus.lastRemoteConfigHash = hash }) == .tooLong)
    }

    @Test("a release report that does not hold together is refused")
    func reports() {
        #expect(refusal(changingReport: { $0.releases[0].pack = "Linux Core" }) == .invalidValue)
        #expect(refusal(changingReport: { $0.releases[0].version = "1.4" }) == .invalidValue)
        #expect(refusal(changingReport: { $0.releases[0].digest = Data(count: 31) }) == .invalidValue)
        #expect(refusal(changingReport: { $0.releases[0].stage = "excellent" }) == .invalidValue)
        #expect(refusal(changingReport: { $0.releases[0].stageEnteredUnixMs = .max }) == .invalidValue)
        #expect(refusal(changingReport: { $0.releases[0].failure = "crash" }) == .invalidValue, "not reverted")
        #expect(refusal(changingReport: { $0.releases[1] = $0.releases[0] }) == .invalidValue, "twice")
        #expect(refusal(changingReport: { $0.alerts[1].sequence = $0.alerts[0].sequence }) == .invalidValue)
    }

    @Test("an attribute list without service.name is refused: nobody knows what it describes")
    func serviceName() {
        #expect(refusal(changing: { $0.agentDescription.identifyingAttributes = [] }) == .missing)
    }

    @Test("our capability with a type that we do not know is refused, another's message is passed over")
    func customMessages() throws {
        #expect(refusal(changing: { $0.customMessage.type = "check_out" }) == .invalidValue)
        #expect(refusal(changing: { $0.customMessage.data = Data([0xFF]) }) == .malformed)
        var message = try OpAMPAgentToServer(serializedBytes: Samples.checkIn.encoded())
        message.customMessage.capability = "com.example.other"
        message.customMessage.data = Data([0xFF])
        #expect(try AgentCheckIn(decoding: message.serializedBytes()).report == nil)
    }

    @Test("long texts are cut to their bound and stay valid UTF-8")
    func cutting() throws {
        var checkIn = Samples.checkIn
        let long = String(repeating: "ü", count: 1000)
        checkIn.report?.releases[1].message = "x" + long
        checkIn.description?.cohort.model = long
        let read = try AgentCheckIn(decoding: checkIn.encoded())
        #expect(read.report?.releases[1].message == "x" + String(repeating: "ü", count: 255))
        #expect(read.description?.cohort.model == String(repeating: "ü", count: 64))
    }

    @Test("tags beyond 16 are dropped by name, always the same ones")
    func tags() throws {
        var checkIn = Samples.checkIn
        checkIn.description?.cohort.tags = Dictionary(uniqueKeysWithValues: (10..<40).map { ("t\($0)", "v") })
        let read = try AgentCheckIn(decoding: checkIn.encoded())
        #expect(read.description?.cohort.tags.keys.sorted() == (10..<26).map { "t\($0)" })
    }

    @Test("a check-in above its bounds is refused where it is made")
    func encodingBounds() {
        var checkIn = Samples.checkIn
        checkIn.report?.alerts = (1...65).map { AlertReport(sequence: $0, finding: []) }
        #expect(refusalCode { try checkIn.encoded() } == .tooMany)
        checkIn.report?.alerts = (1...20).map {
            AlertReport(sequence: $0, finding: [UInt8](repeating: 32, count: ControlWireLimit.findingBytesMax))
        }
        #expect(refusalCode { try checkIn.encoded() } == .oversized)
    }

    @Test("no mutation of the bytes crashes the decoder, and what it takes it writes back the same", arguments: 1...20)
    func mutations(seed: UInt64) throws {
        let whole = try Samples.checkIn.encoded()
        var random = SeededRandom(state: seed)
        var (taken, refused) = (0, 0)
        for _ in 0..<300 {
            do throws(ControlWireError) {
                let read = try AgentCheckIn(decoding: mutate(whole, &random))
                #expect(try AgentCheckIn(decoding: read.encoded()) == read)
                taken += 1
            } catch {
                refused += 1
            }
        }
        #expect(taken > 0 && refused > 0, "seed \(seed): the mutations reached one side only")
    }

    private func refusal(changing change: (inout OpAMPAgentToServer) -> Void) -> ControlWireError.Code? {
        refusalCode {
            guard var message = try? OpAMPAgentToServer(serializedBytes: Samples.checkIn.encoded()) else { return }
            change(&message)
            _ = try AgentCheckIn(decoding: (try? message.serializedBytes()) ?? [])
        }
    }

    private func refusal(changingReport change: (inout WireCheckIn) -> Void) -> ControlWireError.Code? {
        refusal(changing: { message in
            guard var wire = try? WireCheckIn(serializedBytes: message.customMessage.data) else { return }
            change(&wire)
            message.customMessage.data = (try? wire.serializedData()) ?? Data()
        })
    }
}

/// The code of the refusal that `body` throws; nil when it throws none.
func refusalCode<Value>(_ body: () throws -> Value) -> ControlWireError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ControlWireError)?.code
    }
}

/// One to four small changes.
func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.remove(at: index)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
        default: bytes.removeSubrange(index...)
        }
    }
    return bytes
}
