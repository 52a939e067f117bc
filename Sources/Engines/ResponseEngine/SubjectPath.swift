/// Paths of subjects: only plain ones are acted on, and each is compared in one spelling.
package enum SubjectPath {
    /// PATH_MAX without the end.
    package static let bytesMax = 4_095

    /// The path, if it is absolute and names one file by itself: no part that is empty, `.` or `..`, nothing that the
    /// sensor had to repair (U+FFFD), and no file that the kernel says is deleted.
    package static func plain(_ path: String) -> String? {
        guard path.utf8.count <= bytesMax, path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0),
            !path.unicodeScalars.contains("\u{FFFD}"), !path.hasSuffix(" (deleted)")
        else { return nil }
        let parts = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
        return isPlain ? path : nil
    }

    /// The path as it is on a system whose `/bin`, `/sbin` and `/lib` are links into `/usr`, which all are by now.
    static func merged(_ path: String) -> String {
        let isSystem = ["/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"].contains { path.hasPrefix($0) }
        return isSystem ? "/usr" + path : path
    }

    /// Whether `path` is `folder` or below it.
    static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || folder == "/" || path.hasPrefix(folder) && path.utf8.dropFirst(folder.utf8.count).first == 47
    }
}
