import Foundation
package import RuleCompiler

/// Rule files as they lie in folders.
package enum RuleFolder {
    /// Files of all folders together: about ten times the public rules.
    static let fileCountMax = 50_000

    /// Every `.yml` and `.yaml` file in the folders and those inside them, and the files that are named, by path.
    ///
    /// Links to folders are not followed, so that reading ends.
    package static func sources(at paths: [String]) throws(FileDetectionError) -> [RuleSource] {
        var files: Set<String> = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw FileDetectionError(
                    .rulesUnreadable, subject: path, message: "there is no such file or folder; correct the path")
            }
            guard isFolder.boolValue else {
                files.insert(path)
                continue
            }
            let base = path.hasSuffix("/") ? path : path + "/"
            let names = FileManager.default.enumerator(atPath: path)
            while let name = names?.nextObject() as? String {
                if name.hasSuffix(".yml") || name.hasSuffix(".yaml") { files.insert(base + name) }
            }
        }
        guard files.count <= fileCountMax else {
            throw FileDetectionError(
                .rulesUnreadable, subject: paths.joined(separator: ", "),
                message: "\(files.count) files, where \(fileCountMax) are allowed; name a folder inside")
        }
        guard !files.isEmpty else {
            throw FileDetectionError(
                .rulesEmpty, subject: paths.joined(separator: ", "),
                message: "no *.yml is there; name the rules' folder")
        }
        var sources: [RuleSource] = []
        for file in files.sorted() { sources.append(try source(at: file)) }
        return sources
    }

    /// One file, at most `RuleSourceLimit.fileBytesMax` and one byte of it: the compiler refuses what is longer.
    package static func source(at path: String) throws(FileDetectionError) -> RuleSource {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw FileDetectionError(
                .rulesUnreadable, subject: path, message: "the file cannot be read; check that you may read it")
        }
        defer { try? file.close() }
        do {
            let data = try file.read(upToCount: RuleSourceLimit.fileBytesMax + 1) ?? Data()
            return RuleSource(file: path, bytes: [UInt8](data))
        } catch {
            throw FileDetectionError(.rulesUnreadable, subject: path, message: "reading failed; try again")
        }
    }
}
