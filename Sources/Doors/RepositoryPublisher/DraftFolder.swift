package import DurableFiles
import Foundation
package import UpdateTrust

/// The folder in which people prepare metadata and sign it one after the other: `root.json`, `targets.json`, and a file
/// for each vendor's role. It can travel on a stick: what counts of it is checked when it is published.
package struct DraftFolder: Sendable {
    package let path: String
    private let files: DurableFiles

    package init(path: String, files: DurableFiles = DurableFiles()) {
        self.path = path
        self.files = files
    }

    package func file(_ role: String) -> String { "\(path)/\(role.percentEncoded).json" }

    /// The roles that have a draft, sorted; none where there is no folder.
    package func roles() throws(TufError) -> [String] {
        guard files.exists(path) else { return [] }
        return try storing(path) { () throws(FileError) in try files.names(in: path) }.compactMap { name in
            name.hasSuffix(".json") ? String(name.dropLast(5)).removingPercentEncoding : nil
        }
    }

    /// The draft's bytes; nil where there is none.
    package func read(_ role: String) throws(TufError) -> [UInt8]? { try Self.read(file(role), files: files) }

    package static func read(_ file: String, files: DurableFiles = DurableFiles()) throws(TufError) -> [UInt8]? {
        do throws(FileError) {
            return try files.read(file, bytesMax: TufLimits.targetsBytesMax)
        } catch  where error.code == .notFound {
            return nil
        } catch {
            throw TufError(.storeFailed, subject: file, message: error.description)
        }
    }

    package func write(_ draft: TufDraft, as role: String) throws(TufError) {
        try storing(path) { () throws(FileError) in try files.makeDirectory(path) }
        try Self.write(draft.bytes, to: file(role), files: files)
    }

    package static func write(_ bytes: [UInt8], to file: String, files: DurableFiles = DurableFiles()) throws(TufError)
    {
        try storing(file) { () throws(FileError) in try files.write(bytes, to: file, mode: 0o644) }
    }

    /// Takes the draft away: it is published.
    package func remove(_ role: String) throws(TufError) {
        try storing(file(role)) { () throws(FileError) in try files.remove(file(role)) }
    }
}
