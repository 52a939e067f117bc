import ControlWire
import Glibc
import HTTPTypes
import Synchronization

/// The head of the reply to a heartbeat: the same for everyone, and new once a second, when its Date changes (RFC 9110
/// clause 6.6.1).
final class HeadCache: Sendable {
    private struct Entry {
        var second: time_t
        var head: HTTPResponse
    }

    private let entry: Mutex<Entry>
    private let contentLength: Int

    init(contentLength: Int) {
        self.contentLength = contentLength
        let now = time(nil)
        entry = Mutex(Entry(second: now, head: Self.head(at: now, contentLength: contentLength)))
    }

    func head() -> HTTPResponse {
        let now = time(nil)
        return entry.withLock { entry in
            if entry.second != now {
                entry = Entry(second: now, head: Self.head(at: now, contentLength: contentLength))
            }
            return entry.head
        }
    }

    private static func head(at second: time_t, contentLength: Int) -> HTTPResponse {
        HTTPResponse(
            status: .ok,
            headerFields: [
                .contentType: Routes.MediaType.protobuf, .cacheControl: "no-store", .contentLength: "\(contentLength)",
                .date: CivilTime(secondsSince1970: Int64(second)).fixdate,
            ])
    }
}
