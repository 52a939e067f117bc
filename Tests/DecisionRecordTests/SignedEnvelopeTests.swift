import CanonicalCoding
import FleetModel
import Foundation
import Testing
import UpdateTrust

@testable import DecisionRecord

@Suite("Envelopes")
struct SignedEnvelopeTests {
    private let key: AttestationKey

    init() throws { key = try RecordedFleet.key(0) }

    @Test("the encoding that is signed is the protocol's own example")
    func encoding() {
        let bytes = SignedEnvelope.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test("an envelope is believed by its key alone: not by another's, not with another type or payload")
    func trust() throws {
        let envelope = try key.sign(Array("{}".utf8))
        let trust = AttestationTrust([key.publicKey])
        #expect(try trust.payload(of: SignedEnvelope(envelope.json)) == Array("{}".utf8))
        var other = envelope
        other.payloadType = "text/plain"
        #expect(code { try trust.payload(of: other) } == .signatureInvalid)
        other = envelope
        other.payload = Array("[]".utf8)
        #expect(code { try trust.payload(of: other) } == .signatureInvalid)
        #expect(code { try AttestationTrust().payload(of: envelope) } == .unknownKey)
        let stranger = try RecordedFleet.key(7)
        #expect(code { try AttestationTrust([stranger.publicKey]).payload(of: envelope) } == .unknownKey)
        other = try stranger.sign(Array("{}".utf8))
        other.signatures[0].keyID = key.id.text
        #expect(code { try trust.payload(of: other) } == .signatureInvalid)
    }

    @Test("what is no envelope is refused: no signature, seventeen, no base64, a member too many")
    func malformed() throws {
        let good = try key.sign([1])
        let one: JSONValue = ["keyid": "a", "sig": "AA=="]
        let wrong: [JSONValue] = [
            "x", ["payload": "AA==", "payloadType": "t", "signatures": []],
            ["payload": "AA==", "payloadType": "t", "signatures": .array(Array(repeating: one, count: 17))],
            ["payload": "!", "payloadType": "t", "signatures": [one]],
            ["payload": "AA==", "payloadType": "t", "signatures": [["sig": "!"]]],
            ["payload": "AA==", "payloadType": "t", "signatures": [one], "more": 1],
        ]
        for json in wrong { #expect(code { try SignedEnvelope(json) } == .envelopeMalformed) }
        #expect(try SignedEnvelope(good.json) == good)
    }

    private func code(_ body: () throws -> some Any) -> RecordError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? RecordError)?.code }
    }
}

@Suite(
    "Attestations for others",
    .enabled(if: AttestationPeer.isThere, "securesystemslib is not in .build/peers: run scripts/install-peers.sh"))
struct AttestationPeerTests {
    @Test("securesystemslib verifies our envelopes, and in-toto-attestation reads what is in them")
    func verified() throws {
        let fleet = try RecordedFleet(bad: 60)
        var seen: Set<String> = []
        for entry in fleet.entries {
            guard case .attestation(let attestation) = entry.body, seen.insert(attestation.predicateType).inserted
            else { continue }
            let told = try AttestationPeer.check(attestation.envelope, by: fleet.key.publicKey)
            #expect(told == "\(attestation.predicateType) \(fleet.digest)\n")
        }
        #expect(seen == [LabStatement.predicate, VerificationSummary.predicateType])
    }

    @Test("securesystemslib refuses an envelope of ours that was changed, or is by another key")
    func refused() throws {
        let fleet = try RecordedFleet()
        var envelope = try fleet.key.sign(try RecordedFleet.labStatement(of: fleet.digest).fitting())
        #expect(throws: AttestationPeer.Failure.self) {
            try AttestationPeer.check(envelope.json, by: RecordedFleet.key(7).publicKey)
        }
        envelope.payload[3] ^= 1
        #expect(throws: AttestationPeer.Failure.self) {
            try AttestationPeer.check(envelope.json, by: fleet.key.publicKey)
        }
    }
}

/// The Python environment that scripts/install-peers.sh makes.
enum AttestationPeer {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    private static let python = here.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/peers/bin/python").path
    private static let script = here.appending(path: "Peer/attestation_peer.py").path

    static let isThere = (try? run(["probe"], Data())) != nil

    struct Failure: Error {
        let status: Int32
    }

    static func check(_ envelope: JSONValue, by publicKey: [UInt8]) throws -> String {
        let bytes = try CanonicalJSON.encode(envelope)
        return String(decoding: try run(["verify", Hexadecimal.encode(publicKey)], Data(bytes)), as: UTF8.self)
    }

    private static func run(_ arguments: [String], _ input: Data) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [script] + arguments
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: input)
        try standardInput.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return data
    }
}
