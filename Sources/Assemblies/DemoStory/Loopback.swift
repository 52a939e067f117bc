import NIOCore
import NIOPosix

/// Ports of this machine's loopback address.
enum Loopback {
    /// A port that nobody listens on now. The control plane is given a fixed one, so that it is found again there if
    /// it is restarted.
    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port
        try await channel.close()
        guard let port else { throw DemoError(step: "control plane", message: "no free port on 127.0.0.1") }
        return port
    }
}
