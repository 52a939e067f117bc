import Foundation

/// The checkout that these tests belong to, read as text.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// True under UPDATE_GOLDEN=1: files that a test compares are then written anew.
    static var isUpdatingGolden: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

    struct File {
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func write(_ text: String, to path: String) throws {
        try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    static func folders(under path: String) throws -> [String] {
        let folder = root.appending(path: path)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.appending(path: name).path, isDirectory: &isFolder)
                && isFolder.boolValue && !name.hasPrefix(".")
        }
    }

    static func swiftFiles(under path: String) throws -> [File] {
        try files(under: path).filter { $0.hasSuffix(".swift") && !$0.contains("/Generated/") }
            .map { File(path: $0, text: try text(of: $0)) }
    }

    /// Paths relative to the root, sorted, of every file below `path`; build products and hidden folders left out.
    static func files(under path: String) throws -> [String] {
        let folder = root.appending(path: path)
        guard let walker = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        var found: [String] = []
        for case let name as String in walker {
            if name.hasPrefix(".") || name.hasPrefix("var/") { continue }
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(
                atPath: folder.appending(path: name).path, isDirectory: &isFolder)
            if isThere, !isFolder.boolValue { found.append(path.isEmpty ? name : "\(path)/\(name)") }
        }
        return found.sorted()
    }
}
