package import DurableFiles
package import UpdateTrust

/// Where downloaded targets are kept, each under its path with everything but unreserved characters percent-encoded.
package struct TargetFolder: Sendable {
    package let path: String
    private let files: DurableFiles

    package init(path: String, files: DurableFiles = DurableFiles()) {
        self.path = path
        self.files = files
    }

    package func file(of target: TufTarget) -> String { "\(path)/\(target.path.percentEncoded)" }

    /// Whether the target is there already, and is what metadata says now (TUF 5.7.1).
    package func contains(_ target: TufTarget) -> Bool {
        guard target.length <= Int64(TufLimits.targetBytesMax),
            let bytes = try? files.read(file(of: target), bytesMax: Int(target.length))
        else { return false }
        do throws(TufError) {
            try target.require(bytes)
            return true
        } catch {
            return false
        }
    }

    /// Keeps the bytes of a target that was verified, whole or not at all.
    package func store(_ bytes: [UInt8], of target: TufTarget) throws(TufError) {
        do throws(FileError) {
            try files.makeDirectory(path)
            try files.write(bytes, to: file(of: target), mode: 0o644)
        } catch {
            throw TufError(.storeFailed, subject: target.path, message: error.description)
        }
    }
}
