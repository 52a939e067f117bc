import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import Foundation
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import ControlPlane

@Suite("Data folder and certificates")
struct ControlPlaneTests {
    @Test("secrets and keys are readable by their owner only, and stay the same over a restart")
    func stays() async throws {
        let folder = try TemporaryFolder("plane")
        let names = ["ca.pem", "ca.key", "server.pem", "server.key", "operator.token", "enrolment.secret"]
        func contents() throws -> [Data] {
            try names.map { try Data(contentsOf: URL(filePath: folder.file("control/\($0)"))) }
        }
        let agent = try await PlaneHouse.run(in: folder) { house in try await house.enrol(1) }
        let first = try contents()
        for name in names where name != "ca.pem" && name != "server.pem" {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("control/\(name)"))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        try await PlaneHouse.run(in: folder) { house in
            var agent = agent
            try await house.checkIn(&agent)
            #expect(try await house.management.status().endpointCount == 1)
        }
        #expect(try contents() == first)
    }

    @Test("the server certificate is renewed in time, under the same CA, and when the server gets another name")
    func renewal() throws {
        let temporary = try TemporaryFolder("identity")
        let folder = try DataFolder(temporary.file("control"))
        func pem() throws -> String { try String(contentsOfFile: folder.serverCertificate, encoding: .utf8) }
        let names = ServerIdentity.localNames(listeningAt: "127.0.0.1")
        let start = Date()
        _ = try ServerIdentity(folder: folder, names: names, now: start)
        let (first, authority) = (try pem(), try String(contentsOfFile: folder.caCertificate, encoding: .utf8))
        _ = try ServerIdentity(folder: folder, names: names, now: start + 300 * 86_400)
        #expect(try pem() == first)
        let late = start + 350 * 86_400
        _ = try ServerIdentity(folder: folder, names: names, now: late)
        let second = try pem()
        #expect(second != first)
        #expect(try Certificate(pemEncoded: second).notValidAfter > late + 300 * 86_400)
        _ = try ServerIdentity(folder: folder, names: names.union(["control.example"]), now: late)
        #expect(try pem() != second)
        #expect(try String(contentsOfFile: folder.caCertificate, encoding: .utf8) == authority)
        let certificate = try Certificate(pemEncoded: try pem())
        #expect(
            try Certificate(pemEncoded: authority).publicKey.isValidSignature(certificate.signature, for: certificate))
    }

    @Test("a CA whose key is gone is not replaced behind the agents' backs")
    func missingKey() throws {
        let temporary = try TemporaryFolder("identity")
        let folder = try DataFolder(temporary.file("control"))
        _ = try ServerIdentity(folder: folder, names: ["localhost"])
        try FileManager.default.removeItem(atPath: folder.caKey)
        #expect(throws: FileError.self) { try ServerIdentity(folder: folder, names: ["localhost"]) }
    }

    @Test("one process for one data folder")
    func locked() async throws {
        let folder = try TemporaryFolder("plane")
        try await PlaneHouse.run(in: folder) { _ in
            let error = #expect(throws: FileError.self) { try DataFolder(folder.file("control")) }
            #expect(error?.code == .locked)
        }
    }

    @Test("a policy file changes what it names, and is refused whole when it does not hold")
    func policyFile() throws {
        func preset(_ text: String) throws -> ControlPreset {
            try ControlProcess.preset(reading: Array(text.utf8), standard: .demo, file: "policy.json")
        }
        #expect(try preset("{}").rollouts == ControlPreset.demo.rollouts)
        #expect(throws: ControlStartError.self) { try preset("{\"rollout\":{}}") }
        #expect(throws: ControlStartError.self) { try preset("{\"endpoints\":{\"poll_interval_ms\":1}}") }
        #expect(throws: ControlStartError.self) { try preset("nonsense") }
    }

    @Test("an address is a host and a port", arguments: [("127.0.0.1:0", "127.0.0.1"), ("[::1]:8443", "::1")])
    func address(text: String, host: String) throws {
        #expect(try ControlProcess.address(text).host == host)
        for wrong in ["8443", "host:", "host:70000", ":1"] {
            #expect(throws: ControlStartError.self) { try ControlProcess.address(wrong) }
        }
    }
}
