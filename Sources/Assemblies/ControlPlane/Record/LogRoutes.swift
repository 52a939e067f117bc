import ControlWire
import DurableFiles
import HTTPTypes
import Hummingbird
import NIOCore
import TransparencyLog

/// The log's files, for everyone: what is in the log is public, and a mirror or a CDN carries them as well
/// (C2SP tlog-tiles).
struct LogRoutes: Sendable {
    let log: PublicLog

    func add(to router: Router<ControlContext>) {
        router.get(RouterPath("\(Routes.log)/**")) { _, context in
            try answer(context.parameters.getCatchAll().joined(separator: "/"))
        }
    }

    private func answer(_ path: String) throws -> Response {
        do {
            // Only paths that name a file of a log get as far as the disk.
            let resource = try LogResource(path: path)
            let type = resource == .checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream"
            var response = HTTPExchange.answer(try log.read(resource), type)
            response.headers[.cacheControl] = resource.isImmutable ? Self.immutable : "no-cache"
            return response
        } catch is LogError {
            throw HTTPError(.notFound)
        } catch let error as FileError where error.code == .notFound {
            throw HTTPError(.notFound)
        }
    }

    /// A tile never changes, so a year is as good as any.
    private static let immutable = "public, max-age=31536000, immutable"
}
