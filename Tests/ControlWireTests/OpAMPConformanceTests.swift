import FleetModel
import Foundation
import Testing

@testable import ControlWire

/// Held against an OpAMP client that others wrote: PyPI's opentelemetry-opamp-client.
@Suite(
    "OpAMP conformance",
    .enabled(if: Peer.isThere, "opentelemetry-opamp-client is not in .build/peers: run scripts/install-peers.sh"))
struct OpAMPConformanceTests {
    @Test("a third-party client's heartbeat, full state and farewell are understood")
    func theirMessages() throws {
        let hex = try JSONDecoder().decode([String: String].self, from: Peer.run(["encode"]))
        func read(_ name: String) throws -> AgentCheckIn {
            let text = try #require(hex[name])
            return try AgentCheckIn(decoding: #require(Hexadecimal.decode(text)))
        }
        let heartbeat = try read("heartbeat")
        #expect(heartbeat.endpoint == Samples.endpoint && heartbeat.sequence == 7)
        #expect(heartbeat.capabilities == [.reportsStatus, .reportsHeartbeat])
        #expect(heartbeat.description == nil && heartbeat.report == nil && !heartbeat.isDisconnecting)

        let state = try read("full_state")
        #expect(state.description?.service == "third-party" && state.description?.hostName == "build-7")
        #expect(state.description?.cohort.os == "linux" && state.description?.cohort.agentVersion == "2.1")
        #expect(state.policyReport == PolicyReport(hash: [1, 2], standing: .failed, message: "unknown member"))

        #expect(try read("disconnect").isDisconnecting)
    }

    @Test("a third-party client understands our offer, policy, credential and directive")
    func ourReply() throws {
        let hex = Hexadecimal.encode(try Samples.reply().encoded())
        let json = try #require(
            JSONSerialization.jsonObject(with: Peer.run(["decode", hex])) as? [String: Any])
        func value(_ path: String...) -> Any? {
            path.reduce(json as Any?) { ($0 as? [String: Any])?[$1] }
        }
        #expect(value("instance_uid") as? String == Data(Samples.endpoint.instanceUID).base64EncodedString())
        #expect(value("packages_available", "packages", "linux-core", "version") as? String == "1.4.0")
        #expect(
            value("packages_available", "packages", "linux-core", "file", "download_url") as? String
                == Routes.pack(Samples.digest))
        #expect(
            value("packages_available", "packages", "linux-core", "file", "content_hash") as? String
                == Data(Samples.digest.bytes).base64EncodedString())
        let headers = value("connection_settings", "opamp", "headers", "headers") as? [[String: String]]
        #expect(headers == [["key": "Authorization", "value": "Bearer c0ffee"]])
        #expect(value("policies", "firebreak", "poll_interval_ms") as? Int == 30_000)
        #expect(value("custom_message", "capability") as? String == CustomCapability.name)
        #expect(value("error_response", "type") as? String == "ServerErrorResponseType_Unavailable")
        #expect(value("error_response", "retry_info", "retry_after_nanoseconds") as? String == "30000000000")
        #expect(value("flags") as? String == "1")
        #expect(value("capabilities") as? String == "59")
    }
}

/// The Python environment that scripts/install-peers.sh makes.
enum Peer {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    private static let python = here.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/peers/bin/python").path

    static let isThere = (try? run(["encode"])) != nil

    struct Failure: Error {
        let status: Int32
    }

    /// What the peer's script prints.
    static func run(_ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [here.appending(path: "Peer/opamp_peer.py").path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return data
    }
}
