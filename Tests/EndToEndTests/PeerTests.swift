import ControlClient
import ControlWire
import FleetModel
import Foundation
import TestSupport
import Testing

/// A third-party OpAMP client: what we serve is the protocol, not our reading of it.
@Suite("A third-party OpAMP client", .serialized)
struct PeerTests {
    static let python = Checkout.path(".build/peers/bin/python")
    static let hasPeer = FileManager.default.isExecutableFile(atPath: python)

    @Test(
        "its heartbeats are understood, and its endpoint appears in the fleet",
        .enabled(if: hasPeer, "opentelemetry-opamp-client is not installed: scripts/install-peers.sh"))
    func thirdPartyClient() async throws {
        let fleet = try await TestFleet("peer", endpoints: 0)
        let minted = try await fleet.management.addEndpoint(name: "collector-1")
        let script = """
            import sys
            from opentelemetry._opamp.transport.requests import RequestsTransport
            from opentelemetry._opamp import messages
            from opentelemetry._opamp.proto import opamp_pb2 as pb, anyvalue_pb2 as av
            import requests
            url, ca, uid, credential = sys.argv[1:5]
            def text(key, value): return av.KeyValue(key=key, value=av.AnyValue(string_value=value)) if hasattr(av, 'KeyValue') else pb.KeyValue(key=key)
            headers = {'Content-Type': 'application/x-protobuf', 'Authorization': 'Bearer ' + credential}
            sequence = 0
            def send(**fields):
                global sequence
                sequence += 1
                message = pb.AgentToServer(instance_uid=bytes.fromhex(uid), sequence_num=sequence, capabilities=pb.AgentCapabilities.AgentCapabilities_ReportsStatus | pb.AgentCapabilities.AgentCapabilities_ReportsHeartbeat, **fields)
                answer = requests.post(url, data=message.SerializeToString(), headers=headers, verify=ca, timeout=10)
                answer.raise_for_status()
                reply = pb.ServerToAgent(); reply.ParseFromString(answer.content)
                assert reply.instance_uid == bytes.fromhex(uid), reply
                assert not reply.HasField('error_response'), reply
                assert not reply.HasField('packages_available') or not reply.packages_available.packages, reply
            send(agent_description=pb.AgentDescription(identifying_attributes=[text('service.name', 'otelcol'), text('service.version', '0.100')], non_identifying_attributes=[text('os.type', 'linux')]))
            for _ in range(3): send()
            print('heartbeats', sequence)
            """
        let process = Process()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = [
            "-c", script, "\(fleet.address)\(Routes.opamp)", fleet.folder.file("control/ca.pem"), minted.endpoint.text,
            minted.credential,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()

        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("heartbeats 4"))
        let endpoint = try await fleet.management.endpoint(minted.endpoint)
        #expect(endpoint.service == "otelcol")
        #expect(endpoint.lastSeenAt != nil)
        await fleet.end()
    }
}
