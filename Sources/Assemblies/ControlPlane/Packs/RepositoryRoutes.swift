import ControlWire
import DurableFiles
import HTTPTypes
import Hummingbird
import NIOCore
import UpdateTrust

/// A publisher's TUF repository, as static files for everyone: a mirror serves it as well, and whoever reads it verifies
/// it.
struct RepositoryRoutes: Sendable {
    /// The folder with `tuf/` and `targets/`.
    let folder: String
    private let files = DurableFiles()

    func add(to router: Router<ControlContext>) {
        for area in [Routes.tuf, Routes.targets] {
            router.get(RouterPath("\(area)/**")) { _, context in
                try answer([String(area.dropFirst())] + context.parameters.getCatchAll().map(String.init))
            }
        }
    }

    private func answer(_ parts: [String]) throws -> Response {
        guard parts.count <= Self.partCountMax, parts.allSatisfy(Self.isPlain) else { throw HTTPError(.notFound) }
        let path = "\(folder)/\(parts.joined(separator: "/"))"
        do throws(FileError) {
            guard parts[0] == "tuf" else { return try FileAnswer.response(path, bytesMax: TufLimits.targetBytesMax) }
            let bytes = try files.read(path, bytesMax: TufLimits.metadataBytesMax)
            return HTTPExchange.answer(bytes, "application/octet-stream")
        } catch {
            guard error.code == .notFound else { throw error }
            throw HTTPError(.notFound)
        }
    }

    /// `targets/PACK/FILE`.
    private static let partCountMax = 3
    /// Bytes of a name on the file systems that matter.
    private static let nameBytesMax = 255

    /// Whether a part of a path is a plain name: nothing that leads out of the folder, nothing hidden.
    static func isPlain(_ part: String) -> Bool {
        (1...nameBytesMax).contains(part.utf8.count) && !part.hasPrefix(".")
            && part.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~%".utf8.contains(byte)
            }
    }
}
