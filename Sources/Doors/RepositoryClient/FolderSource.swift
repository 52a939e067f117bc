import DurableFiles
import FleetModel
package import UpdateTrust

/// A repository in a folder: an offline site, a stick, a share. The addresses are paths.
package struct FolderSource: RepositorySource {
    private let files = DurableFiles()

    package init() {}

    package func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply {
        do throws(FileError) {
            return .bytes(try files.read(address, bytesMax: bytesMax))
        } catch {
            switch error.code {
            case .notFound: return .absent
            case .oversized:
                throw TufError(.lengthMismatch, subject: subject, message: "it is longer than \(bytesMax) bytes")
            default: throw TufError(.unavailable, subject: subject, message: error.description)
            }
        }
    }
}
