package import Glibc

extension DurableFiles {
    /// Names that a listing gives at most. No directory of ours holds a tenth of it.
    package static let entryCountMax = 10_000

    /// Makes the directory and those above it, as far as they are missing, and makes their entries durable.
    ///
    /// One that is there may have been made by a run that was killed before its fsync; so its entry is made durable too,
    /// where that is ours to do.
    package func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(FileError) {
        var directories: [String] = []
        var rest = path
        while !rest.isEmpty, rest != "/" {
            directories.append(rest)
            guard let slash = rest.lastIndex(of: "/") else { break }
            rest = String(rest[..<slash])
        }
        for directory in directories.reversed() {
            guard !calls.exists(directory) else {
                try? syncDirectory(of: directory)
                continue
            }
            guard calls.mkdir(directory, mode: mode) == 0 || errno == EEXIST else {
                throw FileError(errno: errno, during: "mkdir", subject: directory)
            }
            try syncDirectory(of: directory)
        }
    }

    /// The names in a directory, sorted, at most ``entryCountMax``.
    package func names(in directory: String) throws(FileError) -> [String] {
        guard let names = calls.names(in: directory, countMax: Self.entryCountMax + 1) else {
            throw FileError(errno: errno, during: "readdir", subject: directory)
        }
        guard names.count <= Self.entryCountMax else {
            throw FileError(
                .oversized, subject: directory, message: "more than \(Self.entryCountMax) entries; clear it by hand")
        }
        return names.sorted()
    }
}

extension DurableFiles {
    /// Removes the file without making that durable: after a power cut it may be back. For what may come back.
    package func discard(_ path: String) throws(FileError) {
        guard calls.unlink(path) == 0 || errno == ENOENT else {
            throw FileError(errno: errno, during: "unlink", subject: path)
        }
    }

    /// Removes the directory and the files in it, as ``discard(_:)`` does. One that is not there is no error.
    package func discardDirectory(_ path: String) throws(FileError) {
        guard calls.exists(path) else { return }
        for name in try names(in: path) { try discard("\(path)/\(name)") }
        guard calls.rmdir(path) == 0 || errno == ENOENT else {
            throw FileError(errno: errno, during: "rmdir", subject: path)
        }
    }
}
