package import DurableFiles
import FleetModel
package import UpdateTrust

/// A repository in a folder: an offline site, a stick, a share. Addresses are below the folder, percent-encoded as a web
/// server takes them; the files have the names that these stand for.
package struct FolderSource: RepositorySource {
    private let folder: String
    private let files: DurableFiles

    package init(folder: String, files: DurableFiles = DurableFiles()) {
        self.folder = folder
        self.files = files
    }

    package func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply {
        guard let path = Self.path(of: address) else {
            throw TufError(
                .unavailable, subject: subject,
                message: "\(address.prefix(200)) is not the address of a file in a folder")
        }
        do throws(FileError) {
            return .bytes(try files.read("\(folder)/\(path)", bytesMax: bytesMax))
        } catch {
            switch error.code {
            case .notFound: return .absent
            case .oversized:
                throw TufError(.lengthMismatch, subject: subject, message: "it is longer than \(bytesMax) bytes")
            default: throw TufError(.unavailable, subject: subject, message: error.description)
            }
        }
    }

    /// The file that an address means; nil for one that would lead out of the folder.
    private static func path(of address: String) -> String? {
        var parts: [String] = []
        for part in address.split(separator: "/") {
            guard let name = part.percentDecoded, name != "..", name != ".", !name.contains("/"), !name.contains("\0")
            else { return nil }
            parts.append(name)
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}

extension Substring {
    /// Nil when a percent sign has no two digits behind it, or what comes out is no UTF-8.
    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = Hexadecimal.decode(String(Substring(rest.prefix(2)))), decoded.count == 1 else {
                return nil
            }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
