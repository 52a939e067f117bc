import Hummingbird
import Logging
import NIOCore

/// What a handler knows of a request beside the request.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The peer's address without its port; `-` where there is none.
    var peer: String { channel.remoteAddress?.ipAddress ?? "-" }

    /// Whether the request came from this machine.
    var isLocal: Bool {
        switch channel.remoteAddress {
        case .v4?: peer.hasPrefix("127.")
        case .v6?: peer == "::1" || peer.hasPrefix("::ffff:127.")
        case .unixDomainSocket?: true
        // No address, no proof.
        case nil: false
        }
    }
}
