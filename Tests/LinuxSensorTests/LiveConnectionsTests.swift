import FleetModel
import Foundation
import Glibc
import Testing

@testable import LinuxSensor

/// A server on loopback, in this process.
private final class LoopbackServer {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(descriptor, address, size)
                _ = listen(descriptor, 8)
                _ = getsockname(descriptor, address, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(port != 0)
    }

    deinit { close(descriptor) }
}

@Suite(
    .enabled(
        if: ScratchFolder.canMark && access("/bin/bash", X_OK) == 0, "needs CAP_NET_ADMIN, CAP_SYS_ADMIN and bash"),
    .timeLimit(.minutes(1)))
struct LiveConnectionsTests {
    @Test("a connection is seen with both ends and the process that holds it; our own end of it is not")
    func connection() async throws {
        let server = try LoopbackServer()
        let sensor = try LiveSensor.start(ScratchFolder.options)
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/bin/bash")
        client.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(server.port); read line <&3"]
        try client.run()
        let accepted = accept(server.descriptor, nil, nil)
        var found: [TelemetryEvent] = []
        var stream = sensor.events.makeAsyncIterator()
        // The client ends when its connection was seen; what came until then is all there was.
        while let event = await stream.next() {
            if event.kind == .processTermination, event[.processId] == .integer(Int64(client.processIdentifier)) {
                break
            }
            let ports = [event[.sourcePort], event[.destinationPort]]
            guard event.kind == .networkConnection, ports.contains(.integer(Int64(server.port))) else { continue }
            found.append(event)
            close(accepted)
        }
        client.waitUntilExit()
        let event = try #require(found.first)
        #expect(found.count == 1)
        #expect(event[.processId] == .integer(Int64(client.processIdentifier)))
        guard case .text(let image)? = event[.image] else {
            Issue.record("no image: \(event)")
            return
        }
        #expect(image.hasSuffix("/bash"))
        #expect(event[.user] == .text(NSUserName()))
        #expect(event[.protocol] == .text("tcp"))
        #expect(event[.initiated] == .text("true"))
        #expect(event[.sourceIp] == .text("127.0.0.1"))
        #expect(event[.destinationIp] == .text("127.0.0.1"))
        #expect(event[.destinationPort] == .integer(Int64(server.port)))
        #expect(event.lineage.contains { $0.processId == getpid() })
    }

    @Test("an image is known of processes that were gone from /proc before they could be read, from what they opened")
    func shortLived() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start()
        try folder.run("cp /bin/true short; for i in $(seq 200); do ./short; done; cp /bin/true last; ./last")
        var images = 0
        for await event in sensor.events where event.kind == .processCreation {
            if event[.image] == .text("\(folder.path)/last") { break }
            if event[.image] == .text("\(folder.path)/short") { images += 1 }
        }
        #expect(images >= 198)
    }
}
